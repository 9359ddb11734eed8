import { readdirSync, readFileSync } from 'node:fs';
import { type Started, start } from '../command-line.js';

/** A `haloweave worker` that a test has started. */
export interface WorkerProcess {
  readonly process: Started;
  readonly pid: number;
  /** `address:port` to name it by. */
  readonly address: string;
}

/**
 * Worker processes of a test, on loopback unless `before` puts them elsewhere. They are killed with the object, and it is an error
 * if one of them, or anything that it has started, is left.
 */
export class WorkerProcesses implements AsyncDisposable {
  readonly all: WorkerProcess[] = [];

  async listen(
    ranks: number,
    words: readonly string[] = [],
    env: Record<string, string> = {},
  ): Promise<WorkerProcess> {
    const all = ['worker', '--listen', 'tcp://127.0.0.1:0', '-n', String(ranks), ...words];
    const process = start(all, { env, serves: true });
    await process.seen((text) => / at tcp:/.test(text));
    const address = / at tcp:\/\/(\S+)/.exec(process.out)?.[1];
    if (!address) throw new Error(`the worker did not begin to listen:\n${process.err}`);
    const worker = { process, pid: process.child.pid!, address };
    this.all.push(worker);
    return worker;
  }

  /** Joins a coordinator that listens. */
  connect(endpoint: string, ranks: number): WorkerProcess {
    const process = start(['worker', '--connect', endpoint, '-n', String(ranks)]);
    const worker = { process, pid: process.child.pid!, address: endpoint };
    this.all.push(worker);
    return worker;
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
