import { HaloweaveError } from '../base/errors.js';

/** The name of an element type: floats of 64 and 32 bits, signed and unsigned integers of 8 to 64. */
export type DType = 'f64' | 'f32' | 'i8' | 'u8' | 'i16' | 'u16' | 'i32' | 'u32' | 'i64' | 'u64';

/** The typed arrays that hold a dtype; integers of 64 bits are bigints. */
export type TypedArray =
  | Float64Array
  | Float32Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

/** The typed array that holds a dtype. */
export interface TypedArrayOf {
  /** IEEE 754 doubles. */
  f64: Float64Array;
  /** IEEE 754 singles. */
  f32: Float32Array;
  /** −2^7 … 2^7 − 1. */
  i8: Int8Array;
  /** 0 … 2^8 − 1. */
  u8: Uint8Array;
  /** −2^15 … 2^15 − 1. */
  i16: Int16Array;
  /** 0 … 2^16 − 1. */
  u16: Uint16Array;
  /** −2^31 … 2^31 − 1. */
  i32: Int32Array;
  /** 0 … 2^32 − 1. */
  u32: Uint32Array;
  /** −2^63 … 2^63 − 1, as bigints. */
  i64: BigInt64Array;
  /** 0 … 2^64 − 1, as bigints. */
  u64: BigUint64Array;
}

interface TypedArrayConstructor {
  readonly name: string;
  new (length: number): TypedArray;
  new (buffer: ArrayBufferLike, byteOffset?: number, length?: number): TypedArray;
}

export interface DTypeInfo {
  readonly name: DType;
  /** Its number on the wire; never reused for another dtype. */
  readonly code: number;
  /** Bytes an element. */
  readonly bytes: number;
  readonly create: TypedArrayConstructor;
}

const table: [DType, number, TypedArrayConstructor][] = [
  ['f64', 8, Float64Array],
  ['f32', 4, Float32Array],
  ['i8', 1, Int8Array],
  ['u8', 1, Uint8Array],
  ['i16', 2, Int16Array],
  ['u16', 2, Uint16Array],
  ['i32', 4, Int32Array],
  ['u32', 4, Uint32Array],
  ['i64', 8, BigInt64Array],
  ['u64', 8, BigUint64Array],
];

/** Every dtype, indexed by its code. */
export const DTYPES: readonly DTypeInfo[] = table.map(([name, bytes, create], code) => ({
  name,
  code,
  bytes,
  create,
}));

const byName = new Map(DTYPES.map((d) => [d.name as string, d]));
const byTag = new Map<string, DTypeInfo>(DTYPES.map((d) => [d.create.name, d]));
const tag = (x: object): string => (x as { [Symbol.toStringTag]?: string })[Symbol.toStringTag] ?? '';

/** The dtype of that name; throws naming the valid ones. */
export function dtypeInfo(name: DType): DTypeInfo {
  const d = byName.get(name);
  if (!d)
    throw new HaloweaveError(
      'argument',
      `unknown dtype '${String(name)}': use one of ${[...byName.keys()].join(', ')}`,
    );
  return d;
}

/** The dtype of a typed array (a `Uint8ClampedArray` and a `DataView` have none). */
export function dtypeOf(array: TypedArray): DTypeInfo {
  if (array instanceof Float64Array) return DTYPES[0]!;
  const d = byTag.get(tag(array));
  if (!d)
    throw new HaloweaveError(
      'argument',
      `${tag(array) || 'this value'} is not a typed array of a known dtype`,
    );
  return d;
}

/** True for typed arrays of a known dtype (a Node `Buffer` counts as `u8`). */
export function isTypedArray(x: unknown): x is TypedArray {
  return ArrayBuffer.isView(x) && byTag.has(tag(x));
}
