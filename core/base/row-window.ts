import { BLOCK, exponentOfLargest } from './exact-window.js';
import { lanesWindow } from './lanes.js';
import { powerOfTwo } from './words.js';

/** The inner loop of `ExactSum.addRows` on some memory: sums the coarse and fine parts of at most `BLOCK` elements. */
export interface RowSums {
  /** Sums of the parts, exact; of the last call that gave true. */
  readonly coarse: number;
  readonly fine: number;
  /**
   * As `Lanes`: adds each element to sums that begin with `base`, and what that loses to others. False if any magnitude
   * lies outside of the window that begins with the high word `low`: zeros always do.
   */
  lanes(first: number, rows: number, length: number, stride: number, low: number, base: number): boolean;
  /**
   * Cuts each element x of the rows into q = (x + coarse) − coarse and x − q, and sums these apart; `first` and
   * `stride` in elements. False if any magnitude has a high word of `limitHigh` or more, or below `leastHigh` without
   * being zero: then the sums mean nothing.
   */
  sum(
    first: number,
    rows: number,
    length: number,
    stride: number,
    limitHigh: number,
    leastHigh: number,
    coarse: number,
  ): boolean;
}

/** What can take single elements and ranges. */
interface Sum {
  add(x: number): void;
  addRange(a: Float64Array, start: number, count: number): void;
}

/**
 * Magnitudes of the window: 2^(E−34) ≤ |x| < 2^E, or zero. Then q is a multiple of 2^(E−42) and the rest one of 2^(E−86),
 * and 1024 of either are summed without rounding.
 */
const COARSE = -42;
const SPAN = 34;
/** Elsewhere in a field magnitudes may be eight times those of the block that the window was aimed at. */
const HEADROOM = 3;
/** Limits between which the least magnitude is normal and the constant that rounds to the grid is finite. */
const LOWEST = -988;
const HIGHEST = 1012;

/** Blocks after one that the lanes refused: what refused it, zeros or small magnitudes, is often beside it too. */
const BACK_OFF = 16;

/** Sums blocks of rows of one window of magnitudes; where it lies changes the speed and never the sum. */
export class RowWindow {
  private aimed = false;
  private limitHigh = 0;
  private leastHigh = 0;
  private coarse = 0;
  private low = 0;
  private base = 0;
  /** Blocks for which the lanes, which take no zeros, are not asked. */
  private wait = 0;

  /** Adds rows that have at most `BLOCK` elements together to `sum`. */
  take(
    sum: Sum,
    sums: RowSums,
    a: Float64Array,
    first: number,
    rows: number,
    length: number,
    stride: number,
  ): void {
    if (!this.aimed) this.aim(exponentOfLargest(a, first, first + length));
    if (this.wait > 0) this.wait--;
    else if (sums.lanes(first, rows, length, stride, this.low, this.base)) {
      sum.add(sums.coarse);
      sum.add(sums.fine);
      return;
    } else this.wait = BACK_OFF;
    if (sums.sum(first, rows, length, stride, this.limitHigh, this.leastHigh, this.coarse)) {
      sum.add(sums.coarse);
      sum.add(sums.fine);
      return;
    }
    for (let k = 0; k < rows; k++) sum.addRange(a, first + k * stride, length);
    // The next block says where the window should lie, so that a field that grows is not slow for ever.
    this.aimed = false;
  }

  private aim(exponent: number): void {
    const limit = Math.min(Math.max(exponent + HEADROOM, LOWEST), HIGHEST);
    this.aimed = true;
    ({ low: this.low, base: this.base } = lanesWindow(exponent));
    this.limitHigh = (limit + 1023) << 20;
    this.leastHigh = (limit - SPAN + 1023) << 20;
    // Adding 1.5·2^52 grids and taking it away rounds to the grid: the unit in the last place up there.
    this.coarse = 1.5 * powerOfTwo(limit + COARSE + 52);
  }
}

/** Cuts rows into blocks of at most `BLOCK` elements: `visit(first, rows, length)`. */
export function eachBlock(
  first: number,
  rows: number,
  length: number,
  stride: number,
  visit: (first: number, rows: number, length: number) => void,
): void {
  const group = Math.max(1, Math.floor(BLOCK / length));
  for (let row = 0; row < rows; row += group) {
    const start = first + row * stride;
    for (let from = 0; from < length; from += BLOCK)
      visit(start + from, Math.min(group, rows - row), Math.min(BLOCK, length - from));
  }
}
