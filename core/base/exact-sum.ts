import { require } from './errors.js';
import { BLOCK, exponentOfLargest, Window } from './exact-window.js';
import { Lanes } from './lanes.js';
import { eachBlock, type RowSums, RowWindow } from './row-window.js';
import { HIGH, LOW, PER_TWO32, powerOfTwo, TWO32 } from './words.js';

/**
 * A bin takes the low 32 bits of each significand, so 2^21 of them stay below 2^53 and are summed
 * without rounding; after as many additions the bins are emptied into the limbs.
 */
const BIN_CAPACITY = 2 ** 21;

/**
 * Fixed point in units of 2^−1074: the largest double needs 2098 bits, the sign one more, and 68 limbs of
 * 32 bits leave room for 2^77 of them.
 */
const LIMBS = 68;
const TOP = LIMBS - 1;

/**
 * Emptying the bins adds less than 2^42 to a limb (the third parts sum to about 2^41, the others are fewer
 * than 192 numbers below 2^32), so 2^10 times stay below 2^53; then carries must be taken.
 */
const LOAD_LIMIT = 2 ** 10;

/** Elements that go the careful way after a block that the lanes could not take: a field of zeros is not tried in vain. */
const BACK_OFF = 8 * BLOCK;

const NAN = 1;
const PLUS = 2;
const MINUS = 4;

const scratch = new Float64Array(1);
const scratchWords = new Uint32Array(scratch.buffer);
/**
 * The magnitude being rounded in `value`: limb i at i + PAD, above zeros that stand for the limbs below the
 * lowest. Shared by all sums of a thread, since `value` runs to its end.
 */
const PAD = 2;
const magnitude = new Float64Array(LIMBS + PAD);

/**
 * Rounds the magnitude whose highest nonzero limb is `top` and which has none below `low`: to nearest, or `toOdd`,
 * where an inexact result gets an odd last bit, so that rounding it again to fewer bits errs no second time.
 */
function roundMagnitude(top: number, low: number, toOdd: boolean): number {
  const high = magnitude[top + PAD];
  const next = magnitude[top + PAD - 1];
  const after = magnitude[top + PAD - 2];
  const shift = Math.clz32(high);
  const leading = 32 * top + 31 - shift; // the sum lies in [2^leading, 2^(leading + 1)) units of 2^−1074
  if (leading <= 52) return (top === 1 ? high * TWO32 + next : high) * Number.MIN_VALUE;
  if (leading >= 1024 + 1074) return Infinity;

  // The 64 leading bits, then whether anything follows them.
  const first = shift === 0 ? high : (high << shift) | (next >>> (32 - shift));
  const second = shift === 0 ? next : (next << shift) | (after >>> (32 - shift));
  let sticky = (after << shift) >>> 0 !== 0;
  for (let i = top - 3; i >= low && !sticky; i--) sticky = magnitude[i + PAD] !== 0;

  let significand = (first >>> 11) * TWO32 + (((first << 21) | (second >>> 11)) >>> 0);
  const rest = second & 0x7ff;
  if (toOdd) {
    if ((rest !== 0 || sticky) && (second & 0x800) === 0) significand += 1;
  } else if (rest > 0x400 || (rest === 0x400 && (sticky || (second & 0x800) !== 0))) significand += 1;
  // Exact, or an overflow to infinity: the significand is an integer from 2^52 to 2^53.
  return significand * powerOfTwo(leading - 52 - 1074);
}

/**
 * Sums doubles without any rounding and rounds once, to nearest, ties to even, in `value()`:
 *
 *     value() = round(x₁ + x₂ + … + xₙ)
 *
 * Hence the result depends on the multiset of addends only: not on their order, nor on how they were
 * split among accumulators that were merged. It is deterministic, and the same on every machine.
 *
 * - The empty sum and every sum that is exactly zero are +0, that of −0 alone too.
 * - Any NaN, or +∞ together with −∞, gives the canonical NaN; else an infinity gives itself, whatever
 *   the finite addends.
 * - A finite sum beyond the range rounds to ±∞ as IEEE 754 says; addends may leave the range on the way
 *   (`1e308 + 1e308 − 1e308` is `1e308`). Subnormal addends and results are exact.
 *
 * Cost: `add` 4 ns; `addRange` 0.8 ns an element where the magnitudes lie within 2^28 of the largest, twice that
 * within 2^34 or with zeros among them, and 5 ns beyond;
 * `value`, `write` and `merge` below a microsecond, less the fewer exponents occurred. Memory: 66 KB, no
 * allocation after construction, so keep one and `clear()` it. Up to 2^77 addends.
 *
 * Source: the binning by exponent is the large superaccumulator of R. M. Neal, "Fast exact summation
 * using small and large superaccumulators" (2015); the error-free extraction in `addRange` is that of
 * S. M. Rump, T. Ogita, S. Oishi, "Accurate floating-point summation part I" (2008).
 */
export class ExactSum {
  /** Length of the serialised form: 68 limbs, least significant first, then one word of flags. */
  static readonly WORDS = LIMBS + 1;

  /** For each exponent: low and high significand words of the positive addends, then of the negative. */
  private readonly bins = new Float64Array(2048 * 4);
  private binLow = 2048;
  private binHigh = -1;
  private binCount = 0;

  /** Signed digits of base 2^32, not carried: value = Σ limbs[i]·2^(32·i − 1074). */
  private readonly limbs = new Float64Array(LIMBS);
  private limbLow = LIMBS;
  private limbHigh = -1;
  private load = 0;

  private special = 0;

  /** What `addRange` has summed and not yet added. */
  private readonly lanes = new Lanes();
  /** Elements for which the lanes are not asked. */
  private wait = 0;

  private readonly window = new Window();
  private readonly rows = new RowWindow();

  /** Adds one double. Cost about 4 ns. */
  add(x: number): void {
    scratch[0] = x;
    const high = scratchWords[HIGH];
    const low = scratchWords[LOW];
    let exponent = (high >>> 20) & 0x7ff;
    let significand = high & 0xfffff;
    if (exponent === 0) {
      if ((significand | low) === 0) return;
      exponent = 1; // subnormals have the unit of the smallest normal numbers, without the hidden bit
    } else if (exponent === 0x7ff) {
      this.special |= (significand | low) !== 0 ? NAN : high >>> 31 ? MINUS : PLUS;
      return;
    } else {
      significand |= 0x100000;
    }
    if (exponent < this.binLow) this.binLow = exponent;
    if (exponent > this.binHigh) this.binHigh = exponent;
    const bin = exponent * 4 + (high >>> 31) * 2;
    this.bins[bin] += low;
    this.bins[bin + 1] += significand;
    if (++this.binCount === BIN_CAPACITY) this.empty();
  }

  /**
   * Adds `a[start] … a[start + count − 1]`, the same sum as `add` on each. `a` may lie on shared memory,
   * but nobody may write the range meanwhile.
   *
   * Blocks of one window of magnitudes are summed in lanes (`Lanes`), the others more carefully (`Window`).
   * @throws HaloweaveError('argument') if the range is not inside `a`.
   */
  addRange(a: Float64Array, start: number, count: number): void {
    // A read past the end would give undefined, hence NaN, without a word.
    require(start >= 0 &&
      count >= 0 &&
      start + count <= a.length, 'ExactSum.addRange: range outside the array');
    const end = start + count;
    for (let from = start; from < end; from += BLOCK) this.addBlock(a, from, Math.min(from + BLOCK, end));
  }

  /**
   * Adds `rows` rows of `length` elements, the first at `a[first]`, each `stride` elements after the one before: the
   * same sum as `add` on each. `sums` does the inner loop on the memory that `a` covers from its begin; what it
   * cannot do goes through `addRange`. Cost: with WebAssembly about 0.5 ns an element where the magnitudes lie within
   * 2^31 of the largest, zeros aside.
   * @throws HaloweaveError('argument') if the rows are not inside `a`.
   * @internal
   */
  addRows(sums: RowSums, a: Float64Array, first: number, rows: number, length: number, stride: number): void {
    require(first >= 0 &&
      length >= 0 &&
      stride >= length &&
      (rows <= 0 ||
        first + (rows - 1) * stride + length <= a.length), 'ExactSum.addRows: rows outside the array');
    if (length === 0) return;
    eachBlock(first, rows, length, stride, (at, n, count) =>
      this.rows.take(this, sums, a, at, n, count, stride),
    );
  }

  private addBlock(a: Float64Array, from: number, to: number): void {
    if (this.wait > 0) {
      this.wait -= to - from;
      this.window.take(this, a, from, to);
      return;
    }
    const { lanes } = this;
    if (lanes.count + to - from > BLOCK) this.emptyLanes();
    if (!lanes.aimed) {
      this.emptyLanes();
      lanes.aim(exponentOfLargest(a, from, to));
    }
    if (lanes.take(a, from, to)) return;
    this.emptyLanes();
    lanes.lose();
    this.wait = BACK_OFF;
    this.window.take(this, a, from, to);
  }

  private emptyLanes(): void {
    const { lanes } = this;
    if (lanes.count === 0) return;
    this.add(lanes.coarse());
    this.add(lanes.fine());
    lanes.reset();
  }

  /** Adds the unrounded sum of `other`, whose value does not change. `other` may be this object. */
  merge(other: ExactSum): void {
    other.settle();
    this.special |= other.special;
    if (other.limbHigh < 0) return;
    const { limbs } = other;
    const high = other.limbHigh;
    for (let i = other.limbLow; i <= high; i++) this.limbs[i] += limbs[i];
    this.touch(other.limbLow, high);
  }

  /** Back to the empty sum. The cost grows with the range of exponents that occurred. */
  clear(): void {
    if (this.binHigh >= 0) this.bins.fill(0, this.binLow * 4, this.binHigh * 4 + 4);
    this.binLow = 2048;
    this.binHigh = -1;
    this.binCount = 0;
    if (this.limbHigh >= 0) this.limbs.fill(0, this.limbLow, this.limbHigh + 1);
    this.limbLow = LIMBS;
    this.limbHigh = -1;
    this.load = 0;
    this.special = 0;
    if (this.lanes.count > 0) this.lanes.reset();
  }

  /** The sum, rounded once. Does not change it: more may be added afterwards. */
  value(): number {
    return this.round(false);
  }

  /** The sum, rounded once to single precision: `Math.fround(value())` would round twice. Too small sums are ±0. */
  valueF32(): number {
    return Math.fround(this.round(true));
  }

  private round(toOdd: boolean): number {
    const special = this.flags();
    if (special !== 0) return special === NAN ? NaN : special === PLUS ? Infinity : -Infinity;
    this.settle();
    if (this.limbHigh < 0) return 0;

    const low = this.limbLow;
    let top = this.limbHigh;
    const sign = this.limbs[top] < 0 ? -1 : 1;
    magnitude.fill(0);
    let carry = 0;
    for (let i = low; i <= top; i++) {
      const digit = sign * this.limbs[i] + carry;
      carry = i < top ? Math.floor(digit * PER_TWO32) : 0;
      magnitude[i + PAD] = digit - carry * TWO32;
    }
    while (magnitude[top + PAD] === 0) top--; // ends: settled limbs are not all zero, nor is their sum
    return sign * roundMagnitude(top, low, toOdd);
  }

  /**
   * Writes `ExactSum.WORDS` words from `words[at]`: the sum as one two's-complement integer in units of
   * 2^−1074, least significant limb first, then the flags (1 NaN, 2 +∞, 4 −∞; with a flag the limbs are
   * zero). Equal sums give equal words, however they came about.
   * @throws HaloweaveError('argument') if there is no room.
   */
  write(words: Int32Array, at: number): void {
    require(at >= 0 && at + ExactSum.WORDS <= words.length, 'ExactSum.write: no room for the words');
    const special = this.flags();
    words.fill(0, at, at + ExactSum.WORDS);
    words[at + LIMBS] = special;
    if (special !== 0) return;
    this.settle();
    if (this.limbHigh < 0) return;
    let carry = 0;
    for (let i = this.limbLow; i < LIMBS; i++) {
      const digit = this.limbs[i] + carry;
      carry = Math.floor(digit * PER_TWO32);
      words[at + i] = digit - carry * TWO32; // modulo 2^32: the store reinterprets the sign bit
    }
  }

  /**
   * Adds the sum that `write` left in `words[at] …`.
   * @throws HaloweaveError('argument') if the words end too early.
   */
  mergeFrom(words: Int32Array, at: number): void {
    require(at >= 0 && at + ExactSum.WORDS <= words.length, 'ExactSum.mergeFrom: too few words');
    this.special |= words[at + LIMBS] & (NAN | PLUS | MINUS);
    const sign = words[at + TOP] >> 31;
    let low = 0;
    while (low < LIMBS && words[at + low] === 0) low++;
    if (low === LIMBS) return;
    // Limbs above that only repeat the sign become one signed digit, so that the range stays short.
    let high = TOP;
    while (high > low && words[at + high - 1] === sign) high--;
    for (let i = low; i < high; i++) this.limbs[i] += words[at + i] >>> 0;
    this.limbs[high] += words[at + high];
    this.touch(low, high);
  }

  /** The infinities and NaN met so far as the one flag that they amount to, or 0. */
  private flags(): number {
    const { special } = this;
    return (special & NAN) !== 0 || special === (PLUS | MINUS) ? NAN : special;
  }

  /** Moves the bins into the limbs. */
  private empty(): void {
    if (this.binHigh < 0) return;
    const { bins, limbs } = this;
    for (let exponent = this.binLow; exponent <= this.binHigh; exponent++) {
      const bin = exponent * 4;
      const low = bins[bin] - bins[bin + 2];
      const high = bins[bin + 1] - bins[bin + 3];
      if (low === 0 && high === 0) continue;
      // low + 2^32·high as two unsigned digits and a small signed one …
      const carry = Math.floor(low * PER_TWO32);
      const upper = high + carry;
      const d0 = low - carry * TWO32;
      const d2 = Math.floor(upper * PER_TWO32);
      const d1 = upper - d2 * TWO32;
      // … moved up to the exponent's place within the limbs.
      const limb = (exponent - 1) >>> 5;
      const shift = (exponent - 1) & 31;
      if (shift === 0) {
        limbs[limb] += d0;
        limbs[limb + 1] += d1;
      } else {
        limbs[limb] += (d0 << shift) >>> 0;
        limbs[limb + 1] += (d0 >>> (32 - shift)) + ((d1 << shift) >>> 0);
        limbs[limb + 2] += d1 >>> (32 - shift);
      }
      limbs[limb + 2] += d2 * (shift === 0 ? 1 : (1 << shift) >>> 0);
    }
    bins.fill(0, this.binLow * 4, this.binHigh * 4 + 4);
    const first = (this.binLow - 1) >>> 5;
    const last = ((this.binHigh - 1) >>> 5) + 2;
    this.binLow = 2048;
    this.binHigh = -1;
    this.binCount = 0;
    this.touch(first, last);
  }

  /** Notes that the limbs from low to high were added to, and takes carries before one could round. */
  private touch(low: number, high: number): void {
    if (low < this.limbLow) this.limbLow = low;
    if (high > this.limbHigh) this.limbHigh = high;
    if (++this.load >= LOAD_LIMIT) this.carry();
  }

  /** Empties the bins and takes carries: all limbs but the highest are then digits from 0 to 2^32 − 1. */
  private settle(): void {
    this.emptyLanes();
    this.empty();
    if (this.load > 0) this.carry();
  }

  private carry(): void {
    const { limbs } = this;
    this.load = 0;
    let carry = 0;
    for (let i = this.limbLow; i <= this.limbHigh; i++) {
      const digit = limbs[i] + carry;
      // The highest digit keeps its sign while it is small, or a negative sum would grow at every call.
      if (i === this.limbHigh && (i === TOP || Math.abs(digit) < TWO32)) {
        limbs[i] = digit;
        break;
      }
      carry = Math.floor(digit * PER_TWO32);
      limbs[i] = digit - carry * TWO32;
      if (i === this.limbHigh && carry !== 0) this.limbHigh++;
    }
    while (this.limbHigh >= this.limbLow && limbs[this.limbHigh] === 0) this.limbHigh--;
    if (this.limbHigh < this.limbLow) {
      this.limbLow = LIMBS;
      this.limbHigh = -1;
    }
  }
}
