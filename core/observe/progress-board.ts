/**
 * Shared memory through which ranks tell the host's main thread how far they are. Each rank writes its
 * own numbers, plainly: a reader may be a moment behind, never wrong for long, and nobody waits.
 */
const HEADER = 32;
/** Parts that a rank's word for what it runs has room for: with 2^31 cycles they fill a double. */
const PARTS_LIMIT = 2 ** 22;
/** Eight doubles are a cache line; two lines keep neighbours' prefetchers apart. */
const STRIDE = 16;
const MAX_MEASURES = 12;
/** Readings in a row of one workunit that say that a rank stays in it. */
const READINGS = 2;

// Doubles of the header.
const CYCLES = 0;
const CELLS = 1;
const PARTS = 2;
const MEASURED = 3;
const VALUES = 4;

export class ProgressBoard {
  readonly #f64: Float64Array;
  readonly #mine: number;
  #names: string[] | null = null;
  /** Called once, on the rank that first has measures, with their names. */
  onNames: ((names: string[]) => void) | null = null;

  constructor(buffer: SharedArrayBuffer, rank = 0) {
    this.#f64 = new Float64Array(buffer);
    this.#mine = HEADER + rank * STRIDE;
  }

  static bytes(ranks: number): number {
    return (HEADER + ranks * STRIDE) * 8;
  }

  updated(cells: number): void {
    this.#f64[this.#mine] = cells;
  }

  /** One store, so that a reader never sees the part of one workunit with the cycle of another. */
  running(part: number, cycle: number): void {
    this.#f64[this.#mine + 1] = cycle * PARTS_LIMIT + part + 1;
    this.#f64[this.#mine + 2]!++;
  }

  /** Counts what `running` was told of a rank: two phases of one partition differ in it. */
  begunOf(rank: number): number {
    return this.#f64[HEADER + rank * STRIDE + 2]!;
  }

  /**
   * What a rank of another host runs, if two readings in a row have shown it in that one workunit: a single one shows whatever it was
   * passing through, and it may have gone on since. Null otherwise.
   */
  stayingIn(rank: number): { part: number; cycle: number } | null {
    return this.#f64[HEADER + rank * STRIDE + 3]! >= READINGS ? this.runningOf(rank) : null;
  }

  /** What a rank runs; null if it waits. */
  runningOf(rank: number): { part: number; cycle: number } | null {
    const word = this.#f64[HEADER + rank * STRIDE + 1]!;
    if (word === 0) return null;
    const part = (word - 1) % PARTS_LIMIT;
    return { part, cycle: (word - 1 - part) / PARTS_LIMIT };
  }

  plan(cycles: number | null, cells: number, parts: number): void {
    this.#f64[CYCLES] = cycles ?? 0;
    this.#f64[CELLS] = cells;
    this.#f64[PARTS] = parts;
  }

  measures(cycle: number, values: Readonly<Record<string, number>>): void {
    if (!this.#names) {
      this.#names = Object.keys(values).slice(0, MAX_MEASURES);
      this.onNames?.(this.#names);
    }
    this.#names.forEach((name, k) => {
      this.#f64[VALUES + k] = values[name]!;
    });
    this.#f64[MEASURED] = cycle;
  }

  /**
   * Takes over what another host's board, of as many ranks or fewer, says of these ranks, and, `whole`, of the run. False if it
   * is no such board.
   */
  merge(bytes: Uint8Array, ranks: readonly number[], whole: boolean): boolean {
    const most = ranks.reduce((m, r) => Math.max(m, r), 0);
    if (bytes.length % 8 !== 0 || bytes.length > this.#f64.byteLength) return false;
    if (bytes.length < ProgressBoard.bytes(most + 1)) return false;
    const theirs = new Float64Array(Uint8Array.from(bytes).buffer);
    for (const r of ranks) {
      const at = HEADER + r * STRIDE;
      // A rank that has not begun says nothing.
      if (theirs[at]! > 0) this.#f64[at] = theirs[at]!;
      const same = theirs[at + 1] !== 0 && theirs[at + 2] === this.#f64[at + 2];
      this.#f64[at + 3] = same ? this.#f64[at + 3]! + 1 : 1;
      this.#f64[at + 1] = theirs[at + 1]!;
      this.#f64[at + 2] = theirs[at + 2]!;
    }
    if (whole && theirs[CELLS]! > 0) this.#f64.set(theirs.subarray(0, HEADER));
    return true;
  }

  /** Ranks begin, or go on after so many cycles of the run that the board shows: nobody sees it fall back to nothing. */
  restart(ranks: number, cycles: number): void {
    const f = this.#f64;
    f.fill(0, HEADER);
    for (let r = 0; r < ranks; r++) f[HEADER + r * STRIDE] = (cycles * f[CELLS]!) / ranks;
  }

  /** What the host reads. */
  read(ranks: number): Progress {
    const f = this.#f64;
    let updated = 0;
    for (let r = 0; r < ranks; r++) updated += f[HEADER + r * STRIDE]!;
    const cells = f[CELLS]!;
    return {
      cycles: f[CYCLES]! > 0 ? f[CYCLES]! : null,
      cellsPerCycle: cells,
      parts: f[PARTS]!,
      cycle: cells > 0 ? Math.floor(updated / cells) : 0,
      cellsDone: updated,
      measuredCycle: f[MEASURED]!,
      values: Array.from(f.subarray(VALUES, VALUES + MAX_MEASURES)),
    };
  }
}

/** A reading of the board. */
export interface Progress {
  /** Cycles the run will make at most; null if not known. */
  cycles: number | null;
  /** Cells of the whole domain. */
  cellsPerCycle: number;
  /** Number of partitions. */
  parts: number;
  /** Whole cycles' worth of work done. */
  cycle: number;
  /** Cells updated so far, on all ranks. */
  cellsDone: number;
  /** The state that `values` are of; −1 while there are none. */
  measuredCycle: number;
  /** Measures in the order of their names. */
  values: number[];
}
