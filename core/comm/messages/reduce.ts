import { dtypeOf, type TypedArray } from '../../memory/dtype.js';
import { isNdArray, ndarray } from '../../memory/ndarray.js';
import { binomialChildren, binomialParent, binomialSpan, placeOf, rankAt } from '../../topology/binomial.js';
import { ahead, behind, doublingPlace, shareStart } from '../../topology/rounds.js';
import { foldTree, treePlace } from '../../topology/tree.js';
import { outgoing } from '../payload.js';
import { alltoall } from './alltoall.js';
import { bcast, ringShares, sharesOf } from './bcast.js';
import type { Call, Steps } from './call.js';
import { exchangePays } from './cost.js';
import { raw } from './items.js';
import { differentOperand, Operand } from './operand.js';

/** The result on `root`, undefined elsewhere. */
export function* reduce(call: Call, operand: Operand, root: number): Steps<unknown> {
  const { rank, size } = call;
  if (paysToExchange(call, operand)) return yield* reduceShares(call, operand, root);
  const partial = yield* reduceTree(call, operand);
  if (rank === 0) {
    const result = operand.op.result(partial);
    if (root === 0) return result;
    call.send(outgoing(result), root);
  }
  return rank === root && size > 1 ? yield* call.take(call.expect(0)) : undefined;
}

/** The result on every rank. */
export function* allreduce(call: Call, operand: Operand): Steps<unknown> {
  if (paysToExchange(call, operand)) return yield* allreduceShares(call, operand);
  const { op } = operand;
  if (op.anyOrder) return op.result(yield* reduceByDoubling(call, operand));
  const partial = yield* reduceTree(call, operand);
  return yield* bcast(call, call.rank === 0 ? op.result(partial) : undefined, 0, null);
}

function paysToExchange({ size }: Call, operand: Operand): boolean {
  const { data } = operand;
  if (!data || data.length < size) return false;
  return exchangePays(data.byteLength, data.length * operand.partialBytes(), size);
}

/**
 * Partials up the preorder tree, combined as own, left, right: in rank order, whatever the timing. ⌊log₂ size⌋
 * rounds; a rank gets two messages at most and asks for both at once. The partial of all on rank 0. The tree is
 * not moved to another root, for that would change the order.
 */
function* reduceTree(call: Call, operand: Operand): Steps<unknown> {
  const { parent, left, right } = treePlace(call.rank, call.size);
  const { op } = operand;
  const fromLeft = left >= 0 ? call.expect(left) : null;
  const fromRight = right >= 0 ? call.expect(right) : null;
  let partial = operand.begin();
  if (fromLeft) partial = op.combine(partial, yield* operand.take(call, fromLeft));
  if (fromRight) partial = op.combine(partial, yield* operand.take(call, fromRight));
  if (parent >= 0) call.send(operand.pack(partial), parent);
  return partial;
}

/** Partials by recursive doubling, for operations whose bracket does not show: everyone has the partial of all. */
function* reduceByDoubling(call: Call, operand: Operand): Steps<unknown> {
  const { rank, size } = call;
  const { op } = operand;
  const { proxy, guest, partners } = doublingPlace(rank, size);
  let partial = operand.begin();
  if (proxy >= 0) {
    call.send(operand.pack(partial), proxy);
    return yield* operand.take(call, call.expect(proxy));
  }
  if (guest >= 0) partial = op.combine(yield* operand.take(call, call.expect(guest)), partial);
  for (const other of partners) {
    const incoming = call.expect(other);
    call.send(operand.pack(partial), other);
    const theirs = yield* operand.take(call, incoming);
    // Combining may change what is still on its way.
    yield* call.sent();
    partial = other < rank ? op.combine(theirs, partial) : op.combine(partial, theirs);
  }
  if (guest >= 0) call.send(operand.pack(partial), guest);
  return partial;
}

/**
 * Every rank sends the raw elements of share v to the rank at place v (counted from `root`), pairwise in size − 1
 * rounds, and folds its share over all ranks in rank order.
 */
function* exchangeShares(call: Call, operand: Operand, root: number): Steps<TypedArray[]> {
  const { rank, size } = call;
  const data = operand.data!;
  const v = placeOf(rank, root, size);
  const mine = sharesOf(data, size, v, v + 1);
  const shares = new Array<TypedArray>(size);
  shares[rank] = mine;
  for (let d = 1; d < size; d++) {
    const incoming = call.expect(behind(rank, d, size));
    const to = ahead(v, d, size);
    call.send(operand.share(sharesOf(data, size, to, to + 1)), rankAt(to, root, size));
    shares[incoming.from] = yield* operand.takeShare(call, incoming);
    yield* call.sent();
  }
  return shares;
}

/** Puts the own folded share into an array for all of them. */
function place(call: Call, operand: Operand, root: number, share: TypedArray): TypedArray {
  const v = placeOf(call.rank, root, call.size);
  const n = operand.data!.length;
  const all = new (dtypeOf(share).create)(n);
  all.set(share as never, shareStart(n, call.size, v));
  return all;
}

/** An array of results in the form of the operand. */
export function shaped(operand: Operand, data: TypedArray): unknown {
  return isNdArray(operand.value) ? ndarray(data, operand.shape!) : data;
}

function* allreduceShares(call: Call, operand: Operand): Steps<unknown> {
  const shares = yield* exchangeShares(call, operand, 0);
  const all = place(call, operand, 0, operand.op.fold(shares) as TypedArray);
  yield* ringShares(call, 0, all);
  return shaped(operand, all);
}

/** The folded shares are gathered by a binomial tree, in which a subtree's shares adjoin. */
function* reduceShares(call: Call, operand: Operand, root: number): Steps<unknown> {
  const { rank, size } = call;
  const shares = yield* exchangeShares(call, operand, root);
  const all = place(call, operand, root, operand.op.fold(shares) as TypedArray);
  const v = placeOf(rank, root, size);
  const subtree = (p: number): TypedArray => sharesOf(all, size, p, p + binomialSpan(p, size));
  const children = binomialChildren(v, size).map((c) => call.expect(rankAt(c, root, size), subtree(c)));
  for (const c of children) yield* call.take(c);
  if (v === 0) return shaped(operand, all);
  call.send(raw(subtree(v)), rankAt(binomialParent(v), root, size));
  return undefined;
}

/**
 * The operands for each rank to that rank (see `alltoall`), which combines them in rank order: arrays of built-in
 * operations as they are, everything else as partials.
 */
export function* reduceScatter(call: Call, operands: readonly Operand[]): Steps<unknown> {
  const { rank, size } = call;
  const own = operands[rank]!;
  const { op } = own;
  call.check = (incoming) => own.checkForm(call, incoming, null);
  const sent = operands.map((o) => (o.data ? o.value : op.partial(o.value)));
  const got = yield* alltoall(call, sent, null);
  if (!own.data)
    return op.result(
      foldTree(
        size,
        (r) => got[r],
        (a, b) => op.combine(a, b),
      ),
    );
  for (let r = 0; r < size; r++) {
    const theirs = new Operand(got[r], op);
    if (theirs.form !== own.form || theirs.shape?.join() !== own.shape?.join())
      throw differentOperand(call, own, r, theirs.form, theirs.shape);
  }
  const folded = op.fold(got.map((v) => (isNdArray(v) ? outgoing(v).data : v)));
  return shaped(own, folded as TypedArray);
}
