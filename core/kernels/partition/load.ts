import { HaloweaveError } from '../../base/errors.js';
import { dtypeOf } from '../../memory/dtype.js';
import type { NdArray } from '../../memory/ndarray.js';
import { NpyFile, readBox } from '../../memory/npy-file.js';
import type { FieldExtent } from './part.js';

/**
 * Reads what one part owns of a field from a `.npy` file that holds the whole field, of its extent and with the
 * components of a vector as last axis. Nothing else is read.
 * @throws HaloweaveError 'argument' naming both shapes or dtypes when they differ, else as `readNpy`.
 */
export function loadField(
  path: string,
  field: string,
  array: NdArray,
  extent: FieldExtent,
  partition: number,
): void {
  const axes = extent.shape.length;
  const whole = [...extent.shape, ...array.shape.slice(axes)];
  using file = new NpyFile(path);
  const { shape, dtype } = file.header;
  const mine = dtypeOf(array.data);
  const place = { partition, operation: 'load' };
  if (shape.length !== whole.length || shape.some((n, k) => n !== whole[k]))
    throw new HaloweaveError(
      'argument',
      `load: ${path} has shape [${shape.join(', ')}], field '${field}' of the grid has [${whole.join(', ')}]: save the file, or make the grid, with the other's shape`,
      place,
    );
  if (dtype !== mine)
    throw new HaloweaveError(
      'argument',
      `load: ${path} holds ${dtype.name}, field '${field}' is ${mine.name}: convert the file with astype, or declare the field as ${dtype.name}`,
      place,
    );
  readWrapped(file, [...extent.lo, ...array.shape.slice(axes).map(() => 0)], array, whole, 0);
}

/** Reads a box that may pass the end of an axis (vertices of a periodic one do): what is beyond starts at 0. */
function readWrapped(file: NpyFile, lo: number[], array: NdArray, whole: number[], axis: number): void {
  if (axis === lo.length) {
    readBox(file, lo, array);
    return;
  }
  const inside = Math.min(array.shape[axis]!, whole[axis]! - lo[axis]!);
  const ends = array.shape.map((n, k) => (k === axis ? inside : n));
  readWrapped(file, lo, array.hi(...ends), whole, axis + 1);
  if (inside === array.shape[axis]) return;
  const starts = array.shape.map((_, k) => (k === axis ? inside : 0));
  readWrapped(file, lo.with(axis, lo[axis]! + inside - whole[axis]!), array.lo(...starts), whole, axis + 1);
}
