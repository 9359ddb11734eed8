/** What ranks do to small mailboxes; started by tests through support/rank-threads. */
import assert from 'node:assert/strict';
import type { RankTools } from '../../support/rank-thread.js';

/** Everybody first sends to everybody else, and receives only then: mailboxes are full most of the time. */
export function storm({ comm, endpoint, args }: RankTools): number {
  const count = Number(args.count);
  const others = Array.from({ length: comm.size }, (_, r) => r).filter((r) => r !== comm.rank);
  for (let k = 0; k < count; k++)
    for (const r of others) {
      // Small and encoded and block messages in turn, with one tag: all stay in order.
      const value = k % 3 === 0 ? Float64Array.of(k) : k % 3 === 1 ? { k } : new Float64Array(40).fill(k);
      comm.send(value, r, 1);
    }
  let received = 0;
  for (let k = 0; k < count; k++)
    for (const r of others) {
      const got = comm.recv<Float64Array | { k: number }>(r, 1);
      assert.equal('k' in got ? got.k : got[0], k);
      received++;
    }
  assert.ok(endpoint.stash.isEmpty);
  return received;
}

/** Back and forth, parking every time: one lost wake-up and it never ends. */
export function backAndForth({ comm, args }: RankTools): number {
  const rounds = Number(args.rounds);
  const token = new Float64Array(1);
  const right = (comm.rank + 1) % comm.size;
  const left = (comm.rank + comm.size - 1) % comm.size;
  for (let k = 0; k < rounds; k++) {
    if (comm.rank > 0) comm.recvInto(token, left, k & 1023);
    token[0]!++;
    comm.send(token, right, k & 1023);
    if (comm.rank === 0) comm.recvInto(token, left, k & 1023);
  }
  return token[0]!;
}

/** Barriers and reductions among ranks that park. */
export function meetings({ comm, args }: RankTools): number {
  let total = 0;
  for (let k = 0; k < Number(args.rounds); k++) {
    comm.barrier();
    total += comm.allreduce(k + comm.rank, (a, b) => a + b);
  }
  return total;
}

/** One rank is flooded by all others with more than fits, while it waits for each in turn. */
export function flood({ comm, args }: RankTools): number {
  const count = Number(args.count);
  if (comm.rank > 0) {
    for (let k = 0; k < count; k++) comm.send(Float64Array.of(comm.rank, k), 0, 3);
    return count;
  }
  const into = new Float64Array(2);
  let got = 0;
  for (let r = comm.size - 1; r > 0; r--)
    for (let k = 0; k < count; k++) {
      comm.recvInto(into, r, 3);
      assert.deepEqual([...into], [r, k]);
      got++;
    }
  return got;
}

/**
 * Rank 0 has a large private message under way to rank 1 while it waits for room at rank 2, which takes
 * nothing before rank 1 has the large one: rank 0 must go on copying while it waits.
 */
export function copyWhileFull({ comm, args }: RankTools): number {
  const rounds = Number(args.rounds);
  const large = new Float64Array(70_000);
  const small = new Float64Array(1);
  for (let round = 0; round < rounds; round++) {
    if (comm.rank === 0) {
      large.fill(round);
      const request = comm.isend(large, 1, 1);
      for (let k = 0; k < 20; k++) comm.send(Float64Array.of(k), 2, 2);
      request.wait();
    } else if (comm.rank === 1) {
      const got = comm.recv<Float64Array>(0, 1);
      assert.equal(got[0], round);
      assert.equal(got[got.length - 1], round);
      comm.send(small, 2, 4);
    } else {
      comm.recvInto(small, 1, 4);
      for (let k = 0; k < 20; k++) {
        comm.recvInto(small, 0, 2);
        assert.equal(small[0], k);
      }
    }
  }
  return rounds;
}
