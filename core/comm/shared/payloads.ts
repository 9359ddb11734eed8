import { isContiguous, unpackFrom } from '../../memory/array.js';
import { DTYPES, type DTypeInfo, dtypeOf, isTypedArray, type TypedArray } from '../../memory/dtype.js';
import { dtypeCodeOf, Kind, kindOf, SHAPE_BYTES } from '../../wire/cell.js';
import { countOf, describe, describeArray, isArray, misfit } from '../operations/forms.js';
import { type Buffer, copyElements, landFresh, type Outgoing, outgoing, readShape } from '../payload.js';

/** The word of kind and dtype of a payload that is one number, not an array of one. */
export const NUMBER = Kind.typed | (1 << 16);

/** What a number travels as. */
const single = new Float64Array(1);
const F64 = DTYPES[0]!;

/** As `outgoing`, but numbers need no encoding: `word` says that the array is one. */
export function travelling(value: unknown): { o: Outgoing; word: number } {
  if (typeof value !== 'number') {
    const o = outgoing(value);
    return { o, word: o.kind | (o.dtype.code << 8) };
  }
  const data = single.slice();
  data[0] = value;
  return { o: { kind: Kind.typed, dtype: F64, data, shape: null }, word: NUMBER };
}

/** A payload that lies in shared memory. */
export interface Payload {
  views: readonly TypedArray[];
  /** In bytes, a multiple of 8. */
  at: number;
  word: number;
  bytes: number;
}

export const shapeOf = (p: Payload): number[] | null =>
  kindOf(p.word) === Kind.ndarray ? readShape(p.views[7] as Uint32Array, p.at / 4) : null;

const headOf = (p: Payload): number => (kindOf(p.word) === Kind.ndarray ? SHAPE_BYTES : 0);

/** The elements where they lie. */
export function elementsOf(p: Payload): TypedArray {
  const code = dtypeCodeOf(p.word);
  const bytes = DTYPES[code]!.bytes;
  const head = headOf(p);
  const start = (p.at + head) / bytes;
  return p.views[code]!.subarray(start, start + (p.bytes - head) / bytes);
}

/** A payload as errors tell it. */
export function describePayload(p: Payload): string {
  if (p.word === NUMBER) return 'a number';
  if (kindOf(p.word) === Kind.object) return 'a structured value';
  const dtype = DTYPES[dtypeCodeOf(p.word)]!;
  return describeArray(dtype.name, (p.bytes - headOf(p)) / dtype.bytes, shapeOf(p));
}

/** The value of a payload, in fresh private memory. */
export function readValue(p: Payload): unknown {
  if (p.word === NUMBER) return p.views[0]![p.at / 8];
  const dtype: DTypeInfo = DTYPES[dtypeCodeOf(p.word)]!;
  const head = headOf(p);
  const count = (p.bytes - head) / dtype.bytes;
  const landing = landFresh(kindOf(p.word), dtype, count, shapeOf(p));
  copyElements(p.views[dtype.code]!, (p.at + head) / dtype.bytes, landing.data, 0, count);
  return landing.finish();
}

/** Copies a payload into a buffer of its dtype and count. `other` is whose it is. */
export function readInto(p: Payload, into: Buffer, call: string, rank: number, other: number): void {
  const head = headOf(p);
  const code = dtypeCodeOf(p.word);
  const nd = isTypedArray(into) ? null : into;
  const data = nd ? nd.data : (into as TypedArray);
  const bytes = DTYPES[code]!.bytes;
  const count = (p.bytes - head) / bytes;
  if (
    p.word === NUMBER ||
    kindOf(p.word) === Kind.object ||
    dtypeOf(data).code !== code ||
    count !== countOf(into)
  )
    throw misfit(call, rank, into, other, describePayload(p));
  const from = (p.at + head) / bytes;
  store(p.views[code]!, from, into, count);
}

/** Copies `count` elements into a typed array or ndarray that has as many. */
export function store(from: TypedArray, start: number, into: Buffer, count: number): void {
  if (isTypedArray(into)) copyElements(from, start, into, 0, count);
  else if (isContiguous(into)) copyElements(from, start, into.data, into.offset, count);
  else unpackFrom(into, from, start);
}

/** What a rank sends to itself, into its own buffer; nothing to do if it lies there. */
export function storeOwn(value: unknown, into: Buffer, call: string, rank: number): void {
  if (value === into) return;
  const data = isArray(value) ? outgoing(value).data : null;
  if (
    !data ||
    data.length !== countOf(into) ||
    dtypeOf(data) !== dtypeOf(isTypedArray(into) ? into : into.data)
  )
    throw misfit(call, rank, into, rank, describe(value));
  store(data, 0, into, data.length);
}
