import { DTYPES, type DTypeInfo, dtypeOf, isTypedArray, type TypedArray } from '../../memory/dtype.js';
import { Kind } from '../../wire/cell.js';
import { describeArray, misfit } from '../operations/forms.js';
import {
  type Buffer,
  copyElements,
  type Landing,
  landFresh,
  landInto,
  type Outgoing,
  outgoing,
} from '../payload.js';
import type { Call, Incoming, Steps } from './call.js';

/** One value within a bundle, ready to be passed on without being decoded. */
export interface Item {
  /** Whose it is; the algorithm says in what numbers. */
  readonly key: number;
  readonly kind: Kind;
  readonly dtype: DTypeInfo;
  readonly count: number;
  readonly shape: readonly number[] | null;
  /** The elements; null if they follow by themselves, straight from their owner. */
  readonly data: TypedArray | null;
}

export function itemOf(key: number, o: Outgoing, limit: number): Item {
  const { kind, dtype, shape } = o;
  const count = o.data.length;
  return { key, kind, dtype, count, shape, data: count * dtype.bytes <= limit ? o.data : null };
}

// Words of an item's header, then its extents, then its elements; both begin at multiples of 8 bytes.
const KEY = 0;
const FORM = 1;
const COUNT = 2;
const COUNT_HIGH = 3;
const HEADER_WORDS = 4;
/** Words before the first item: their number, and one to keep the alignment. */
const FIRST = 2;
// Bits of the form word: kind 0–7, dtype 8–15, whether the elements follow 16, extents from 17.
const FOLLOWS = 1 << 16;
const DIMENSIONS = 17;

const even = (words: number): number => words + (words & 1);
const headWords = (i: Item): number => HEADER_WORDS + even(i.shape?.length ?? 0);
const dataWords = (i: Item): number => (i.data ? Math.ceil((i.count * i.dtype.bytes) / 8) * 2 : 0);

/** Several items as one message. */
export function pack(items: readonly Item[]): Outgoing {
  let words = FIRST;
  for (const i of items) words += headWords(i) + dataWords(i);
  const buffer = new ArrayBuffer(words * 4);
  const u32 = new Uint32Array(buffer);
  u32[0] = items.length;
  let at = FIRST;
  for (const i of items) {
    const dimensions = i.shape?.length ?? 0;
    u32[at + KEY] = i.key;
    u32[at + FORM] = i.kind | (i.dtype.code << 8) | (i.data ? 0 : FOLLOWS) | (dimensions << DIMENSIONS);
    u32[at + COUNT] = i.count;
    u32[at + COUNT_HIGH] = Math.floor(i.count / 2 ** 32);
    for (let k = 0; k < dimensions; k++) u32[at + HEADER_WORDS + k] = i.shape![k]!;
    at += headWords(i);
    if (!i.data) continue;
    copyElements(i.data, 0, new i.dtype.create(buffer, at * 4, i.count), 0, i.count);
    at += dataWords(i);
  }
  return raw(new Uint8Array(buffer));
}

/** The items of a bundle that arrived; their elements are views of it. */
export function unpack(bundle: unknown): Item[] {
  const bytes = bundle as Uint8Array;
  const u32 = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  const items: Item[] = [];
  let at = FIRST;
  for (let n = u32[0]!; n > 0; n--) {
    const form = u32[at + FORM]!;
    const kind = (form & 0xff) as Kind;
    const dtype = DTYPES[(form >> 8) & 0xff]!;
    const count = u32[at + COUNT]! + u32[at + COUNT_HIGH]! * 2 ** 32;
    const from = at + HEADER_WORDS;
    const shape = kind === Kind.ndarray ? Array.from(u32.subarray(from, from + (form >>> DIMENSIONS))) : null;
    const head: Item = { key: u32[at + KEY]!, kind, dtype, count, shape, data: null };
    at += headWords(head);
    if (form & FOLLOWS) {
      items.push(head);
      continue;
    }
    const item = { ...head, data: new dtype.create(bytes.buffer, bytes.byteOffset + at * 4, count) };
    items.push(item);
    at += dataWords(item);
  }
  return items;
}

/** Bare elements as a message. */
export function raw(data: TypedArray): Outgoing {
  return { kind: Kind.typed, dtype: dtypeOf(data), data, shape: null };
}

/** Where a rank's value is to land: in `into`, which must fit it exactly, or in fresh memory. */
export function landingFor(call: Call, item: Item, from: number, into: Buffer | null): Landing {
  const { kind, dtype, count, shape } = item;
  if (!into) return landFresh(kind, dtype, count, shape ? [...shape] : null);
  const mine = isTypedArray(into) ? into : into.data;
  const room = isTypedArray(into) ? into.length : into.size;
  if (kind === Kind.object || dtypeOf(mine).code !== dtype.code || room !== count)
    throw misfit(call.name, call.rank, into, from, describeItem(item));
  return landInto(into, kind, dtype, count, from, call.tag);
}

function describeItem({ kind, dtype, count, shape }: Item): string {
  return kind === Kind.object ? 'a structured value' : describeArray(dtype.name, count, shape);
}

/** The value of an item whose elements are there. */
export function land(call: Call, item: Item, from: number, into: Buffer | null): unknown {
  const landing = landingFor(call, item, from, into);
  copyElements(item.data!, 0, landing.data, 0, item.count);
  return landing.finish();
}

/** What a rank gave itself: the same object, or a copy in its buffer. */
export function keepOwn(call: Call, value: unknown, into: Buffer | null): unknown {
  if (!into || into === value) return value;
  return land(call, itemOf(call.rank, outgoing(value), Number.POSITIVE_INFINITY), call.rank, into);
}

/** A value on its way: its place, and the message that brings its elements there. */
export interface Landed {
  readonly landing: Landing;
  readonly incoming: Incoming;
}

/** Asks for elements that come by themselves. */
export function expectElements(
  call: Call,
  item: Item,
  from: number,
  into: Buffer | null,
  via = from,
): Landed {
  const landing = landingFor(call, item, from, into);
  return { landing, incoming: call.expect(via, landing.data) };
}

export function* takeElements(call: Call, { landing, incoming }: Landed): Steps<unknown> {
  yield* call.take(incoming);
  return landing.finish();
}
