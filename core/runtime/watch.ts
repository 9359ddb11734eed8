import { ProgressBoard } from '../observe/progress-board.js';
import type { RunOptions, RunProgress } from './run-options.js';

/** How often `onProgress` is called if nothing else is asked for, in ms. */
const PROGRESS_EVERY = 200;

/** Reads the progress board from time to time, for the caller. */
export class Watch {
  readonly #board: ProgressBoard;
  readonly #ranks: number;
  readonly #start = performance.now();
  readonly #options: RunOptions;
  readonly #timer: NodeJS.Timeout | null = null;
  #names: string[] = [];

  constructor(buffer: SharedArrayBuffer, ranks: number, options: RunOptions) {
    this.#board = new ProgressBoard(buffer);
    this.#ranks = ranks;
    this.#options = options;
    const { onProgress } = options;
    if (onProgress)
      this.#timer = setInterval(() => onProgress(this.read()), options.progressEvery ?? PROGRESS_EVERY);
  }

  readonly onNames = (names: string[]): void => {
    this.#names = names;
  };

  read(): RunProgress {
    const p = this.#board.read(this.#ranks);
    const seconds = (performance.now() - this.#start) / 1000;
    return {
      ...p,
      seconds,
      cellsPerSecond: p.cellsDone / seconds,
      measures: Object.fromEntries(this.#names.map((name, k) => [name, p.values[k]!])),
    };
  }

  last(): void {
    this.#options.onProgress?.(this.read());
  }

  stop(): void {
    if (this.#timer) clearInterval(this.#timer);
  }
}
