import acoshOf from '@stdlib/math-base-special-acosh';
import asinhOf from '@stdlib/math-base-special-asinh';
import atanhOf from '@stdlib/math-base-special-atanh';
import coshOf from '@stdlib/math-base-special-cosh';
import expOf from '@stdlib/math-base-special-exp';
import sinhOf from '@stdlib/math-base-special-sinh';
import tanhOf from '@stdlib/math-base-special-tanh';

/** Above it e^x overflows, though e^x / 2 still fits up to 710.4758. */
const EXP_LIMIT = 709;

/**
 * (e^x − e^−x) / 2. Within 2 ulp; sinh(±0) = ±0, ±∞ beyond ±710.4758. Deterministic. Source: Cephes.
 */
export function sinh(x: number): number {
  // Odd. The package has the limit of e^x where that of e^−x belongs, and gives −∞ from −709.09 on.
  return x < 0 ? -sinhOf(-x) : sinhOf(x);
}

/**
 * (e^x + e^−x) / 2. Within 2 ulp; ∞ beyond ±710.4758. Deterministic. Source: Cephes.
 */
export function cosh(x: number): number {
  const size = x < 0 ? -x : x;
  if (size <= EXP_LIMIT) return coshOf(x);
  // In halves, as sinh does: the package gives ∞ as soon as e^x overflows.
  const root = expOf(0.5 * size);
  return 0.5 * root * root;
}

/**
 * sinh(x) / cosh(x). Within 2 ulp; tanh(±0) = ±0, tanh(±∞) = ±1. Deterministic. Source: Cephes.
 */
export const tanh: (x: number) => number = tanhOf;

/**
 * The number whose hyperbolic sine is x: ln(x + √(x² + 1)). Within 2 ulp; asinh(±0) = ±0, asinh(±∞) = ±∞.
 * Deterministic. Source: FDLIBM.
 */
export const asinh: (x: number) => number = asinhOf;

/**
 * The number ≥ 0 whose hyperbolic cosine is x: ln(x + √(x² − 1)). Within 2 ulp; NaN for x < 1. Deterministic.
 * Source: FDLIBM.
 */
export const acosh: (x: number) => number = acoshOf;

/**
 * The number whose hyperbolic tangent is x: ½ ln((1 + x) / (1 − x)). Within 2 ulp; atanh(±0) = ±0, ±∞ at ±1, NaN
 * beyond. Deterministic. Source: FDLIBM.
 */
export const atanh: (x: number) => number = atanhOf;
