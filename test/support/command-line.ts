import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { inCheckout } from './paths.js';

/** How a process ended, and what it printed. */
export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  out: string;
  err: string;
}

export interface Options {
  env?: Record<string, string | undefined>;
  cwd?: string;
  /** Options of node itself. */
  node?: readonly string[];
  /** Whoever starts it ends it, however long it lives: it waits for others. */
  serves?: boolean;
}

/** Far beyond what any of these processes needs: one that is still there hangs, and is killed so that the test says so. */
const HANGS = 45_000;

/** A running `haloweave` command. */
export class Started {
  out = '';
  err = '';
  readonly ended: Promise<Ended>;
  readonly child: ChildProcessWithoutNullStreams;
  readonly #watchers = new Set<() => void>();

  constructor(child: ChildProcessWithoutNullStreams, serves = false) {
    this.child = child;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.out += text;
      for (const w of this.#watchers) w();
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.err += text;
      for (const w of this.#watchers) w();
    });
    const guard = serves ? undefined : setTimeout(() => child.kill('SIGKILL'), HANGS);
    this.ended = new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code, signal) => {
        clearTimeout(guard);
        for (const w of this.#watchers) w();
        resolve({ code, signal, out: this.out, err: this.err });
      });
    });
  }

  /** Resolves once the standard output and error together hold what is looked for, or the process has ended. */
  async seen(condition: (text: string) => boolean): Promise<void> {
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (!condition(this.out + this.err) && this.child.exitCode === null) return;
        this.#watchers.delete(look);
        resolve();
      };
      this.#watchers.add(look);
      look();
    });
  }

  interrupt(signal: NodeJS.Signals = 'SIGINT'): void {
    this.child.kill(signal);
  }
}

/** Starts the built command line in a process of its own, with pipes for what it prints. */
export function start(words: readonly string[], options: Options = {}): Started {
  const env: NodeJS.ProcessEnv = { ...process.env };
  for (const name of [
    'HALOWEAVE_RANKS',
    'SLURM_CPUS_PER_TASK',
    'OMP_NUM_THREADS',
    'NODE_OPTIONS',
    'FORCE_COLOR',
  ])
    delete env[name];
  for (const [name, value] of Object.entries(options.env ?? {})) {
    if (value === undefined) delete env[name];
    else env[name] = value;
  }
  return new Started(
    spawn(process.execPath, [...(options.node ?? []), inCheckout('dist/core/cli/main.js'), ...words], {
      env,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    }),
    options.serves,
  );
}

/** Runs the command line to its end. */
export function haloweave(words: readonly string[], options: Options = {}): Promise<Ended> {
  return start(words, options).ended;
}

/** The object on the last line of standard output. */
export function lastObject(ended: Ended): Record<string, unknown> {
  const lines = ended.out.trimEnd().split('\n');
  return JSON.parse(lines[lines.length - 1]!) as Record<string, unknown>;
}
