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
  // Vertices of a periodic axis may pass its end; what is beyond is read from the beginning.
  readBox(file, [...extent.lo, ...array.shape.slice(axes).map(() => 0)], array);
}
