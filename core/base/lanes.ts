import { HIGH, powerOfTwo } from './words.js';

/** Magnitudes a window spans, in powers of two: 2^25 steps of a double's high word, so that one mask tests them. */
const SPAN = 32;
/** Bits of a high word's distance from the least one that are set outside of the window, the sign aside. */
export const OUTSIDE = 0x7fffffff & ~((SPAN << 20) - 1);
/** Room above the largest element that was seen, in powers of two: the next rows may be somewhat larger. */
const HEADROOM = 4;
/** Limits between which the least magnitude is normal, and the first sums, below 2^(E+12) with the last, are finite. */
const LOWEST = -988;
const HIGHEST = 1011;

/** The window around magnitudes below 2^exponent: the high word of the least, and what the sums begin with. */
export function lanesWindow(exponent: number): { low: number; base: number } {
  const top = Math.min(Math.max(exponent + HEADROOM, LOWEST), HIGHEST);
  return { low: (top - SPAN + 1023) << 20, base: 1.5 * powerOfTwo(top + 11) };
}

/**
 * Sums doubles of one window of magnitudes, 2^(E−32) ≤ |x| < 2^E, without rounding, four at a time.
 *
 * Each lane adds x to a sum that lies near 1.5·2^(E+11), whose last place is 2^(E−41): what is lost in that, at
 * most half of it, is a multiple of 2^(E−84), and lost parts are added to a second sum. Both are exact for 1024
 * elements: the first stays in its binade (1024·2^E = 2^(E+10), half of it), the second below 2^52 of its units.
 *
 * Whether all elements lie in the window is asked of their high words, in the integer units beside the additions.
 */
export class Lanes {
  /** Elements since the last `reset`. */
  count = 0;
  /** Four sums near `base`, then the four of what they lost. */
  private readonly sums = new Float64Array(8);
  private base = 0;
  /** High word of the least magnitude in the window; −1 before the first `aim`. */
  private low = -1;
  /** The last array's memory as words, kept because a new view costs more than a row. */
  private array: Float64Array | null = null;
  private words: Int32Array = new Int32Array(0);

  get aimed(): boolean {
    return this.low >= 0;
  }

  /** Forgets the window: the next block chooses another. */
  lose(): void {
    this.low = -1;
  }

  /** Puts the window around magnitudes below 2^exponent. Only while empty. */
  aim(exponent: number): void {
    ({ low: this.low, base: this.base } = lanesWindow(exponent));
    this.reset();
  }

  reset(): void {
    this.count = 0;
    this.sums.fill(this.base, 0, 4);
    this.sums.fill(0, 4, 8);
  }

  /** The sum of the first kind, exact. */
  coarse(): number {
    const { sums, base } = this;
    return sums[0]! - base + (sums[1]! - base) + (sums[2]! - base + (sums[3]! - base));
  }

  /** The sum of what the first lost, exact. */
  fine(): number {
    const { sums } = this;
    return sums[4]! + sums[5]! + (sums[6]! + sums[7]!);
  }

  /**
   * Adds `a[from] … a[to − 1]`, 1024 elements at most since the last `reset`; or adds nothing and gives false when an
   * element lies outside of the window: zero, subnormal, infinite and NaN always do.
   */
  take(a: Float64Array, from: number, to: number): boolean {
    if (this.array !== a) {
      this.array = a;
      this.words = new Int32Array(a.buffer, a.byteOffset, 2 * a.length);
    }
    const { words, low, sums } = this;
    let s0 = sums[0]!;
    let s1 = sums[1]!;
    let s2 = sums[2]!;
    let s3 = sums[3]!;
    let f0 = sums[4]!;
    let f1 = sums[5]!;
    let f2 = sums[6]!;
    let f3 = sums[7]!;
    let outside = 0;
    let i = from;
    for (const end = to - 3; i < end; i += 4) {
      const high = 2 * i + HIGH;
      // A difference below 2^25 is inside; the sign, which the mask leaves out, may have carried into it.
      outside |=
        (words[high]! - low) | (words[high + 2]! - low) | (words[high + 4]! - low) | (words[high + 6]! - low);
      const x0 = a[i]!;
      const x1 = a[i + 1]!;
      const x2 = a[i + 2]!;
      const x3 = a[i + 3]!;
      const t0 = s0 + x0;
      const t1 = s1 + x1;
      const t2 = s2 + x2;
      const t3 = s3 + x3;
      f0 += x0 - (t0 - s0);
      f1 += x1 - (t1 - s1);
      f2 += x2 - (t2 - s2);
      f3 += x3 - (t3 - s3);
      s0 = t0;
      s1 = t1;
      s2 = t2;
      s3 = t3;
    }
    for (; i < to; i++) {
      outside |= words[2 * i + HIGH]! - low;
      const x = a[i]!;
      const t = s0 + x;
      f0 += x - (t - s0);
      s0 = t;
    }
    if ((outside & OUTSIDE) !== 0) return false;
    sums[0] = s0;
    sums[1] = s1;
    sums[2] = s2;
    sums[3] = s3;
    sums[4] = f0;
    sums[5] = f1;
    sums[6] = f2;
    sums[7] = f3;
    this.count += to - from;
    return true;
  }
}
