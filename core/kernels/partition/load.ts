import { HaloweaveError } from '../../base/errors.js';
import { dtypeOf } from '../../memory/dtype.js';
import type { NdArray } from '../../memory/ndarray.js';
import { NpyFile, readBox } from '../../memory/npy-file.js';

/**
 * Reads one part's cells of a field from a `.npy` file that holds the whole grid. `lo` is the part's first cell in
 * the grid, `whole` the shape that the file must have; nothing but the part's own cells is read.
 * @throws HaloweaveError 'argument' naming both shapes or dtypes when they differ, else as `readNpy`.
 */
export function loadField(
  path: string,
  field: string,
  array: NdArray,
  lo: readonly number[],
  whole: readonly number[],
  partition: number,
): void {
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
  readBox(file, lo, array);
}
