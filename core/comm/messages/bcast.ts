import type { TypedArray } from '../../memory/dtype.js';
import { binomialChildren, binomialParent, binomialSpan, placeOf, rankAt } from '../../topology/binomial.js';
import { ahead, behind, shareStart } from '../../topology/rounds.js';
import type { Buffer } from '../payload.js';
import { outgoing } from '../payload.js';
import type { Call, Steps } from './call.js';
import { MESSAGE_COST, sharesPay } from './cost.js';
import { type Item, itemOf, keepOwn, land, landingFor, pack, raw, unpack } from './items.js';

/**
 * The root's value for all. It goes down a binomial tree in ⌈log₂ size⌉ rounds; above `MESSAGE_COST` bytes only its
 * form does, and then the elements, straight to where they are to lie: whole along the same tree, or, where
 * that moves less, in shares (scatter along the tree, then a ring).
 *
 * Source of the second: R. Thakur, R. Rabenseifner, W. Gropp, "Optimization of collective communication operations
 * in MPICH" (2005).
 */
export function* bcast(call: Call, value: unknown, root: number, into: Buffer | null): Steps<unknown> {
  const { rank, size } = call;
  const v = placeOf(rank, root, size);
  const parent = v === 0 ? -1 : rankAt(binomialParent(v), root, size);
  const children = binomialChildren(v, size).map((c) => rankAt(c, root, size));
  const o = v === 0 ? outgoing(value) : null;
  let head: Item;
  if (o) {
    head = itemOf(0, o, MESSAGE_COST);
    const bundle = children.length > 0 ? pack([head]) : null;
    for (const c of children) call.send(bundle!, c);
  } else {
    const bundle = (yield* call.take(call.expect(parent))) as Uint8Array;
    for (const c of children) call.send(raw(bundle), c);
    head = unpack(bundle)[0]!;
  }
  if (head.data) return o ? keepOwn(call, value, into) : land(call, head, root, into);

  const landing = o ? null : landingFor(call, head, root, into);
  const data = o ? o.data : landing!.data;
  if (sharesPay(head.count * head.dtype.bytes, size)) {
    yield* scatterShares(call, root, data);
    yield* ringShares(call, root, data);
  } else {
    if (parent >= 0) yield* call.take(call.expect(parent, data));
    for (const c of children) call.send(raw(data), c);
  }
  return landing ? landing.finish() : keepOwn(call, value, into);
}

/** Share v of the elements to the rank at place v, by a binomial tree: a subtree's shares adjoin. */
function* scatterShares(call: Call, root: number, data: TypedArray): Steps {
  const { rank, size } = call;
  const v = placeOf(rank, root, size);
  const subtree = (p: number): TypedArray => sharesOf(data, size, p, p + binomialSpan(p, size));
  if (v > 0) yield* call.take(call.expect(rankAt(binomialParent(v), root, size), subtree(v)));
  for (const c of binomialChildren(v, size)) call.send(raw(subtree(c)), rankAt(c, root, size));
}

/** Every rank has the share of its place, counted from `root`; afterwards all shares. size − 1 rounds. */
export function* ringShares(call: Call, root: number, data: TypedArray): Steps {
  const { rank, size } = call;
  const v = placeOf(rank, root, size);
  for (let k = 0; k < size - 1; k++) {
    const mine = behind(v, k, size);
    const next = behind(mine, 1, size);
    const incoming = call.expect(behind(rank, 1, size), sharesOf(data, size, next, next + 1));
    call.send(raw(sharesOf(data, size, mine, mine + 1)), ahead(rank, 1, size));
    yield* call.take(incoming);
  }
}

/** The elements of shares from..to−1 of `size`. */
export function sharesOf(data: TypedArray, size: number, from: number, to: number): TypedArray {
  return data.subarray(shareStart(data.length, size, from), shareStart(data.length, size, to));
}
