import type { HostSummary, RunOptions, RunResult } from '../run-options.js';
import type { OpenCluster } from './open-cluster.js';

/** What `Cluster.start` takes; at least one of `hosts`, `hostfile` and `listen`. */
export interface ClusterOptions {
  /** Workers that listen: `address` or `address:port` (default port 7100). */
  hosts?: readonly string[];
  /** File with one worker a line: `address[:port] [slots=N] [key=KEY|NAME]`, the key or the name that the key file has for it. */
  hostfile?: string;
  /** `tcp://address:port` at which workers may join at any time; port 0 for any that is free. */
  listen?: string;
  /** Key file (see `haloweave keygen`); needed for addresses that other machines can reach. */
  keys?: string;
  /**
   * Ranks of a run (default: all that the workers offer), and, with `listen`, how many slots to wait for at the start (default 1;
   * 0 to wait for none).
   */
  ranks?: number;
  /** Allow more ranks than slots (default false). */
  oversubscribe?: boolean;
  /** How long a worker that has been named may take to answer, in ms (default 10,000). */
  patience?: number;
  /** Told for people: what is waited for, who has joined and gone, warnings (default: standard error). */
  onNotice?: (text: string) => void;
  /** Gives up waiting for workers. */
  signal?: AbortSignal;
}

/**
 * Networked workers that programs can be run on, one after another. `await using` lets the workers go at the end.
 *
 * The calling process is the coordinator: it has no ranks, begins and ends every run on all workers, and prints what they print.
 * Ranks are dealt to workers in the order of their numbers, contiguous, in proportion to what they offer.
 */
export class Cluster implements AsyncDisposable {
  readonly #open: OpenCluster;

  private constructor(open: OpenCluster) {
    this.#open = open;
  }

  /**
   * Connects to the workers that are named, and waits, with `listen`, until as many slots have joined as `ranks` says (one, if it
   * does not). Rejects with a `HaloweaveError` 'usage' if a named worker does not answer, refuses, or offers too little.
   */
  static async start(options: ClusterOptions): Promise<Cluster> {
    // See `run`: every rank imports this file.
    const { OpenCluster } = await import('./open-cluster.js');
    return new Cluster(await OpenCluster.start(options));
  }

  /** The workers that are there now, with the ranks that each offers. */
  get hosts(): HostSummary[] {
    return this.#open.hosts;
  }

  /** `tcp://address:port` at which workers may join; null without `listen`. */
  get endpoint(): string | null {
    return this.#open.endpoint;
  }

  /**
   * Runs a program file on the workers, as `run` does on threads, with the same result. The program is sent to each worker once.
   * One run at a time. Rejects with a `RunError` that carries the failing rank's stack, and with a `HaloweaveError` 'lost' when
   * a worker is lost.
   */
  run(file: string, options: RunOptions = {}): Promise<RunResult> {
    return this.#open.run(file, options);
  }

  /** Lets all workers go. They wait for the next coordinator, or end, as they were started. */
  close(): Promise<void> {
    return this.#open.close();
  }

  /** `close`, at the end of an `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
