import { binomialChildren, binomialParent, binomialSpan, placeOf, rankAt } from '../../topology/binomial.js';
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
 * A value of the root for each rank, any sizes: bundles down a binomial tree, ⌈log₂ size⌉ rounds. A value above
 * `bundledBytes` is only named there and comes straight from the root.
 */
export function* scatter(
  call: Call,
  values: readonly unknown[] | null,
  root: number,
  into: Buffer | null,
): Steps<unknown> {
  const { rank, size } = call;
  const v = placeOf(rank, root, size);
  /** Items of this rank's subtree, by place from v on. */
  let items: Item[];
  const large: [number, Outgoing][] = [];
  if (v === 0) {
    const limit = bundledBytes(size);
    items = Array.from({ length: size }, (_, p) => {
      const r = rankAt(p, root, size);
      if (p === 0) return OWN;
      const o = outgoing(values![r]);
      const item = itemOf(p, o, limit);
      if (!item.data) large.push([r, o]);
      return item;
    });
  } else items = unpack(yield* call.take(call.expect(rankAt(binomialParent(v), root, size))));
  for (const c of binomialChildren(v, size))
    call.send(pack(items.slice(c - v, c - v + binomialSpan(c, size))), rankAt(c, root, size));
  for (const [r, o] of large) call.send(raw(o.data), r);
  if (v === 0) return keepOwn(call, values![rank], into);
  const own = items[0]!;
  return own.data
    ? land(call, own, root, into)
    : yield* takeElements(call, expectElements(call, own, root, into));
}

/** The root's own value is never packed; this stands in its place. */
const OWN = itemOf(0, raw(new Uint8Array(0)), 0);
