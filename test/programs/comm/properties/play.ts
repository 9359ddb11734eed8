/** Plays a sequence of collectives and messages, and compares what every rank gets with the closed form. */
import assert from 'node:assert/strict';
import {
  ANY_SOURCE,
  ANY_TAG,
  bitwiseAnd,
  bitwiseOr,
  bitwiseXor,
  type Communicator,
  logicalAnd,
  logicalOr,
  logicalXor,
  max,
  min,
  type NdArray,
  ndarray,
  type ReduceOperation,
  type Request,
  type Status,
  sum,
  type TypedArray,
} from 'haloweave';
import { pattern } from '../../../support/values.js';
import { flat, same } from '../cases/tools.js';
import { type Op, reduced } from './reference.js';
import type { CollectiveStep, PostStep, SplitStep, Step } from './scenario.js';

const OPERATIONS: Record<Op, ReduceOperation> = {
  sum,
  min,
  max,
  bitwiseAnd,
  bitwiseOr,
  bitwiseXor,
  logicalAnd,
  logicalOr,
  logicalXor,
};

const range = (n: number): number[] => Array.from({ length: n }, (_, r) => r);

/** Communicators made by one split: this rank's, and the ranks of the run in each. */
interface Live {
  comm: Communicator | null;
  groups: number[][];
  /** Messages under way: what was started, and not received yet. */
  posted: { step: PostStep; send: Request<void> }[];
  /** Collectives under way: each waits and checks. */
  started: (() => void)[];
}

export function play(world: Communicator, steps: readonly Step[]): void {
  const live: Live[] = [{ comm: world, groups: [range(world.size)], posted: [], started: [] }];
  for (const [k, step] of steps.entries()) {
    const which = step.on % live.length;
    const on = live[which]!;
    try {
      if (step.kind === 'split') live.push(splitOff(on, step, world.rank));
      else if (step.kind === 'free') {
        if (which > 0) finish(live.splice(which, 1)[0]!);
      } else if (step.kind === 'post') post(on, step);
      else if (step.kind === 'collect') collect(on, step.wildcard);
      else if (on.comm) {
        const members = on.groups.find((g) => g.includes(world.rank))!;
        if (step.call.startsWith('i')) on.started.push(start(on.comm, members, step));
        else collective(on.comm, members, step);
      }
    } catch (cause) {
      if ((cause as { code?: string }).code === 'aborted') throw cause;
      throw new Error(`step ${k}, ${JSON.stringify(step)}: ${(cause as Error).message}`, { cause });
    }
  }
  for (const l of live.reverse()) finish(l, l.comm === world);
}

/** Starts a message to the next rank of the communicator, which may wait there for long. */
function post(on: Live, step: PostStep): void {
  const { comm } = on;
  if (!comm) return;
  const value = pattern(step.dtype, step.count, step.seed + comm.rank);
  on.posted.push({ step, send: comm.isend(value, (comm.rank + 1) % comm.size, step.tag) });
}

/** Receives the oldest message of the communicator, which is from the rank before, whatever is under way elsewhere. */
function collect(on: Live, wildcard: boolean): void {
  const { comm } = on;
  on.started.pop()?.();
  const next = on.posted.shift();
  if (!comm || !next) return;
  const { dtype, count, seed, tag } = next.step;
  const from = (comm.rank + comm.size - 1) % comm.size;
  const status: Status = { source: -2, tag: -2, count: -2 };
  const got = wildcard ? comm.recv(ANY_SOURCE, ANY_TAG, status) : comm.recv(from, tag, status);
  same(got, pattern(dtype, count, seed + from), 'a message');
  assert.deepEqual(status, { source: from, tag, count });
  next.send.wait();
}

function finish(on: Live, keep = false): void {
  while (on.started.length > 0) on.started.pop()!();
  while (on.posted.length > 0) collect(on, on.posted.length % 2 === 0);
  if (!keep) on.comm?.free();
}

function splitOff(parent: Live, step: SplitStep, rank: number): Live {
  const { colors, keys, collectives } = step;
  const groups = parent.groups.flatMap((g) =>
    [0, 1, 2].map((color) =>
      g.filter((r) => colors[r] === color).sort((a, b) => keys[a]! - keys[b]! || g.indexOf(a) - g.indexOf(b)),
    ),
  );
  if (!parent.comm) return { comm: null, groups, posted: [], started: [] };
  const color = colors[rank] === 3 ? undefined : colors[rank];
  const comm = parent.comm.split(color, keys[rank], { collectives });
  assert.equal(comm === null, color === undefined);
  if (comm) assert.equal(groups.find((g) => g.includes(rank))![comm.rank], rank);
  return { comm, groups, posted: [], started: [] };
}

/** The operand of a rank of the run, for a receiver if each gets another. */
function operand(step: CollectiveStep, rank: number, to = 0): unknown {
  const rows = Math.ceil(step.count / 2);
  switch (step.form) {
    case 'typed':
      return array(step, rank, to, step.count);
    case 'ndarray':
      return ndarray(array(step, rank, to, 2 * rows), [2, rows]).transpose(1, 0);
    case 'number':
      // Bits are those of whole numbers that a double holds.
      return Number(array(step.op.startsWith('bitwise') ? { ...step, dtype: 'i32' } : step, rank, to, 1)[0]);
    case 'text':
      return `${rank}>${to}${'.'.repeat(step.count)}`;
  }
}

const array = (step: CollectiveStep, rank: number, to: number, n: number): TypedArray =>
  pattern(step.dtype, n, step.seed + 7 * rank + 3 * to);

/** The reduction of the operands of `ranks` for a receiver. */
function combined(step: CollectiveStep, ranks: readonly number[], to = 0): unknown {
  if (step.form === 'text') return ranks.map((r) => operand(step, r, to)).join('');
  const values = ranks.map((r) => operand(step, r, to));
  if (step.form === 'number')
    return step.op.startsWith('bitwise')
      ? reduced(
          step.op,
          'i32',
          values.map((v) => Int32Array.of(v as number)),
        )[0]
      : reduced(
          step.op,
          'f64',
          values.map((v) => Float64Array.of(v as number)),
        )[0];
  const arrays = values.map((v) => (step.form === 'ndarray' ? flat(v as NdArray) : (v as TypedArray)));
  return reduced(step.op, step.dtype, arrays);
}

function equal(got: unknown, want: unknown, form: CollectiveStep['form'], what: string): void {
  const plain = (a: unknown): TypedArray => (ArrayBuffer.isView(a) ? a : flat(a as NdArray)) as TypedArray;
  if (want === undefined || form === 'text') assert.deepEqual(got, want, what);
  else if (form === 'number') assert.ok(Object.is(got, want), `${what}: ${got}, not ${want}`);
  else {
    if (form === 'ndarray') assert.ok(!ArrayBuffer.isView(got), `${what}: not an ndarray`);
    same(plain(got), plain(want), what);
  }
}

const join = (a: string, b: string): string => a + b;

function collective(comm: Communicator, members: readonly number[], step: CollectiveStep): void {
  const { rank, size } = comm;
  assert.equal(size, members.length);
  const me = members[rank]!;
  const root = step.root % size;
  const { form, call } = step;
  const op = (form === 'text' ? join : OPERATIONS[step.op]) as ReduceOperation;
  const mine = operand(step, me);
  const each = (): unknown[] => range(size).map((r) => operand(step, me, r));
  const check = (got: unknown, want: unknown): void => equal(got, want, form, call);
  switch (call) {
    case 'barrier':
      comm.barrier();
      return;
    case 'bcast':
      check(comm.bcast(mine, root), operand(step, members[root]!));
      return;
    case 'gather': {
      const got = comm.gather(mine, root);
      assert.equal(got === undefined, rank !== root);
      for (const [r, v] of (got ?? []).entries()) check(v, operand(step, members[r]!));
      return;
    }
    case 'allgather': {
      const got = comm.allgather(mine);
      assert.equal(got.length, size);
      for (const [r, v] of got.entries()) check(v, operand(step, members[r]!));
      return;
    }
    case 'scatter':
      check(comm.scatter(rank === root ? each() : null, root), operand(step, members[root]!, rank));
      return;
    case 'alltoall': {
      const got = comm.alltoall(each());
      assert.equal(got.length, size);
      for (const [r, v] of got.entries()) check(v, operand(step, members[r]!, rank));
      return;
    }
    case 'reduce':
      check(comm.reduce(mine, op, root), rank === root ? combined(step, members) : undefined);
      return;
    case 'allreduce':
      check(comm.allreduce(mine, op), combined(step, members));
      return;
    case 'reduceScatter':
      check(comm.reduceScatter(each(), op), combined(step, members, rank));
      return;
    case 'scan':
      check(comm.scan(mine, op), combined(step, members.slice(0, rank + 1)));
      return;
    case 'exscan':
      check(comm.exscan(mine, op), rank === 0 ? undefined : combined(step, members.slice(0, rank)));
      return;
    default:
      intoBuffers(comm, members, step, root);
  }
}

/** Starts a collective; what it gives waits for it, and checks. */
function start(comm: Communicator, members: readonly number[], step: CollectiveStep): () => void {
  const { form, call } = step;
  const root = step.root % comm.size;
  const mine = operand(step, members[comm.rank]!);
  switch (call) {
    case 'ibarrier': {
      const request = comm.ibarrier();
      return () => request.wait();
    }
    case 'ibcast': {
      const request = comm.ibcast(mine, root);
      return () => equal(request.wait(), operand(step, members[root]!), form, call);
    }
    case 'iallgather': {
      const request = comm.iallgather(mine);
      return () => {
        for (const [r, v] of request.wait().entries()) equal(v, operand(step, members[r]!), form, call);
      };
    }
    case 'iallreduce': {
      const op = (form === 'text' ? join : OPERATIONS[step.op]) as ReduceOperation;
      const request = comm.iallreduce(mine, op);
      return () => equal(request.wait(), combined(step, members), form, call);
    }
    default:
      throw new Error(`nothing starts ${call}`);
  }
}

/** The forms that land in buffers, with typed arrays whatever the step's form. */
function intoBuffers(
  comm: Communicator,
  members: readonly number[],
  step: CollectiveStep,
  root: number,
): void {
  const { rank, size } = comm;
  const me = members[rank]!;
  const s: CollectiveStep = { ...step, form: 'typed' };
  /** Elements from the r-th rank to the t-th: zero often. */
  const n = (r: number, t = 0): number => (step.count * ((r + 2 * t + step.seed) % 4)) >> 1;
  const piece = (r: number, t = 0): TypedArray => array(s, members[r]!, t, n(r, t));
  const joined = (pieces: TypedArray[]): TypedArray => {
    const all = pattern(
      s.dtype,
      pieces.reduce((m, p) => m + p.length, 0),
    );
    let at = 0;
    for (const p of pieces) {
      all.set(p as never, at);
      at += p.length;
    }
    return all as TypedArray;
  };
  const blank = (length: number): TypedArray => pattern(s.dtype, length, 99);
  const lengths = (pieces: TypedArray[]): number[] => pieces.map((p) => p.length);
  switch (step.call) {
    case 'bcastInto': {
      const buffer = array(s, me, 0, s.count);
      comm.bcastInto(buffer, root);
      same(buffer, array(s, members[root]!, 0, s.count), step.call);
      return;
    }
    case 'allreduceInto': {
      const buffer = array(s, me, 0, s.count);
      comm.allreduceInto(buffer, OPERATIONS[s.op]);
      same(buffer, combined(s, members) as TypedArray, step.call);
      return;
    }
    case 'gatherv': {
      const want = range(size).map((r) => piece(r));
      const recv = rank === root ? blank(joined(want).length) : null;
      comm.gatherv(piece(rank), recv, rank === root ? lengths(want) : null, null, root);
      if (recv) same(recv, joined(want), step.call);
      return;
    }
    case 'allgatherv': {
      const want = range(size).map((r) => piece(r));
      const recv = blank(joined(want).length);
      comm.allgatherv(piece(rank), recv, lengths(want));
      same(recv, joined(want), step.call);
      return;
    }
    case 'scatterv': {
      const pieces = range(size).map((t) => piece(root, t));
      const recv = blank(n(root, rank));
      const [send, counts] = rank === root ? [joined(pieces), lengths(pieces)] : [null, null];
      comm.scatterv(send, counts, recv, null, root);
      same(recv, piece(root, rank), step.call);
      return;
    }
    case 'alltoallv': {
      const out = range(size).map((t) => piece(rank, t));
      const want = range(size).map((r) => piece(r, rank));
      const recv = blank(joined(want).length);
      comm.alltoallv(joined(out), lengths(out), recv, lengths(want));
      same(recv, joined(want), step.call);
      return;
    }
    default:
      throw new Error(`nothing plays ${step.call}`);
  }
}
