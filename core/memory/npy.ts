import { endianness } from 'node:os';
import { isContiguous, packInto } from './array.js';
import { dtypeOf } from './dtype.js';
import { replaceFile } from './files.js';
import { type NdArray, ndarray } from './ndarray.js';
import { NpyFile } from './npy-file.js';
import { makeHeader } from './npy-header.js';

const NATIVE_BIG = endianness() === 'BE';

/**
 * Reads a whole NumPy `.npy` file (versions 1.0 to 3.0, either byte order) as an ndarray of the file's shape, in
 * private memory and C order whatever the order of the file: element (i, j) is `numpy.load(path)[i, j]`. Dtypes f8,
 * f4, i1 to i8, u1 to u8; booleans come as u8. Synchronous; costs one pass over the file, and twice its
 * size in memory for Fortran order. To read the cells of one part only, see `part.load`.
 * @throws HaloweaveError 'format' naming file, byte and what was expected; 'usage' if it cannot be opened.
 */
export function readNpy(path: string): NdArray {
  using file = new NpyFile(path);
  const { dtype, shape, fortran } = file.header;
  const data = new dtype.create(file.count);
  file.read(0, file.count, data, 0);
  if (!fortran || shape.length < 2) return ndarray(data, shape);
  let step = 1;
  const strides = shape.map((n) => {
    const mine = step;
    step *= n;
    return mine;
  });
  const out = ndarray(new dtype.create(file.count), shape);
  packInto(ndarray(data, shape, strides), out.data, 0);
  return out;
}

/**
 * Writes an ndarray, strided ones too, as a NumPy `.npy` file: version 1.0, C order, the machine's byte order. The
 * file appears whole or not at all: it is written beside its place and then takes it. Synchronous; for an array that
 * is not contiguous costs a copy of it.
 * @throws HaloweaveError 'usage' that says what keeps the file from being written.
 */
export function writeNpy(path: string, array: NdArray): void {
  const dtype = dtypeOf(array.data);
  const header = makeHeader(dtype, array.shape, NATIVE_BIG);
  let { data } = array;
  if (isContiguous(array)) data = data.subarray(array.offset, array.offset + array.size) as typeof data;
  else {
    data = new dtype.create(array.size);
    packInto(array, data, 0);
  }
  replaceFile(path, (write) => {
    write(header);
    write(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  });
}
