// What the language itself specifies to the last bit: the engine's own, collected so that a program needs one import.

/** √x, correctly rounded; √(−0) = −0, NaN below 0. Deterministic: IEEE 754 and ECMAScript fix every bit. */
export const sqrt: (x: number) => number = Math.sqrt;
/** |x|, exact. */
export const abs: (x: number) => number = Math.abs;
/** The least of the values; ∞ for none, NaN if any is, −0 below +0. */
export const min: (...values: number[]) => number = Math.min;
/** The greatest of the values; −∞ for none, NaN if any is, +0 above −0. */
export const max: (...values: number[]) => number = Math.max;
/** The greatest integer ≤ x, exact. */
export const floor: (x: number) => number = Math.floor;
/** The least integer ≥ x, exact. */
export const ceil: (x: number) => number = Math.ceil;
/** The nearest integer, halves towards +∞, exact. */
export const round: (x: number) => number = Math.round;
/** x without its fraction, exact. */
export const trunc: (x: number) => number = Math.trunc;
/** −1, 1, or x itself where it is ±0 or NaN. */
export const sign: (x: number) => number = Math.sign;
/** x rounded to the nearest f32, ties to even. */
export const fround: (x: number) => number = Math.fround;

/** e, rounded to the nearest double, as all constants here. */
export const E: number = Math.E;
/** π */
export const PI: number = Math.PI;
/** ln 2 */
export const LN2: number = Math.LN2;
/** ln 10 */
export const LN10: number = Math.LN10;
/** 1 / ln 2 */
export const LOG2E: number = Math.LOG2E;
/** 1 / ln 10 */
export const LOG10E: number = Math.LOG10E;
/** √2 */
export const SQRT2: number = Math.SQRT2;
/** √½ */
export const SQRT1_2: number = Math.SQRT1_2;
