import type { TypedArray } from '../../memory/dtype.js';
import { ahead, behind, bruckCount, ceilLog2 } from '../../topology/rounds.js';
import { type Buffer, outgoing } from '../payload.js';
import type { Call, Steps } from './call.js';
import { bundledBytes } from './cost.js';
import { itemOf, keepOwn, land, landingFor, pack, raw, unpack } from './items.js';

/**
 * Every rank's value to all, any sizes. Bruck: in round k a rank sends what it has to the one 2^k behind it, which
 * doubles what everyone has; ⌈log₂ size⌉ rounds. Values above `bundledBytes` are only named there and then go
 * round a ring, each to the next rank ahead: size − 1 rounds.
 *
 * Source: J. Bruck et al., "Efficient algorithms for all-to-all communications in multiport message-passing systems"
 * (1997).
 */
export function* allgather(call: Call, value: unknown, into: readonly Buffer[] | null): Steps<unknown[]> {
  const { rank, size } = call;
  const o = outgoing(value);
  /** By distance ahead. */
  const items = [itemOf(rank, o, bundledBytes(size))];
  for (let k = 0; k < ceilLog2(size); k++) {
    const incoming = call.expect(ahead(rank, 1 << k, size));
    call.send(pack(items.slice(0, bruckCount(k, size))), behind(rank, 1 << k, size));
    items.push(...unpack(yield* call.take(incoming)));
  }
  const all = new Array<unknown>(size);
  /** Elements that go round, by rank; null for values that are there already. */
  const around = new Array<TypedArray | null>(size).fill(null);
  const finish: (() => void)[] = [];
  all[rank] = value;
  if (!items[0]!.data) around[rank] = o.data;
  for (let d = 1; d < size; d++) {
    const from = ahead(rank, d, size);
    const item = items[d]!;
    const buffer = into?.[from] ?? null;
    if (item.data) {
      all[from] = land(call, item, from, buffer);
      continue;
    }
    const landing = landingFor(call, item, from, buffer);
    around[from] = landing.data;
    finish.push(() => {
      all[from] = landing.finish();
    });
  }
  for (let k = 0; k < size - 1; k++) {
    const mine = around[behind(rank, k, size)]!;
    const next = around[behind(rank, k + 1, size)]!;
    const incoming = next ? call.expect(behind(rank, 1, size), next) : null;
    if (mine) call.send(raw(mine), ahead(rank, 1, size));
    if (incoming) yield* call.take(incoming);
  }
  for (const f of finish) f();
  // Last: `value` may lie where its copy goes, and its elements may be on their way until now.
  yield* call.sent();
  all[rank] = keepOwn(call, value, into?.[rank] ?? null);
  return all;
}
