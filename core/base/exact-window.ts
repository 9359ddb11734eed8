import { HIGH, powerOfTwo } from './words.js';

/** Elements taken at a time: with the two grids below, their sums use all 53 bits. */
export const BLOCK = 1024;
/** The coarse grid is 2^−42, the fine one 2^−86 of the window's limit: 1024·2^42 and 1024·2^43 fit 53 bits. */
const COARSE = -42;
const FINE = -86;
/** Limits between which both grids and the constants that round to them are doubles. */
const LOWEST = -1074 - FINE;
const HIGHEST = 1012;

const scratch = new Float64Array(1);
const scratchWords = new Uint32Array(scratch.buffer);

/** The exponent of the first power of two above the largest finite magnitude of a range. */
export function exponentOfLargest(a: Float64Array, from: number, to: number): number {
  let largest = 0;
  for (let i = from; i < to; i++) {
    const size = Math.abs(a[i]!);
    if (size > largest && size < Infinity) largest = size;
  }
  scratch[0] = largest;
  return ((scratchWords[HIGH]! >>> 20) & 0x7ff) - 1022;
}

/**
 * Sums blocks of doubles of any magnitudes, most of them exactly in two plain sums: each element is cut into q + r,
 * q on a coarse grid and r on a fine one that both suit 1024 elements of the window's magnitude. Elements outside
 * are handed on one by one, and when these are more than an eighth the window moves. Where it lies changes the
 * speed and never the sum.
 */
export class Window {
  private limit = -1;
  private coarse = 0;
  private fine = 0;

  /** Adds `a[from] … a[to − 1]`, at most `BLOCK` elements, to `sum`. */
  take(sum: { add(x: number): void }, a: Float64Array, from: number, to: number): void {
    if (this.limit < 0) this.aim(exponentOfLargest(a, from, to));
    const { limit, coarse, fine } = this;
    let sumCoarse = 0;
    let sumFine = 0;
    let missed = 0;
    for (let i = from; i < to; i++) {
      const x = a[i]!;
      const q = x + coarse - coarse;
      const r = x - q;
      // The second test asks whether r is a multiple of the fine grid. NaN fails the first.
      if (Math.abs(x) <= limit && r + fine - fine === r) {
        sumCoarse += q;
        sumFine += r;
      } else {
        sum.add(x);
        missed++;
      }
    }
    sum.add(sumCoarse);
    sum.add(sumFine);
    if (missed * 8 > to - from) this.limit = -1;
  }

  /** Puts the limit at 2^exponent, or as near as it can lie. */
  private aim(exponent: number): void {
    const limit = Math.min(Math.max(exponent, LOWEST), HIGHEST);
    this.limit = powerOfTwo(limit);
    // Adding 1.5·2^52 grids and taking it away rounds to the grid: the unit in the last place up there.
    this.coarse = 1.5 * powerOfTwo(limit + COARSE + 52);
    this.fine = 1.5 * powerOfTwo(limit + FINE + 52);
  }
}
