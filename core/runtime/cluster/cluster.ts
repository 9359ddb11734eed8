import { HaloweaveError } from '../../base/errors.js';
import { bundleProgram } from '../bundle.js';
import type { HostSummary, RunOptions, RunResult } from '../run-options.js';
import { ClusterRun } from './cluster-run.js';
import { Coordinator } from './coordinator.js';
import { endpointOf } from './endpoints.js';
import { type HostSpec, parseHosts, readHostfile } from './hostfile.js';
import type { Member } from './member.js';
import { openNetwork } from './network.js';
import { hasRoom, ranksOn, tooFew } from './slots.js';

/** How long a worker that has been named may take to answer, in ms, unless told otherwise: a machine that is starting one. */
const PATIENCE = 10_000;

/** What `Cluster.start` takes; at least one of `hosts`, `hostfile` and `listen`. */
export interface ClusterOptions {
  /** Workers that listen: `address` or `address:port` (default port 7100). */
  hosts?: readonly string[];
  /** File with one worker a line: `address[:port] [slots=N] [key=PUBLICKEY]`. */
  hostfile?: string;
  /** `tcp://address:port` at which workers may join at any time; port 0 for any that is free. */
  listen?: string;
  /** Ranks of a run, and, with `listen`, how many slots to wait for at the start (default: all that the workers offer). */
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
  readonly #options: ClusterOptions;
  readonly #coordinator: Coordinator;
  readonly #say: (text: string) => void;
  #run: ClusterRun | null = null;
  #epochs = 0;
  #onJoined: () => void = () => {};
  #closed = false;

  private constructor(options: ClusterOptions) {
    this.#options = options;
    this.#say = options.onNotice ?? ((text) => void process.stderr.write(`haloweave: ${text}\n`));
    this.#coordinator = new Coordinator(
      {
        hosts: hostsOf(options),
        listen: options.listen === undefined ? null : endpointOf(options.listen, '--listen'),
        patience: options.patience ?? PATIENCE,
        network: (onBroken) => openNetwork({ host: 0 }, onBroken),
        say: this.#say,
      },
      {
        joined: () => this.#onJoined(),
        lost: (member, reason) => this.#lost(member, reason),
        leave: (member) => void this.#leave(member),
        message: (member, message) => this.#run?.take(member, message),
      },
    );
  }

  /**
   * Connects to the workers that are named, and waits, with `listen`, until as many slots have joined as `ranks` says (one, if it
   * does not). Rejects with a `HaloweaveError` 'usage' if a named worker does not answer, refuses, or offers too little.
   */
  static async start(options: ClusterOptions): Promise<Cluster> {
    const cluster = new Cluster(options);
    try {
      await cluster.#start();
      return cluster;
    } catch (error) {
      await cluster.close();
      throw error;
    }
  }

  /** The workers that are there now, with the ranks that each offers. */
  get hosts(): HostSummary[] {
    return this.#coordinator.offers.map(({ host, name, slots }) => ({ host, name, ranks: slots }));
  }

  /** `tcp://address:port` at which workers may join; null without `listen`. */
  get endpoint(): string | null {
    return this.#coordinator.endpoint;
  }

  /**
   * Runs a program file on the workers, as `run` does on threads, with the same result. The program is sent to each worker once.
   * One run at a time. Rejects with a `RunError` that carries the failing rank's stack, and with a `HaloweaveError` 'lost' when
   * a worker is lost.
   */
  async run(file: string, options: RunOptions = {}): Promise<RunResult> {
    if (this.#closed) throw new HaloweaveError('usage', 'this cluster has been closed');
    if (this.#run)
      throw new HaloweaveError('usage', 'this cluster is running a program: runs are one after another');
    const run = new ClusterRun({
      coordinator: this.#coordinator,
      bundle: () => bundleProgram(file),
      file,
      options,
      ranks: this.#options.ranks,
      oversubscribe: this.#options.oversubscribe ?? false,
      nextEpoch: () => ++this.#epochs,
    });
    this.#run = run;
    try {
      return await run.run();
    } finally {
      this.#run = null;
      for (const member of this.#coordinator.members.values()) if (member.leaving) void this.#leave(member);
    }
  }

  /** Lets all workers go. They wait for the next coordinator, or end, as they were started. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#coordinator.close('the coordinator is done');
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #start(): Promise<void> {
    const { listen, ranks = 1, oversubscribe = false, signal } = this.#options;
    await this.#coordinator.start();
    if (listen === undefined) {
      ranksOn(this.#coordinator.offers, ranks, oversubscribe);
      return;
    }
    this.#say(`workers may join with haloweave worker --connect ${this.endpoint}`);
    await new Promise<void>((resolve, reject) => {
      const give = (): void => reject(new HaloweaveError('aborted', 'interrupted while waiting for workers'));
      signal?.addEventListener('abort', give, { once: true });
      if (signal?.aborted) give();
      this.#onJoined = () => {
        const { offers } = this.#coordinator;
        if (!hasRoom(offers, ranks, oversubscribe)) {
          this.#say(`waiting for workers: ${tooFew(offers, ranks)}`);
          return;
        }
        signal?.removeEventListener('abort', give);
        resolve();
      };
      this.#onJoined();
    });
    this.#onJoined = () => {};
  }

  #lost(member: Member, reason: string): void {
    if (this.#run) this.#run.lost(member.host, reason);
    this.#say(`host ${member.host}, ${member.name}, is gone: ${reason}`);
  }

  async #leave(member: Member): Promise<void> {
    if (!this.#run) await this.#coordinator.release(member);
  }
}

function hostsOf({ hosts = [], hostfile, listen }: ClusterOptions): HostSpec[] {
  const specs = [...parseHosts(hosts), ...(hostfile === undefined ? [] : readHostfile(hostfile))];
  if (specs.length === 0 && listen === undefined)
    throw new HaloweaveError('usage', 'a cluster needs workers: name hosts, or listen for workers to join');
  return specs;
}
