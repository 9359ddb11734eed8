import acosOf from '@stdlib/math-base-special-acos';
import asinOf from '@stdlib/math-base-special-asin';
import atanOf from '@stdlib/math-base-special-atan';
import atan2Of from '@stdlib/math-base-special-atan2';
import cosOf from '@stdlib/math-base-special-cos';
import sinOf from '@stdlib/math-base-special-sin';
import tanOf from '@stdlib/math-base-special-tan';

/**
 * The sine of x radians, for any finite x: the argument is reduced by π/2 with as many bits of π as it takes.
 * Within 1 ulp of the true value; sin(±0) = ±0, NaN for ±∞. Deterministic: see `haloweave/math`.
 * Source: FDLIBM (Sun, 1993), with the reduction of Payne and Hanek.
 */
export const sin: (x: number) => number = sinOf;

/**
 * The cosine of x radians, for any finite x. Within 1 ulp; NaN for ±∞. Deterministic. Source: FDLIBM, as `sin`.
 */
export const cos: (x: number) => number = cosOf;

/**
 * The tangent of x radians, for any finite x. Within 1 ulp; tan(±0) = ±0, NaN for ±∞. Deterministic.
 * Source: FDLIBM, as `sin`.
 */
export const tan: (x: number) => number = tanOf;

/**
 * The angle from −π/2 to π/2 whose sine is x. Within 2 ulp; asin(±0) = ±0, NaN for |x| > 1. Deterministic.
 * Source: Cephes (Moshier, 1989).
 */
export const asin: (x: number) => number = asinOf;

/**
 * The angle from 0 to π whose cosine is x. Within 2 ulp; NaN for |x| > 1. Deterministic. Source: Cephes.
 */
export const acos: (x: number) => number = acosOf;

/**
 * The angle from −π/2 to π/2 whose tangent is x. Within 1 ulp; atan(±0) = ±0, atan(±∞) = ±π/2. Deterministic.
 * Source: Cephes.
 */
export const atan: (x: number) => number = atanOf;

/**
 * The angle from −π to π of the point (x, y): atan(y / x) in the right quadrant. Within 2 ulp; signed zeros and
 * infinities as for `Math.atan2`. Deterministic.
 */
export function atan2(y: number, x: number): number {
  // Odd in y. The package takes the quadrant from the sign of y / x, which is lost when the quotient underflows:
  // it gives +π for (−1e−300, −1e300).
  return y < 0 ? -atan2Of(-y, x) : atan2Of(y, x);
}
