import { binomialChildren, binomialParent, placeOf, rankAt } from '../../topology/binomial.js';
import type { Buffer } from '../payload.js';
import { outgoing } from '../payload.js';
import type { Call, Steps } from './call.js';
import { bundledBytes } from './cost.js';
import {
  expectElements,
  itemOf,
  keepOwn,
  type Landed,
  land,
  pack,
  raw,
  takeElements,
  unpack,
} from './items.js';

/**
 * Every rank's value to the root, any sizes: bundles up a binomial tree, ⌈log₂ size⌉ rounds, at most as many messages
 * into any rank. A value above `bundledBytes` is only named there and goes straight to the root.
 */
export function* gather(
  call: Call,
  value: unknown,
  root: number,
  into: readonly Buffer[] | null,
): Steps<unknown[] | null> {
  const { rank, size } = call;
  const v = placeOf(rank, root, size);
  const o = v === 0 ? null : outgoing(value);
  const items = o ? [itemOf(rank, o, bundledBytes(size))] : [];
  const children = binomialChildren(v, size).map((c) => call.expect(rankAt(c, root, size)));
  // The smallest subtree has its bundle ready first.
  for (const c of children.reverse()) items.push(...unpack(yield* call.take(c)));
  if (o) {
    call.send(pack(items), rankAt(binomialParent(v), root, size));
    if (!items[0]!.data) call.send(raw(o.data), root);
    return null;
  }
  const all = new Array<unknown>(size);
  const landed: [number, Landed][] = [];
  all[rank] = keepOwn(call, value, into?.[rank] ?? null);
  for (const i of items) {
    const buffer = into?.[i.key] ?? null;
    if (i.data) all[i.key] = land(call, i, i.key, buffer);
    else landed.push([i.key, expectElements(call, i, i.key, buffer)]);
  }
  for (const [r, l] of landed) all[r] = yield* takeElements(call, l);
  return all;
}
