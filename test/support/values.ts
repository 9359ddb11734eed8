import { DTYPES, type DType, type TypedArray } from '../../core/memory/dtype.js';

export const dtypes: readonly DType[] = DTYPES.map((d) => d.name);

/** The bytes of a typed array: comparing them tells −0 from 0 and one NaN from another. */
export function bytesOf(a: ArrayBufferView): Uint8Array {
  return new Uint8Array(a.buffer, a.byteOffset, a.byteLength);
}

/** Numbers that differ from element to element and from seed to seed: all bits of integers, both signs and many exponents of floats. */
export function pattern(dtype: DType, n: number, seed = 0): TypedArray {
  const d = DTYPES.find((x) => x.name === dtype)!;
  const words = new Int32Array(Math.ceil((n * d.bytes) / 8) * 2);
  for (let k = 0; k < words.length; k++) words[k] = Math.imul(k + 1 + (seed << 22), 0x9e3779b1) ^ (k << 7);
  // Exponents from a range that sums and products stay in, and never those of NaN.
  if (dtype === 'f64')
    for (let k = 1; k < words.length; k += 2) words[k] = (words[k]! & ~0x7000_0000) | 0x3000_0000;
  if (dtype === 'f32')
    for (let k = 0; k < words.length; k++) words[k] = (words[k]! & ~0x7000_0000) | 0x3000_0000;
  return new d.create(words.buffer, 0, n);
}
