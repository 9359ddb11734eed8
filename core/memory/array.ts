import { HaloweaveError } from '../base/errors.js';
import {
  type DType,
  type DTypeInfo,
  dtypeInfo,
  dtypeOf,
  type TypedArray,
  type TypedArrayOf,
} from './dtype.js';
import { type Heap, offsetOf } from './heap.js';
import { type NdArray, ndarray } from './ndarray.js';

/** An n-dimensional view of typed memory (the `ndarray` package), C order when made here. */
export type ArrayOf<D extends DType> = NdArray<TypedArrayOf[D]>;
/** A value for every element: a number, or a bigint for integers of 64 bits. */
export type Fill = number | bigint;

/**
 * A new array in the shared heap, contents undefined; every rank of the host can see it.
 * Costs one block; throws an out-of-memory error that says what was asked and what is left.
 */
export function empty<D extends DType = 'f64'>(
  heap: Heap,
  shape: number | readonly number[],
  dtype: D = 'f64' as D,
): ArrayOf<D> {
  const d = dtypeInfo(dtype);
  const dims = typeof shape === 'number' ? [shape] : [...shape];
  let n = 1;
  for (const s of dims) {
    if (!(Number.isSafeInteger(s) && s >= 0))
      throw new HaloweaveError(
        'argument',
        `shape [${dims.join(', ')}]: every extent must be a whole number ≥ 0`,
      );
    n *= s;
  }
  const address = heap.allocate(n * d.bytes);
  const data = viewAt(heap, address, d, n);
  return ndarray(data, dims) as unknown as ArrayOf<D>;
}

/** As `empty`, every element 0. */
export function zeros<D extends DType = 'f64'>(
  heap: Heap,
  shape: number | readonly number[],
  dtype?: D,
): ArrayOf<D> {
  const d = dtype ?? ('f64' as D);
  return full(heap, shape, 0, d);
}

/** As `empty`, every element `value`. */
export function full<D extends DType = 'f64'>(
  heap: Heap,
  shape: number | readonly number[],
  value: Fill,
  dtype: D = 'f64' as D,
): ArrayOf<D> {
  const a = empty(heap, shape, dtype);
  fillData(a.data, value);
  return a;
}

/** As `empty`, with the shape and dtype of `like`. */
export function emptyLike<T extends TypedArray>(heap: Heap, like: NdArray<T>): NdArray<T> {
  return empty(heap, like.shape, dtypeOf(like.data).name) as unknown as NdArray<T>;
}

/** As `emptyLike`, every element 0. */
export function zerosLike<T extends TypedArray>(heap: Heap, like: NdArray<T>): NdArray<T> {
  return zeros(heap, like.shape, dtypeOf(like.data).name) as unknown as NdArray<T>;
}

/** As `emptyLike`, every element `value`. */
export function fullLike<T extends TypedArray>(heap: Heap, like: NdArray<T>, value: Fill): NdArray<T> {
  return full(heap, like.shape, value, dtypeOf(like.data).name) as unknown as NdArray<T>;
}

/** A copy in the shared heap, C order, of any ndarray, strided ones too. */
export function copy<T extends TypedArray>(heap: Heap, from: NdArray<T>): NdArray<T> {
  const a = emptyLike(heap, from);
  packInto(from, a.data, 0);
  return a;
}

/** Frees an array of the heap. Views of it must not be used afterwards; a view of a part of it cannot be freed itself. */
export function free(heap: Heap, array: NdArray): void {
  if (array.offset !== 0 || array.size !== array.data.length)
    throw new HaloweaveError('memory', 'this is a view of a part of an array: free the whole array');
  const address = heap.locate(array.data);
  if (address < 0)
    throw new HaloweaveError('memory', 'this array is not in the shared heap: nothing to free');
  heap.release(address);
}

/** A view of `length` elements of heap memory at an address. */
export function viewAt(heap: Heap, address: number, d: DTypeInfo, length: number): TypedArray {
  return new d.create(heap.arenaOf(address).buffer, offsetOf(address), length);
}

/** A C-order array over heap memory at an address. */
export function arrayAt(heap: Heap, address: number, shape: readonly number[], dtype: DType): NdArray {
  const d = dtypeInfo(dtype);
  const length = shape.reduce((a, b) => a * b, 1);
  return ndarray(viewAt(heap, address, d, length), shape);
}

/** True if the elements lie one after the other in C order. */
export function isContiguous(a: NdArray): boolean {
  let step = 1;
  for (let k = a.shape.length - 1; k >= 0; k--) {
    if (a.shape[k] !== 1 && a.stride[k] !== step) return false;
    step *= a.shape[k]!;
  }
  return true;
}

/** Writes the elements in C order to `to` from index `at`. */
export function packInto(a: NdArray, to: TypedArray, at: number): void {
  walk(a, (from, k) => {
    to[at + k] = a.data[from] as never;
  });
}

/** Reads `a.size` elements in C order from `from` at index `at` into the array. */
export function unpackFrom(a: NdArray, from: TypedArray, at: number): void {
  walk(a, (to, k) => {
    a.data[to] = from[at + k] as never;
  });
}

function walk(a: NdArray, visit: (flat: number, k: number) => void): void {
  const d = a.shape.length;
  const n = a.size;
  const at = new Array<number>(d).fill(0);
  let flat = a.offset;
  for (let k = 0; k < n; k++) {
    visit(flat, k);
    for (let axis = d - 1; axis >= 0; axis--) {
      flat += a.stride[axis]!;
      if (++at[axis]! < a.shape[axis]!) break;
      flat -= a.stride[axis]! * a.shape[axis]!;
      at[axis] = 0;
    }
  }
}

/** Sets every element, whatever the dtype. */
export function fillData(data: TypedArray, value: Fill): void {
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) data.fill(BigInt(value));
  else data.fill(Number(value));
}
