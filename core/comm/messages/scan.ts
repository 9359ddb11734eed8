import { dtypeOf, type TypedArray } from '../../memory/dtype.js';
import { ahead, behind, ceilLog2 } from '../../topology/rounds.js';
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
 * Recursive doubling: S(r, 0) is the operand of r; S(r, k + 1) = S(r − 2^k, k) · S(r, k) if r ≥ 2^k, else S(r, k).
 * ⌈log₂ size⌉ rounds. The bracket is that of `Operation.prefix`.
 *
 * Source: W. D. Hillis, G. L. Steele, "Data parallel algorithms" (1986).
 */
function* scanByDoubling(call: Call, operand: Operand): Steps<unknown> {
  const { rank, size } = call;
  const { op } = operand;
  let partial = operand.begin();
  for (let k = 0; k < ceilLog2(size); k++) {
    const step = 1 << k;
    const incoming = rank >= step ? call.expect(rank - step) : null;
    if (rank + step < size) call.send(operand.pack(partial), rank + step);
    // What was sent is the right operand here and stays as it is.
    if (incoming) partial = op.combine(yield* operand.take(call, incoming), partial);
  }
  return partial;
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
