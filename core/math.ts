/**
 * Elementary functions with the same bits on every engine, version and machine.
 *
 * `Math.sin`, `Math.exp` and their like may be computed differently by each version of an engine: ECMAScript asks
 * for an approximation only. Those here use + − × ÷ √ on doubles and 32-bit integer operations alone, all of which
 * IEEE 754 and ECMAScript fix to the last bit; most are FDLIBM or Cephes in plain JavaScript, as packaged by
 * `@stdlib`. Special values (±0, ±∞, NaN, where a function is not defined) are those of the `Math` function of the
 * same name; that a NaN is one, and not which bits it has, is what is promised.
 *
 * "Within 1 ulp" in what follows: the error found against 200 digits was below that many units in the last place
 * over 80,000 arguments of every magnitude.
 *
 * A call costs one to three times that of `Math`. All functions are pure.
 * @module
 */
export { acos, asin, atan, atan2, cos, sin, tan } from './base/math/circular.js';
export {
  abs,
  ceil,
  E,
  floor,
  fround,
  LN2,
  LN10,
  LOG2E,
  LOG10E,
  max,
  min,
  PI,
  round,
  SQRT1_2,
  SQRT2,
  sign,
  sqrt,
  trunc,
} from './base/math/exact.js';
export { cbrt, exp, expm1, hypot, log, log1p, log2, log10, pow } from './base/math/exponential.js';
export { acosh, asinh, atanh, cosh, sinh, tanh } from './base/math/hyperbolic.js';
