import ndarrayUntyped from 'ndarray';
import type { TypedArray } from './dtype.js';

/**
 * An n-dimensional strided view of a typed array: the `ndarray` package's object, typed for shared
 * memory and for 64-bit integers too. Element (i, j, …) is `data[offset + i·stride[0] + j·stride[1] + …]`;
 * indices are not checked, so a view whose origin lies inside its data has valid negative indices.
 */
export interface NdArray<T extends TypedArray = TypedArray> {
  /** The elements, this view's and others. */
  data: T;
  /** Elements an axis. */
  shape: number[];
  /** Elements of `data` from one index of an axis to the next; may be negative or 0. */
  stride: number[];
  /** Where in `data` the element with all indices 0 lies. */
  offset: number;
  /** Elements of the view: the product of `shape`. */
  readonly size: number;
  /** Number of axes. */
  readonly dimension: number;
  /** The `ndarray` package's name of the element type, such as 'float64'. */
  readonly dtype: string;
  /** The axes from the smallest stride to the largest. */
  readonly order: number[];
  /** The element at an index, one number an axis. O(axes). */
  get(...index: number[]): T[number];
  /** Sets the element at an index to the value that follows it, and gives the value. */
  set(...indexThenValue: (number | T[number])[]): T[number];
  /** Where in `data` the element at an index lies. */
  index(...index: number[]): number;
  /** The view from `start` on, of the same elements. */
  lo(...start: number[]): NdArray<T>;
  /** The view of the first `end` indices of each axis, of the same elements. */
  hi(...end: number[]): NdArray<T>;
  /** Every `by`-th index of each axis; negative ones run backwards. */
  step(...by: number[]): NdArray<T>;
  /** The same elements with the axes in another order. */
  transpose(...axes: number[]): NdArray<T>;
  /** The view at fixed indices of some axes, which it then has no more; null leaves an axis as it is. */
  pick(...at: (number | null)[]): NdArray<T>;
}

/**
 * Makes a view of `data`, without copying: `shape` (default: all of it on one axis), `stride` (default: C order) and
 * `offset` (default 0) in elements. Nothing is checked.
 */
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
