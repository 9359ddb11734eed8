import ndarrayUntyped from 'ndarray';
import type { TypedArray } from './dtype.js';

/**
 * An n-dimensional strided view of a typed array: the `ndarray` package's object, typed for shared
 * memory and for 64-bit integers too. Element (i, j, …) is `data[offset + i·stride[0] + j·stride[1] + …]`;
 * indices are not checked, so a view whose origin lies inside its data has valid negative indices.
 */
export interface NdArray<T extends TypedArray = TypedArray> {
  data: T;
  shape: number[];
  stride: number[];
  offset: number;
  readonly size: number;
  readonly dimension: number;
  readonly dtype: string;
  readonly order: number[];
  get(...index: number[]): T[number];
  set(...indexThenValue: (number | T[number])[]): T[number];
  index(...index: number[]): number;
  lo(...start: number[]): NdArray<T>;
  hi(...end: number[]): NdArray<T>;
  step(...by: number[]): NdArray<T>;
  transpose(...axes: number[]): NdArray<T>;
  pick(...at: (number | null)[]): NdArray<T>;
}

/** Makes a view; by default C order over the whole of `data`. */
export const ndarray = ndarrayUntyped as unknown as <T extends TypedArray>(
  data: T,
  shape?: readonly number[],
  stride?: readonly number[],
  offset?: number,
) => NdArray<T>;

/** True for an `ndarray` view of a typed array. */
export function isNdArray(x: unknown): x is NdArray {
  if (typeof x !== 'object' || x === null) return false;
  const a = x as Partial<NdArray>;
  return (
    Array.isArray(a.shape) &&
    Array.isArray(a.stride) &&
    typeof a.offset === 'number' &&
    ArrayBuffer.isView(a.data)
  );
}
