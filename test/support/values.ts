import { DTYPES, type DType, type TypedArray } from '../../core/memory/dtype.js';

export const dtypes: readonly DType[] = DTYPES.map((d) => d.name);

/** The bytes of a typed array: comparing them tells −0 from 0 and one NaN from another. */
export function bytesOf(a: ArrayBufferView): Uint8Array {
  return new Uint8Array(a.buffer, a.byteOffset, a.byteLength);
}

/** Numbers that differ from element to element and from seed to seed, over the whole range of the dtype. */
export function pattern(dtype: DType, n: number, seed = 0): TypedArray {
  const d = DTYPES.find((x) => x.name === dtype)!;
  const a = new d.create(n);
  if (a instanceof BigInt64Array || a instanceof BigUint64Array)
    for (let k = 0; k < n; k++) a[k] = BigInt(k + 1) * 0x9e3779b97f4a7c15n + BigInt(seed);
  else if (a instanceof Float64Array || a instanceof Float32Array)
    for (let k = 0; k < n; k++) a[k] = k % 13 === 0 ? -0 : Math.sin(k + 1 + seed) * 10 ** ((k % 40) - 20);
  else for (let k = 0; k < n; k++) a[k] = Math.imul(k + 1, 0x9e3779b1) + seed;
  return a;
}
