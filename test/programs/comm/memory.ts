/** What ranks do to a heap of small arenas; started by tests through support/rank-threads. */
import assert from 'node:assert/strict';
import { empty, free, viewAt } from '../../../core/memory/array.js';
import { dtypeInfo } from '../../../core/memory/dtype.js';
import type { RankTools } from '../../support/rank-thread.js';

/** A small generator of whole numbers below `n`: the sequence depends on the seed alone. */
function numbers(seed: number): (n: number) => number {
  let s = seed >>> 0;
  return (n) => {
    s = (Math.imul(s, 1664525) + 1013904223) >>> 0;
    return Math.floor((s / 2 ** 32) * n);
  };
}

/** Allocates and releases at random, and checks that nobody else wrote into a block meanwhile. */
export function hammer({ comm, heap, args }: RankTools): number {
  const steps = Number(args.steps);
  const largest = Number(args.largest);
  const next = numbers(comm.rank + 1);
  const live: { address: number; data: Uint8Array; mark: number }[] = [];
  const release = (k: number): void => {
    const [b] = live.splice(k, 1);
    assert.ok(
      b!.data.every((x) => x === b!.mark),
      `rank ${comm.rank}: a block was overwritten`,
    );
    heap.release(b!.address);
  };
  for (let k = 0; k < steps; k++) {
    if (live.length > 0 && (live.length > 40 || next(2) === 0)) release(next(live.length));
    else {
      const bytes = next(10) === 0 ? next(largest) : next(400);
      const address = heap.allocate(bytes);
      assert.equal(address % 64, 0);
      const data = viewAt(heap, address, dtypeInfo('u8'), bytes) as Uint8Array;
      const mark = 1 + ((comm.rank * 61 + k) % 250);
      data.fill(mark);
      live.push({ address, data, mark });
    }
  }
  while (live.length > 0) release(live.length - 1);
  return steps;
}

/** Every rank allocates for its right neighbour, which checks and releases. */
export function passBlocks({ comm, heap, args }: RankTools): void {
  const right = (comm.rank + 1) % comm.size;
  const left = (comm.rank + comm.size - 1) % comm.size;
  const next = numbers(comm.rank + 7);
  for (let k = 0; k < Number(args.rounds); k++) {
    const bytes = 4 + next(20_000);
    const address = heap.allocate(bytes);
    viewAt(heap, address, dtypeInfo('i32'), 1)[0] = k;
    comm.send(Float64Array.of(address), right, k);
    const theirs = comm.recv<Float64Array>(left, k)[0]!;
    assert.equal(viewAt(heap, theirs, dtypeInfo('i32'), 1)[0], k);
    heap.release(theirs);
  }
}

/** Rank 0 fills several arenas; the addresses tell where. */
export function fillArenas({ comm, heap }: RankTools): number[] {
  if (comm.rank !== 0) return [];
  return Array.from({ length: 10 }, (_, k) => {
    const address = heap.allocate(300_000);
    viewAt(heap, address, dtypeInfo('i32'), 1)[0] = k;
    return address;
  });
}

/** Each rank in turn makes arenas while the others are blocked, and sends arrays out of them. */
export function growWhileBlocked({ comm, heap }: RankTools): { before: number; after: number } {
  const before = heap.arenas;
  comm.barrier();
  const n = 50_000;
  for (let turn = 0; turn < comm.size; turn++) {
    if (comm.rank === turn) {
      const arrays = Array.from({ length: 8 }, (_, k) => {
        const a = empty(heap, n, 'f64');
        a.data.fill(turn * 100 + k);
        return a;
      });
      arrays.forEach((a, k) => {
        for (let r = 0; r < comm.size; r++) if (r !== turn) comm.send(a, r, k);
      });
      comm.barrier();
      for (const a of arrays) free(heap, a);
    } else {
      const into = new Float64Array(n);
      for (let k = 0; k < 8; k++) {
        assert.equal(comm.recvInto(into, turn, k), n);
        assert.ok(into.every((x) => x === turn * 100 + k));
      }
      comm.barrier();
    }
    comm.barrier();
  }
  return { before, after: heap.arenas };
}
