import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Cluster, type ClusterOptions } from 'haloweave';
import { type Ended, type Options, type Started, start } from '../command-line.js';
import { ScratchFolder } from '../paths.js';
import type { Relay } from './relay.js';

/** A `haloweave worker` that a test has started. */
export class WorkerProcess {
  constructor(
    readonly process: Started,
    /** `address:port` to name it by; of one that has joined, where it did. */
    readonly address: string,
  ) {}

  get pid(): number {
    return this.process.child.pid!;
  }

  /** Interrupts it, and gives how it ended. */
  end(signal: NodeJS.Signals = 'SIGINT'): Promise<Ended> {
    this.process.interrupt(signal);
    return this.process.ended;
  }
}

/** Where a worker is, if it is not on loopback and in no place of its own. */
export interface WorkerPlace {
  /** Where it listens (default `tcp://127.0.0.1:0`). */
  endpoint?: string;
  /** Words before its own: what puts it into a network namespace. */
  before?: readonly string[];
  /** It and its peers use TCP though they are on one machine: its temporary folder has too long a name for sockets. */
  tcpOnly?: boolean;
  /** Further variables of its environment. */
  env?: Record<string, string>;
}

/** Longer than the name of a socket may be. */
const LONG_NAME = 'x'.repeat(120);

/**
 * Worker processes of a test, on loopback unless `place` puts them elsewhere. They are killed with the object, and it is an error
 * if one of them is left.
 */
export class WorkerProcesses implements AsyncDisposable {
  readonly all: WorkerProcess[] = [];
  /** Those that listen. */
  readonly #listening: WorkerProcess[] = [];
  /** What killed processes leave behind goes with it. */
  readonly #scratch = new ScratchFolder();

  /** Workers that listen, one for each number of ranks. */
  static async start(...ranks: number[]): Promise<WorkerProcesses> {
    const workers = new WorkerProcesses();
    try {
      // In turn: their order is that of the hosts.
      for (const n of ranks) await workers.listen(n);
      return workers;
    } catch (error) {
      await workers[Symbol.asyncDispose]();
      throw error;
    }
  }

  async listen(
    ranks: number,
    words: readonly string[] = [],
    place: WorkerPlace = {},
  ): Promise<WorkerProcess> {
    const { endpoint = 'tcp://127.0.0.1:0', before = [], tcpOnly = false, env = {} } = place;
    const listening = ['worker', '--listen', endpoint, '-n', String(ranks), ...words];
    const options = this.options(tcpOnly);
    const process = start(listening, { before, ...options, env: { ...options.env, ...env } });
    await process.seen((text) => / at tcp:/.test(text));
    const address = / at tcp:\/\/(\S+)/.exec(process.out)?.[1];
    if (!address) throw new Error(`the worker did not begin to listen:\n${process.err}`);
    const worker = new WorkerProcess(process, address);
    this.all.push(worker);
    this.#listening.push(worker);
    return worker;
  }

  /** Joins a coordinator that listens; `relay`: what its data passes, made for port 0 at an address of its own. */
  connect(
    endpoint: string,
    ranks: number,
    words: readonly string[] = [],
    relay: Relay | null = null,
  ): WorkerProcess {
    const joining = ['worker', '--connect', endpoint, '-n', String(ranks), ...words];
    if (relay) joining.push('--advertise', relay.address, '--data-port', String(relay.port));
    const worker = new WorkerProcess(start(joining, this.options(relay !== null)), endpoint);
    this.all.push(worker);
    return worker;
  }

  /** Of those that listen, for `Cluster.start`. */
  get addresses(): string[] {
    return this.#listening.map((w) => w.address);
  }

  /** The same for `--host`. */
  get hosts(): string {
    return this.addresses.join(',');
  }

  /** A cluster of those that listen, that puts what it says into `notices`. */
  cluster(notices: string[], options: ClusterOptions = {}): Promise<Cluster> {
    return Cluster.start({ hosts: this.addresses, onNotice: (text) => notices.push(text), ...options });
  }

  /** For processes that are to use the same folder. */
  options(tcpOnly = false): Options {
    const { path } = this.#scratch;
    const folder = tcpOnly ? join(path, LONG_NAME) : path;
    mkdirSync(folder, { recursive: true });
    return { serves: true, env: { TMPDIR: folder } };
  }

  /** What all of them have said, for the message of a failing test. */
  get log(): string {
    return this.all
      .map((w) => `worker ${w.pid} at ${w.address}:\n${w.process.out}${w.process.err}`)
      .join('\n');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { process } of this.all) if (process.child.exitCode === null) process.child.kill('SIGKILL');
    await Promise.all(this.all.map((w) => w.process.ended));
    const left = this.all.filter((w) => isAlive(w.pid));
    this.#scratch[Symbol.dispose]();
    if (left.length > 0) throw new Error(`processes are left: ${left.map((w) => w.pid).join(', ')}`);
  }
}

/** Whether a process runs; a zombie does not. */
export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** Threads of a process of this machine. */
export function threadsOf(pid: number): number {
  return readdirSync(`/proc/${pid}/task`).length;
}
