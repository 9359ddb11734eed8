import { type Ended, type Started, start } from './command-line.js';
import { ScratchFolder } from './paths.js';

/** A `haloweave worker` process that listens at a port the system has chosen. */
export class TestWorker {
  /** `127.0.0.1:PORT`, for `--host`. */
  readonly address: string;
  readonly process: Started;

  private constructor(process: Started, address: string) {
    this.process = process;
    this.address = address;
  }

  /** Starts one, and waits for the line in which it says where it listens. */
  static async listen(words: readonly string[] = [], env: Record<string, string> = {}): Promise<TestWorker> {
    const process = start(['worker', '--listen', 'tcp://127.0.0.1:0', ...words], { env, serves: true });
    await process.seen((text) => text.includes('\n'));
    const [, address] = /tcp:\/\/(127\.0\.0\.1:\d+)\n/.exec(process.out) ?? [];
    if (address === undefined) throw new Error(`the worker did not listen: ${process.out}${process.err}`);
    return new TestWorker(process, address);
  }

  /** Interrupts it, and gives how it ended. */
  end(signal: NodeJS.Signals = 'SIGINT'): Promise<Ended> {
    this.process.interrupt(signal);
    return this.process.ended;
  }
}

/** Several workers with folders of their own for bundles, ended when the variable leaves its scope. */
export class TestWorkers implements AsyncDisposable {
  readonly workers: TestWorker[] = [];
  readonly #folders: ScratchFolder[] = [];

  /** One worker for each number of ranks. */
  static async start(...ranks: number[]): Promise<TestWorkers> {
    const all = new TestWorkers();
    try {
      for (const n of ranks) await all.add(n);
      return all;
    } catch (error) {
      await all[Symbol.asyncDispose]();
      throw error;
    }
  }

  async add(ranks: number): Promise<TestWorker> {
    const folder = new ScratchFolder();
    this.#folders.push(folder);
    const worker = await TestWorker.listen(['-n', String(ranks)], { TMPDIR: folder.path });
    this.workers.push(worker);
    return worker;
  }

  /** For `--host`. */
  get hosts(): string {
    return this.workers.map((w) => w.address).join(',');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const w of this.workers) w.process.child.kill('SIGKILL');
    await Promise.all(this.workers.map((w) => w.process.ended));
    for (const f of this.#folders) f[Symbol.dispose]();
  }
}
