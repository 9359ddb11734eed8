import { dtypeOf, isTypedArray, type TypedArray } from '../../memory/dtype.js';
import { isNdArray, ndarray } from '../../memory/ndarray.js';
import { ahead, behind, ceilLog2 } from '../../topology/rounds.js';
import { outgoing } from '../payload.js';
import { sharesOf } from './bcast.js';
import type { Call, Steps } from './call.js';
import { exchangePays } from './cost.js';
import type { Operand } from './operand.js';
import { shaped } from './reduce.js';

/** The operands of ranks 0 to this one, combined; or, `before`, of those before this one: undefined on rank 0. */
export function* scan(call: Call, operand: Operand, before: boolean): Steps<unknown> {
  const { rank, size } = call;
  const { data, op } = operand;
  if (
    data &&
    data.length >= size &&
    exchangePays(data.byteLength, data.length * operand.partialBytes(), size)
  )
    return yield* scanShares(call, operand, before);
  const partial = yield* scanByDoubling(call, operand);
  if (!before) return op.result(partial);
  if (rank < size - 1) call.send(operand.pack(partial), rank + 1);
  return rank > 0 ? op.result(yield* operand.take(call, call.expect(rank - 1))) : undefined;
}

/**
 * Recursive doubling: in round k ranks that differ in bit k exchange the combination of their 2^k aligned ranks; the higher
 * one puts it before what it has, both put the two together for the next round. ⌈log₂ size⌉ rounds. The bracket
 * is that of `Operation.prefix`.
 */
function* scanByDoubling(call: Call, operand: Operand): Steps<unknown> {
  const { rank, size } = call;
  const { op } = operand;
  let prefix = operand.begin();
  let block = copyOf(prefix);
  for (let k = 0; k < ceilLog2(size); k++) {
    const other = rank ^ (1 << k);
    if (other >= size) continue;
    const goesOn = hasPartnerAfter(rank, k, size);
    const incoming = other < rank || goesOn ? call.expect(other) : null;
    if (rank < other || hasPartnerAfter(other, k, size)) call.send(operand.pack(block), other);
    if (!incoming) continue;
    const theirs = yield* operand.take(call, incoming);
    // Combining may change what is still on its way.
    yield* call.sent();
    if (other > rank) block = op.combine(block, theirs);
    else {
      if (goesOn) block = op.combine(copyOf(theirs), block);
      prefix = op.combine(theirs, prefix);
    }
  }
  return prefix;
}

/** Whether a rank exchanges anything in a round after `round`; if not, it needs no block any more. */
function hasPartnerAfter(rank: number, round: number, size: number): boolean {
  return rank >> (round + 1) !== 0 || rank + (1 << (round + 1)) < size;
}

/** Partials that `combine` may change are arrays; a user's function is pure. */
function copyOf(partial: unknown): unknown {
  if (isTypedArray(partial)) return partial.slice();
  return isNdArray(partial) ? ndarray(outgoing(partial).data.slice(), partial.shape) : partial;
}

/**
 * Large arrays: share j of everyone's elements goes to rank j, which combines them for every rank and sends each its
 * share of the result; pairwise, 2·(size − 1) rounds.
 */
function* scanShares(call: Call, operand: Operand, before: boolean): Steps<unknown> {
  const { rank, size } = call;
  const { op } = operand;
  const data = operand.data!;
  const shares = new Array<TypedArray>(size);
  shares[rank] = sharesOf(data, size, rank, rank + 1);
  for (let d = 1; d < size; d++) {
    const incoming = call.expect(behind(rank, d, size));
    const to = ahead(rank, d, size);
    call.send(operand.share(sharesOf(data, size, to, to + 1)), to);
    shares[incoming.from] = yield* operand.takeShare(call, incoming);
    yield* call.sent();
  }
  const last = (r: number): number => (before ? r - 1 : r);
  const upTo = (r: number): TypedArray => op.prefix(shares, last(r)) as TypedArray;
  // Rank 0 has nothing before it, so nobody sends to it.
  const gets = (r: number): boolean => last(r) >= 0;
  const own = gets(rank) ? upTo(rank) : null;
  const all = own ? new (dtypeOf(own).create)(data.length) : null;
  if (own) sharesOf(all!, size, rank, rank + 1).set(own as never);
  for (let d = 1; d < size; d++) {
    const from = behind(rank, d, size);
    const to = ahead(rank, d, size);
    const incoming = all ? call.expect(from) : null;
    if (gets(to)) call.send(operand.share(upTo(to)), to);
    if (incoming)
      sharesOf(all!, size, from, from + 1).set((yield* operand.takeShare(call, incoming)) as never);
    yield* call.sent();
  }
  return all ? shaped(operand, all) : undefined;
}
