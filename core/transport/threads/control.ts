import { CELL_WORDS } from '../../wire/cell.js';
import { ABORT_AT, ControlLayout, createControl, DEFAULT_CELLS, EPOCH_AT, type Placement } from './layout.js';
import { mayBeStuck, type RankWait, readWait } from './waits.js';

/** One rank as its host sees it at a moment. */
export interface RankReading extends RankWait {
  /** Asleep, and nobody has woken it. */
  parked: boolean;
  /** Records in its mailbox. */
  queued: number;
}

/** The host's side of the control memory: it makes it, ends a run through it, and never blocks on it. */
export class ThreadsControl {
  readonly buffer: SharedArrayBuffer;
  readonly ranks: number;
  readonly cells: number;
  readonly #i32: Int32Array;
  readonly #layout: ControlLayout;

  /** `placement` only where ranks are on several hosts; `epoch` is then the cluster's. */
  constructor(
    ranks: number,
    cells: number = DEFAULT_CELLS,
    placement: Placement | null = null,
    epoch: number = 1,
  ) {
    this.#layout = new ControlLayout(ranks, cells, placement);
    this.buffer = createControl(ranks, cells, epoch);
    this.ranks = ranks;
    this.cells = cells;
    this.#i32 = new Int32Array(this.buffer);
  }

  get layout(): ControlLayout {
    return this.#layout;
  }

  get epoch(): number {
    return Atomics.load(this.#i32, EPOCH_AT);
  }

  get aborted(): boolean {
    return Atomics.load(this.#i32, ABORT_AT) !== 0;
  }

  /** Ends the run: every blocked call on every rank throws an `AbortedError`. `rank` is the culprit, −1 if none. */
  abort(rank: number): void {
    Atomics.compareExchange(this.#i32, ABORT_AT, 0, rank >= 0 ? rank + 1 : -1);
    this.wakeAll();
  }

  /** The rank that ended the run, −1 if nobody did or it was ended from outside. */
  get culprit(): number {
    return Math.max(-1, Atomics.load(this.#i32, ABORT_AT) - 1);
  }

  wakeAll(): void {
    for (let r = 0; r < this.ranks; r++) {
      const at = this.#layout.park(r);
      if (Atomics.exchange(this.#i32, at, 0) === 1) Atomics.notify(this.#i32, at);
    }
  }

  /** False as soon as one of these ranks is seen to do something: then there is nothing to look at closely. */
  mayBeStuck(ranks: readonly number[]): boolean {
    return ranks.every((rank) => mayBeStuck(this.#i32, this.#layout.wait(rank)));
  }

  /** What a rank says it waits for, and whether it sleeps with nothing on its way to it. */
  lookAt(rank: number): RankReading {
    return {
      ...readWait(this.#i32, this.#layout.wait(rank)),
      parked: Atomics.load(this.#i32, this.#layout.park(rank)) === 1,
      queued: this.queued(rank),
    };
  }

  /** Records that lie in a rank's mailbox, sent and not yet taken out. */
  queued(rank: number): number {
    const head = this.#i32[this.#layout.head(rank)]!;
    return (Atomics.load(this.#i32, this.#layout.tail(rank)) - head) | 0;
  }

  /** First words of all records of a mailbox (tests). */
  cellsOf(rank: number): number[] {
    return Array.from({ length: this.cells }, (_, c) => this.#layout.firstCell(rank) + c * CELL_WORDS);
  }
}
