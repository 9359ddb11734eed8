import { addExtension } from 'msgpackr';
import { HaloweaveError } from '../base/errors.js';
import { isTypedArray } from '../memory/dtype.js';
import { isNdArray, type NdArray, ndarray } from '../memory/ndarray.js';

/** MessagePack extension of an ndarray within a structure: its data, shape, strides and offset. See wire/codec for others. */
const NDARRAY = 3;

/** Stands for the classes of ndarrays, of which the package makes one for every dtype and number of axes. */
const anyNdArray = { [Symbol.hasInstance]: isNdArray };

// All the elements that it is a view of go with it: its negative indices are as valid as before, and two views of one
// array stay two views of one array.
addExtension({
  Class: anyNdArray as never,
  type: NDARRAY,
  write: ({ data, shape, stride, offset }: NdArray) => [data, shape, stride, offset],
  read: (list: unknown) => {
    const [data, shape, stride, offset] = Array.isArray(list) ? (list as unknown[]) : [];
    if (
      isTypedArray(data) &&
      whole(shape) &&
      whole(stride) &&
      shape.length === stride.length &&
      whole([offset])
    )
      return ndarray(data, shape, stride, offset as number);
    throw new HaloweaveError(
      'format',
      'an encoded ndarray has no elements, or no proper shape: it was damaged, or written by another release',
    );
  },
});

function whole(list: unknown): list is number[] {
  return Array.isArray(list) && list.every(Number.isSafeInteger);
}
