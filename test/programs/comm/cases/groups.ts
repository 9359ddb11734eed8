/** Communicators made out of communicators: who is in them, and that what happens in one stays in it. */
import { ANY_SOURCE, ANY_TAG, type Communicator, type Status, sum, type TypedArray } from 'haloweave';
import { assert, type Case, constant, left, right, same, says, thrown } from './tools.js';

const range = (n: number): number[] => Array.from({ length: n }, (_, r) => r);

/** Ways to split, each with the ranks that the colour of `rank` should hold, in order; null for no communicator. */
const splits: {
  name: string;
  color(rank: number, size: number): number | undefined;
  key?(rank: number, size: number): number;
}[] = [
  { name: 'all together', color: () => 5 },
  { name: 'odd and even', color: (r) => r % 2 },
  { name: 'reversed', color: () => -1, key: (r) => -r },
  { name: 'one each', color: (r) => r * 1e9 },
  { name: 'nobody', color: () => undefined },
  { name: 'all but the first', color: (r) => (r === 0 ? undefined : 0) },
  { name: 'thirds, by a key that is no order', color: (r) => r % 3, key: (r, n) => ((r * 5 + 3) % n) / 2 },
  { name: 'halves with equal keys', color: (r, n) => (2 * r < n ? 7 : 3), key: () => 0 },
];

function expected(k: number, rank: number, size: number): number[] | null {
  const { color, key } = splits[k]!;
  const mine = color(rank, size);
  if (mine === undefined) return null;
  return range(size)
    .filter((r) => color(r, size) === mine)
    .map((r) => [key ? key(r, size) : r, r] as const)
    .sort((a, b) => a[0] - b[0] || a[1] - b[1])
    .map(([, r]) => r);
}

/** Every kind of call once, in a communicator whose ranks have these numbers in `comm`. */
function works(sub: Communicator, members: readonly number[], world: number): void {
  assert.equal(sub.size, members.length);
  assert.equal(members[sub.rank], world);
  assert.deepEqual(sub.allgather(world), members);
  sub.barrier();
  for (const root of [0, sub.size - 1]) assert.equal(sub.bcast(world, root), members[root]);
  assert.equal(
    sub.allreduce(world + 1, sum),
    members.reduce((a, b) => a + b + 1, 0),
  );
  const large = sub.allgather<TypedArray>(constant('f64', 9000, world));
  for (const [r, a] of large.entries()) same(a, constant('f64', 9000, members[r]!), `of ${r}`);
  const total = sub.allreduce<Float64Array>(new Float64Array(9000).fill(world), sum);
  assert.equal(
    total[8999],
    members.reduce((a, b) => a + b, 0),
  );
  const status: Status = { source: -9, tag: -9, count: 0 };
  for (const n of [1, 12, 100, 9001]) {
    const mine = constant('f64', n, world);
    const send = sub.isend(mine, right(sub), n);
    const from = left(sub);
    if (n % 2 === 0) same(sub.recv<TypedArray>(from, n, status), constant('f64', n, members[from]!), 'recv');
    else {
      const into = new Float64Array(n);
      assert.equal(sub.recvInto(into, ANY_SOURCE, ANY_TAG, status), n);
      same(into, constant('f64', n, members[from]!), 'recvInto');
    }
    send.wait();
    assert.deepEqual(status, { source: from, tag: n, count: n });
  }
}

export const groupCases: Case[] = [
  {
    name: 'split gives each colour its ranks in the order of keys, and null without a colour',
    body(comm) {
      for (const [k, { name, color, key }] of splits.entries()) {
        const sub = comm.split(color(comm.rank, comm.size), key?.(comm.rank, comm.size));
        const members = expected(k, comm.rank, comm.size);
        assert.equal(sub === null, members === null, name);
        if (!sub || !members) continue;
        works(sub, members, comm.rank);
        sub.free();
      }
      comm.barrier();
    },
  },
  {
    name: 'a split is split again, down to single ranks',
    body(comm) {
      const descend = (c: Communicator, members: number[]): void => {
        works(c, members, comm.rank);
        if (c.size === 1) return;
        const upper = c.rank >= c.size / 2;
        const half = c.split(upper ? 1 : 0, -c.rank)!;
        descend(half, members.filter((_, r) => r >= c.size / 2 === upper).reverse());
        works(c, members, comm.rank);
        half.free();
      };
      descend(comm, range(comm.size));
    },
  },
  {
    name: 'groups that split differently often agree on contexts afterwards',
    body(comm) {
      const mine = comm.split(comm.rank % 2)!;
      const made: Communicator[] = [mine];
      for (let k = 0; k < 3 * (comm.rank % 2) + 1; k++) made.push(made[k]!.dup());
      const all = comm.dup();
      made.push(all, all.split(0, -comm.rank)!);
      // One message on each communicator, sent in one order and received in the other.
      const labelled = made.map((c, k) => [c, k - (made.length - 2)] as const);
      for (const [c, label] of labelled) c.send([label, comm.rank], right(c), 3);
      for (const [c, label] of [...labelled].reverse()) {
        const status: Status = { source: 0, tag: 0, count: 0 };
        const [number, from] = c.recv<[number, number]>(ANY_SOURCE, ANY_TAG, status);
        assert.equal(number, label);
        assert.equal(status.source, left(c));
        const step = c.size === comm.size ? 1 : 2;
        assert.ok(range(comm.size).includes(from) && (from - comm.rank) % step === 0);
      }
      for (const c of made.reverse()) c.free();
    },
  },
  {
    name: 'messages with one tag on three communicators never mix, wildcards included',
    body(comm) {
      const odd = comm.split(comm.rank % 2)!;
      const back = comm.split(0, -comm.rank)!;
      const comms = [comm, odd, back];
      for (let round = 0; round < 20; round++) {
        const n = [1, 13, 500, 20_000][round % 4]!;
        const label = (c: number, r: number): TypedArray => constant('i32', n + c, 31 * r + c);
        const worldOf = (c: number, r: number): number =>
          c === 0 ? r : c === 1 ? (comm.rank % 2) + 2 * r : comm.size - 1 - r;
        const sends = comms.map((c, k) => c.isend(label(k, comm.rank), right(c), 1));
        if (round % 3 === 0) assert.equal(odd.allreduce(1, sum), odd.size);
        for (const k of [2, 0, 1]) {
          const c = comms[(k + round) % 3]!;
          const which = comms.indexOf(c);
          const status: Status = { source: 0, tag: 0, count: 0 };
          const got =
            round % 2 === 0
              ? c.recv<TypedArray>(ANY_SOURCE, ANY_TAG, status)
              : c.irecv<TypedArray>(ANY_SOURCE, 1, status).wait();
          same(got, label(which, worldOf(which, left(c))), `communicator ${which}, round ${round}`);
          assert.deepEqual(status, { source: left(c), tag: 1, count: n + which });
        }
        for (const s of sends) s.wait();
        if (round % 5 === 0) assert.deepEqual(back.allgather(comm.rank), range(comm.size).reverse());
      }
      odd.free();
      back.free();
    },
  },
  {
    name: 'a wildcard receive waits for its own communicator, whatever has come on others',
    body(comm) {
      const other = comm.dup();
      const request = other.irecv<string>();
      comm.send('outside', right(comm));
      comm.barrier();
      assert.equal(request.test(), false);
      comm.barrier();
      assert.equal(comm.probe().count, 8);
      other.send('inside', right(other));
      assert.equal(request.wait(), 'inside');
      assert.equal(comm.recv(), 'outside');
      other.free();
    },
  },
  {
    name: 'groups of one split run collectives each at its own pace',
    body(comm) {
      const sub = comm.split(comm.rank % 3)!;
      let waste = 0;
      for (let k = 0; k < 100 * (1 + (comm.rank % 3)); k++) {
        for (let i = 0; i < (k * 37) % 900; i++) waste += Math.sqrt(i);
        assert.equal(sub.allreduce(k, sum), k * sub.size);
        if (k % 10 === 0) sub.barrier();
      }
      assert.ok(waste > 0);
      assert.equal(comm.allreduce(sub.rank === 0 ? 1 : 0, sum), Math.min(comm.size, 3));
      sub.free();
    },
  },
  {
    name: 'dup has the same ranks, and collectives on both follow each other in any order',
    body(comm) {
      const twin = comm.dup();
      works(twin, range(comm.size), comm.rank);
      const third = twin.dup();
      for (let k = 0; k < 50; k++) {
        const order = [comm, twin, third].map((_, j, list) => list[(j * (1 + (k % 2)) + k) % 3]!);
        for (const [j, c] of order.entries())
          assert.equal(c.allreduce(k + j + comm.rank, sum), comm.size * (k + j + (comm.size - 1) / 2));
      }
      // What was dupped lives on without its parent.
      twin.free();
      works(third, range(comm.size), comm.rank);
      third.free();
    },
  },
  {
    name: 'communicators come and go without disturbing each other or the heap',
    body(comm) {
      const kept: Communicator[] = [];
      const before = comm.heap.blocks;
      // Messages of a rank that is ahead may lie in blocks.
      comm.barrier();
      for (let k = 0; k < 60; k++) {
        const sub = comm.split((comm.rank + k) % 2, k % 3 === 0 ? -comm.rank : comm.rank)!;
        assert.equal(sub.allreduce(2, sum), 2 * sub.size);
        // Blocks of their size are taken again at once.
        const block = comm.heap.allocate(384 + 1024 * sub.size);
        comm.heap.arenaOf(block).words.fill(-1, (block % 2 ** 32) / 4, (block % 2 ** 32) / 4 + 96);
        if (k % 4 === 0) kept.push(sub);
        else sub.free();
        comm.heap.release(block);
        for (const c of kept) assert.equal(c.allreduce(1, sum), c.size);
        if (kept.length > 3) kept.shift()!.free();
      }
      for (const c of kept) c.free();
      comm.barrier();
      comm.barrier();
      assert.equal(comm.heap.blocks, before);
      comm.barrier();
    },
  },
  {
    name: 'a freed communicator refuses collectives, the one of all ranks is never freed',
    body(comm) {
      const twin = comm.dup();
      twin.within(60_000).free();
      for (const call of [
        () => twin.barrier(),
        () => twin.bcast(1, 0),
        () => twin.allgather(1),
        () => twin.allreduce(1, sum),
        () => twin.split(0),
        () => twin.free(),
      ])
        says(thrown(call), 'program', `rank ${comm.rank} calls a collective`, 'has been freed');
      says(
        thrown(() => comm.free()),
        'program',
        'the communicator of all ranks lives as long as the run',
      );
    },
  },
  {
    name: 'what is wrong with a split on one rank is an error on all',
    body(comm) {
      const last = comm.size - 1;
      const bad = comm.rank === last;
      says(
        thrown(() => comm.split(bad ? 0.5 : 0)),
        'argument',
        `split: rank ${last} passes colour 0.5`,
        'use a whole number, or undefined',
      );
      says(
        thrown(() => comm.split(bad ? (null as never) : 0)),
        'argument',
        `rank ${last} passes colour NaN`,
      );
      says(
        thrown(() => comm.split(0, bad ? Number.NaN : 0)),
        'argument',
        `rank ${last} passes key NaN`,
      );
      says(
        thrown(() => comm.dup({ collectives: (bad ? 'fast' : 'auto') as never })),
        'argument',
        `dup: rank ${last} passes unknown collectives`,
        'auto, shared, messages',
      );
      assert.equal(comm.allreduce(1, sum), comm.size);
    },
  },
  {
    name: 'ranks that make communicators by different calls, or of different kinds, are told',
    least: 2,
    body(comm) {
      const first = comm.rank === 0;
      const error = thrown(() => (first ? comm.split(0) : comm.dup()));
      says(error, 'program', `rank ${comm.rank} calls ${first ? 'split' : 'dup'}`, first ? 'dup' : 'split');
      says(
        thrown(() => (first ? comm.graph([]) : comm.cartesian([comm.size]))),
        'program',
        'calls graph',
        'calls cartesian',
        'in the same order',
      );
      says(
        thrown(() => comm.split(1, 0, { collectives: first ? 'shared' : 'auto' })),
        'argument',
        "rank 0 asks for collectives 'shared', rank 1 for 'auto'",
      );
      // In different communicators they may differ.
      const sub = comm.split(comm.rank, 0, { collectives: first ? 'shared' : 'auto' })!;
      assert.equal(sub.allreduce(3, sum), 3);
      sub.free();
    },
  },
];
