// `haloweave worker` processes on loopback, for the benchmarks of networked runs.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../core/cli/main.js', import.meta.url));

/** Worker processes that listen at ports the system has chosen; ended when the variable leaves its scope. */
export class Workers implements AsyncDisposable {
  readonly addresses: string[] = [];
  readonly processes: ChildProcess[] = [];
  /** Bundles are kept here and not in the user's folder. */
  readonly #folder = mkdtempSync(join(tmpdir(), 'haloweave-bench-'));

  /** One worker for each number of ranks; `words` are further options of each. */
  static async start(ranks: readonly number[], words: readonly string[] = []): Promise<Workers> {
    const all = new Workers();
    try {
      for (const n of ranks) await all.#add(n, words);
      return all;
    } catch (error) {
      await all[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Ends one of those that run at once, as a crash would. */
  kill(worker: number): void {
    this.#running[worker]!.kill('SIGKILL');
  }

  /** Workers that have not ended. */
  get living(): number {
    return this.#running.length;
  }

  /** Starts one of one rank that joins a cluster. */
  join(endpoint: string): void {
    this.#spawn(['--connect', endpoint, '-n', '1']).stderr!.resume();
  }

  get #running(): ChildProcess[] {
    return this.processes.filter((p) => p.exitCode === null && p.signalCode === null);
  }

  #spawn(words: readonly string[]): ChildProcess {
    const child = spawn(process.execPath, [MAIN, 'worker', ...words], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, TMPDIR: this.#folder },
    });
    this.processes.push(child);
    return child;
  }

  async #add(ranks: number, words: readonly string[]): Promise<void> {
    const child = this.#spawn(['--listen', 'tcp://127.0.0.1:0', '-n', String(ranks), ...words]);
    let said = '';
    child.stderr!.on('data', (text: Buffer) => {
      said += text.toString();
    });
    for await (const line of createInterface(child.stdout!)) {
      const address = /tcp:\/\/(127\.0\.0\.1:\d+)/.exec(line)?.[1];
      if (address === undefined) continue;
      this.addresses.push(address);
      return;
    }
    throw new Error(`a worker ended before it listened: ${said}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#running) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
