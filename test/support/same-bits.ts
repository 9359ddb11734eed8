import { isTypedArray, type TypedArray } from '../../core/memory/dtype.js';
import { isNdArray } from '../../core/memory/ndarray.js';

/**
 * Whether two values are the same, arrays bit for bit: a matcher's walk through large typed arrays takes seconds.
 * Ndarrays must be contiguous.
 */
export function sameBits(a: unknown, b: unknown): boolean {
  if (isTypedArray(a) && isTypedArray(b))
    return (
      Object.prototype.toString.call(a) === Object.prototype.toString.call(b) && bytes(a).equals(bytes(b))
    );
  if (isNdArray(a) && isNdArray(b)) return sameBits(a.shape, b.shape) && sameBits(a.data, b.data);
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((x, k) => sameBits(x, b[k]));
  return Object.is(a, b);
}

const bytes = (a: TypedArray): Buffer => Buffer.from(a.buffer as ArrayBuffer, a.byteOffset, a.byteLength);
