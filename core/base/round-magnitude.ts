import { powerOfTwo, TWO32 } from './words.js';

/** Zeros above the lowest limb that stand for the limbs below it. */
export const PAD = 2;

/**
 * Rounds a magnitude to the nearest double, ties to even. Limb i of it, 32 bits, lies at i + PAD of `magnitude`, in units
 * of 2^−1074·2^(32·i); its highest nonzero limb is `top`, and it has none below `low`.
 */
export function roundMagnitude(magnitude: Float64Array, top: number, low: number): number {
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
  if (rest > 0x400 || (rest === 0x400 && (sticky || (second & 0x800) !== 0))) significand += 1;
  // Exact, or an overflow to infinity: the significand is an integer from 2^52 to 2^53.
  return significand * powerOfTwo(leading - 52 - 1074);
}
