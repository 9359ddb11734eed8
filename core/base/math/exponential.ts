import cbrtOf from '@stdlib/math-base-special-cbrt';
import expOf from '@stdlib/math-base-special-exp';
import expm1Of from '@stdlib/math-base-special-expm1';
import hypotOf from '@stdlib/math-base-special-hypot';
import lnOf from '@stdlib/math-base-special-ln';
import log1pOf from '@stdlib/math-base-special-log1p';
import log2Of from '@stdlib/math-base-special-log2';
import log10Of from '@stdlib/math-base-special-log10';
import powOf from '@stdlib/math-base-special-pow';

/**
 * e^x. Within 1 ulp; ∞ above 709.7827, 0 below −745.1, subnormal results within one unit of 2^−1074. Deterministic.
 * Source: FDLIBM.
 */
export const exp: (x: number) => number = expOf;

/**
 * e^x − 1, without the cancellation near 0. Within 1 ulp; expm1(±0) = ±0. Deterministic. Source: FDLIBM.
 */
export const expm1: (x: number) => number = expm1Of;

/**
 * The natural logarithm of x. Within 1 ulp; −∞ at ±0, NaN below. Deterministic. Source: FDLIBM.
 */
export const log: (x: number) => number = lnOf;

/**
 * ln(1 + x), without the rounding of 1 + x. Within 1 ulp; log1p(±0) = ±0, −∞ at −1, NaN below. Deterministic.
 * Source: FDLIBM.
 */
export const log1p: (x: number) => number = log1pOf;

/**
 * The logarithm of x to the base 2; exact for powers of two. Within 1 ulp; −∞ at ±0, NaN below. Deterministic.
 * Source: FreeBSD's msun.
 */
export const log2: (x: number) => number = log2Of;

/**
 * The logarithm of x to the base 10. Within 1 ulp; −∞ at ±0, NaN below. Deterministic. Source: FreeBSD's msun.
 */
export const log10: (x: number) => number = log10Of;

/**
 * x^y. Within 1 ulp; special values as for `Math.pow`: 1 for y = ±0 even when x is NaN, NaN for |x| = 1 with y = ±∞
 * and for x < 0 with a y that is no integer. Deterministic. Source: FDLIBM.
 */
export function pow(x: number, y: number): number {
  if (y === 0) return 1;
  if (x > 0) return x === 1 && (y === Infinity || y === -Infinity) ? NaN : powOf(x, y);
  if (Number.isNaN(x) || Number.isNaN(y)) return NaN;
  // x ≤ 0: the size, then the sign. The package calls 2^53 + 2 and 1e300 odd, and gives pow(−0, 0.5) = −0.
  if (y === Infinity || y === -Infinity) return x === -1 ? NaN : powOf(-x, y);
  const whole = Math.floor(y) === y;
  if (!whole && x !== 0 && x !== -Infinity) return NaN;
  const size = powOf(x === 0 ? 0 : -x, y);
  const negative = x < 0 || Object.is(x, -0);
  return negative && whole && y % 2 !== 0 ? -size : size;
}

/**
 * √(x² + y²), without overflow or underflow on the way. Within 2 ulp; ∞ if either is infinite. Deterministic.
 */
export const hypot: (x: number, y: number) => number = hypotOf;

/**
 * ∛x. Within 1 ulp; cbrt(±0) = ±0, cbrt(±∞) = ±∞. Deterministic. Source: FDLIBM.
 */
export const cbrt: (x: number) => number = cbrtOf;
