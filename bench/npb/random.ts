/**
 * The random numbers of the NAS Parallel Benchmarks: x ← a·x mod 2^46, taken as x / 2^46 in (0, 1), with
 * a = 5^13. A state is a whole number below 2^46 in a double; products are formed from halves of 23 bits, so
 * every step is exact.
 *
 * Source: D. Bailey et al., "The NAS Parallel Benchmarks", RNR-94-007 (1994), section 2.3.
 */

/** The multiplier. */
export const A = 1220703125;

/** Half the bits of a state. */
export const HALF = 8388608; // 2^23
export const HALF_MASK = HALF - 1;

/** a·b mod 2^46 for whole numbers below 2^46. Exact: the halves' products are below 2^46 or wanted modulo 2^23 only. */
export function multiply(a: number, b: number): number {
  const aHigh = Math.floor(a / HALF);
  const aLow = a - aHigh * HALF;
  const bHigh = Math.floor(b / HALF);
  const bLow = b - bHigh * HALF;
  const low = aLow * bLow;
  const carry = Math.floor(low / HALF);
  const high = (Math.imul(aHigh, bLow) + Math.imul(aLow, bHigh) + carry) & HALF_MASK;
  return high * HALF + (low - carry * HALF);
}

/** a^n mod 2^46 by repeated squaring, for 0 ≤ n < 2^53. */
export function power(a: number, n: number): number {
  let result = 1;
  let square = a;
  for (let rest = n; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result = multiply(result, square);
    square = multiply(square, square);
  }
  return result;
}
