import { HaloweaveError } from '../base/errors.js';
import { isContiguous, packInto, unpackFrom } from '../memory/array.js';
import { DTYPES, type DTypeInfo, dtypeOf, isTypedArray, type TypedArray } from '../memory/dtype.js';
import { isNdArray, type NdArray, ndarray } from '../memory/ndarray.js';
import type { CellViews } from '../transport/transport.js';
import { Kind, MAX_DIMENSIONS, SHAPE_BYTES } from '../wire/cell.js';
import { decode, encode } from '../wire/codec.js';
import './nested-arrays.js';

/** A value made ready to travel: contiguous elements, and the shape if it is an ndarray. */
export interface Outgoing {
  kind: Kind;
  dtype: DTypeInfo;
  /** The elements, contiguous; may lie in the shared heap. */
  data: TypedArray;
  shape: readonly number[] | null;
}

/** Anything that raw elements can be received into. */
export type Buffer = TypedArray | NdArray;

const U8 = DTYPES[3]!;

/** Elements of an array as they lie; a strided ndarray is packed first, everything else is encoded. */
export function outgoing(value: unknown): Outgoing {
  if (isTypedArray(value)) return { kind: Kind.typed, dtype: dtypeOf(value), data: value, shape: null };
  if (isNdArray(value)) return outgoingNdArray(value);
  return { kind: Kind.object, dtype: U8, data: encode(value), shape: null };
}

function outgoingNdArray(a: NdArray): Outgoing {
  if (a.shape.length > MAX_DIMENSIONS)
    throw new HaloweaveError(
      'argument',
      `an ndarray of ${a.shape.length} dimensions cannot be sent: at most ${MAX_DIMENSIONS}`,
    );
  const dtype = dtypeOf(a.data);
  const n = a.shape.reduce((x, y) => x * y, 1);
  let data: TypedArray;
  if (isContiguous(a))
    data = a.offset === 0 && n === a.data.length ? a.data : a.data.subarray(a.offset, a.offset + n);
  else {
    data = new dtype.create(n);
    packInto(a, data, 0);
  }
  return { kind: Kind.ndarray, dtype, data, shape: a.shape };
}

/** Bytes that travel, shape record included. */
export function bytesOf(o: Outgoing): number {
  return (o.shape ? SHAPE_BYTES : 0) + o.data.length * o.dtype.bytes;
}

/** Writes shape record and elements at a byte position (a multiple of 8) of memory seen through `views`. */
export function writePayload(o: Outgoing, views: CellViews | readonly TypedArray[], at: number): void {
  const byCode = 'byCode' in views ? views.byCode : views;
  let to = at;
  if (o.shape) {
    writeShape(o.shape, byCode[7] as Uint32Array, to / 4);
    to += SHAPE_BYTES;
  }
  copyElements(o.data, 0, byCode[o.dtype.code]!, to / o.dtype.bytes, o.data.length);
}

export function writeShape(shape: readonly number[], words: Uint32Array | Int32Array, at: number): void {
  words[at] = shape.length;
  for (let k = 0; k < shape.length; k++) words[at + 1 + k] = shape[k]!;
}

export function readShape(words: Uint32Array | Int32Array, at: number): number[] {
  return Array.from({ length: words[at]! }, (_, k) => words[at + 1 + k]! >>> 0);
}

/** Loops below this many elements: cheaper than making the view that `set` needs. */
const LOOP = 32;

/** Copies between typed arrays of one dtype. */
export function copyElements(
  from: TypedArray,
  start: number,
  to: TypedArray,
  at: number,
  count: number,
): void {
  if (count <= LOOP) {
    for (let k = 0; k < count; k++) to[at + k] = from[start + k] as never;
  } else if (start === 0 && count === from.length) to.set(from as never, at);
  else to.set(from.subarray(start, start + count) as never, at);
}

/** Where received elements go, and how they become the value that the receiver gets. */
export interface Landing {
  /** Contiguous elements to copy into. */
  data: TypedArray;
  /** Called once all elements are there. */
  finish(): unknown;
}

/** A landing place for a value of unknown form: fresh private memory. */
export function landFresh(kind: Kind, dtype: DTypeInfo, count: number, shape: number[] | null): Landing {
  const data = new dtype.create(count);
  switch (kind) {
    case Kind.object:
      return { data, finish: () => decode(data as Uint8Array) };
    case Kind.ndarray:
      return { data, finish: () => ndarray(data, shape ?? [count]) };
    case Kind.typed:
      return { data, finish: () => data };
  }
}

/** A landing place in the receiver's own buffer: its dtype must be the sender's, and it must be large enough. */
export function landInto(
  buffer: Buffer,
  kind: Kind,
  dtype: DTypeInfo,
  count: number,
  source: number,
  tag: number,
): Landing {
  const nd = isNdArray(buffer) ? buffer : null;
  const data = nd ? nd.data : (buffer as TypedArray);
  const mine = dtypeOf(data);
  const room = nd ? nd.shape.reduce((x, y) => x * y, 1) : data.length;
  if (kind === Kind.object || mine.code !== dtype.code)
    throw new HaloweaveError(
      'truncated',
      `rank ${source} sent ${kind === Kind.object ? 'a structured value' : `${count} × ${dtype.name}`} with tag ${tag}, but the receive buffer holds ${mine.name}: ${kind === Kind.object ? 'use recv' : 'use the same dtype on both sides'}`,
      { operation: 'recvInto', tag },
    );
  if (count > room)
    throw new HaloweaveError(
      'truncated',
      `rank ${source} sent ${count} elements of ${dtype.name} with tag ${tag}, but the receive buffer has room for ${room}: enlarge it`,
      { operation: 'recvInto', tag },
    );
  if (!nd) return { data: count === data.length ? data : data.subarray(0, count), finish: () => buffer };
  if (isContiguous(nd)) return { data: data.subarray(nd.offset, nd.offset + count), finish: () => buffer };
  if (count !== room)
    throw new HaloweaveError(
      'truncated',
      `rank ${source} sent ${count} elements into a strided buffer of ${room}: sizes must be equal there`,
      {
        operation: 'recvInto',
        tag,
      },
    );
  const packed = new mine.create(count);
  return {
    data: packed,
    finish: () => {
      unpackFrom(nd, packed, 0);
      return buffer;
    },
  };
}
