import { isTypedArray } from '../../memory/dtype.js';
import { ahead, behind, bruckDistances, ceilLog2 } from '../../topology/rounds.js';
import { type Buffer, type Outgoing, outgoing } from '../payload.js';
import type { Call, Steps } from './call.js';
import { bundledBytes } from './cost.js';
import {
  expectElements,
  type Item,
  itemOf,
  keepOwn,
  land,
  pack,
  raw,
  takeElements,
  unpack,
} from './items.js';

/**
 * `values[r]` of every rank to rank r, any sizes. Bruck: the value for the rank d ahead travels 2^k ahead in every round
 * k whose bit is set in d; ⌈log₂ size⌉ rounds of one bundle each. Values above `bundledBytes` are only named there and
 * then exchanged pairwise: in round d, to the rank d ahead and from the one d behind.
 *
 * Source: J. Bruck et al., "Efficient algorithms for all-to-all communications in multiport message-passing systems"
 * (1997).
 */
export function* alltoall(
  call: Call,
  values: readonly unknown[],
  into: readonly Buffer[] | null,
): Steps<unknown[]> {
  const { rank, size } = call;
  const limit = bundledBytes(size);
  const large = new Array<Outgoing | null>(size).fill(null);
  /** By distance: at first for the rank as far ahead, in the end from the one as far behind. */
  const items = new Array<Item>(size);
  for (let d = 1; d < size; d++) {
    const o = outgoing(values[ahead(rank, d, size)]);
    items[d] = itemOf(d, o, limit);
    if (!items[d]!.data) large[d] = o;
  }
  for (let k = 0; k < ceilLog2(size); k++) {
    const incoming = call.expect(behind(rank, 1 << k, size));
    const bundle = pack(bruckDistances(k, size).map((d) => items[d]!));
    call.send(bundle, ahead(rank, 1 << k, size));
    for (const item of unpack(yield* call.take(incoming))) items[item.key] = item;
  }
  // What is still to be sent must not be overwritten by what arrives: in place, it arrives elsewhere first.
  const inPlace = into !== null && large.some((o) => o && into.some((b) => sharesMemory(o, b)));
  const all = new Array<unknown>(size);
  for (let d = 1; d < size; d++) {
    const from = behind(rank, d, size);
    const item = items[d]!;
    const buffer = inPlace ? null : (into?.[from] ?? null);
    const landed = item.data ? null : expectElements(call, item, from, buffer);
    if (large[d]) call.send(raw(large[d]!.data), ahead(rank, d, size));
    if (landed) all[from] = yield* takeElements(call, landed);
    // One large value each way at a time.
    yield* call.sent();
  }
  for (let d = 1; d < size; d++) {
    const from = behind(rank, d, size);
    const item = items[d]!;
    if (item.data) all[from] = land(call, item, from, into?.[from] ?? null);
    else if (inPlace)
      all[from] = land(call, { ...item, data: outgoing(all[from]).data }, from, into?.[from] ?? null);
  }
  all[rank] = keepOwn(call, values[rank], into?.[rank] ?? null);
  return all;
}

function sharesMemory(o: Outgoing, buffer: Buffer): boolean {
  return o.data.buffer === (isTypedArray(buffer) ? buffer : buffer.data).buffer;
}
