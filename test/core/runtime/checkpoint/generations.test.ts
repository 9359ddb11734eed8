import { describe, expect, it } from 'vitest';
import { type Generation, Generations } from '../../../../core/runtime/checkpoint/generations.js';
import { type CheckpointPlan, SLOTS } from '../../../../core/runtime/checkpoint/plan.js';
import { RankCheckpoints } from '../../../../core/runtime/checkpoint/rank-checkpoints.js';
import type { CheckpointNotice, SavedNotice } from '../../../../core/wire/checkpoint-notices.js';

function plan(ranks: number, every: number[] = [10]): CheckpointPlan {
  return { every, slots: new SharedArrayBuffer(4 * SLOTS * ranks), journal: null };
}

/** Ranks whose notices go to whoever puts generations together; what is complete is kept until it is released. */
class Saving {
  readonly complete: Generation[] = [];
  readonly notices: CheckpointNotice[] = [];
  readonly generations: Generations;
  readonly ranks: RankCheckpoints[];

  constructor(ranks: number, every?: number[]) {
    const p = plan(ranks, every);
    const all = Array.from({ length: ranks }, (_, r) => r);
    this.generations = new Generations(all, p.slots, (g) => void this.complete.push(g));
    this.ranks = all.map(
      (r) =>
        new RankCheckpoints(p, r, (n) => {
          this.notices.push(n);
          return this.generations.take(n);
        }),
    );
  }

  save(rank: number, cycles: number, parts: readonly number[], fill: number, bytes = 100): void {
    const sink = this.ranks[rank]!;
    for (const part of parts) {
      const half = bytes >> 1;
      sink.part(cycles, part, [new Uint8Array(half).fill(fill), new Uint8Array(bytes - half).fill(part)]);
    }
    if (rank === 0) sink.whole(cycles, Uint8Array.of(fill));
    void sink.complete(cycles);
  }
}

describe('when the state is saved', () => {
  it('is at multiples of each period', () => {
    const sink = new RankCheckpoints(plan(1, [4, 6]), 0, () => undefined);
    const at: number[] = [];
    while (at.length < 8) at.push(sink.next(at.at(-1) ?? 0));
    expect(at).toEqual([4, 6, 8, 12, 16, 18, 20, 24]);
    expect(new RankCheckpoints(plan(1, []), 0, () => undefined).next(3)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('a generation', () => {
  it('is complete when all ranks with parts have saved theirs', () => {
    const s = new Saving(3);
    s.save(0, 10, [2, 0], 7);
    void s.ranks[2]!.complete(Number.POSITIVE_INFINITY);
    expect(s.complete).toEqual([]);
    s.save(1, 10, [1], 8, 33);
    expect(s.complete).toHaveLength(1);
    const { cycles, pieces, bytes } = s.complete[0]!;
    expect([cycles, bytes, [...pieces.keys()].sort()]).toEqual([10, 234, [-1, 0, 1, 2]]);
    expect([...pieces.get(1)!]).toEqual([...new Array(16).fill(8), ...new Array(17).fill(1)]);
    expect([...pieces.get(-1)!]).toEqual([7]);
  });

  it('that waits only for a rank without parts is complete when that is known', () => {
    const s = new Saving(2);
    s.save(0, 10, [0, 1], 7);
    expect(s.complete).toHaveLength(0);
    void s.ranks[1]!.complete(Number.POSITIVE_INFINITY);
    expect(s.complete.map((g) => g.cycles)).toEqual([10]);
  });

  it('takes turns in two memories, which stay', () => {
    const s = new Saving(1);
    for (let k = 1; k <= 8; k++) {
      s.save(0, 10 * k, [0, 1], k, 1000);
      if (k > 1) s.complete[k - 2]!.release();
    }
    const memories = s.notices.map((n) => (n as SavedNotice).memory);
    expect(new Set(memories.slice(2)).size).toBe(2);
    expect(new Set(s.notices.map((n) => (n as SavedNotice).slot))).toEqual(new Set([0, 1]));
    // The newest two are untouched by each other.
    expect(s.complete[6]!.pieces.get(0)![0]).toBe(7);
    expect(s.complete[7]!.pieces.get(0)![0]).toBe(8);
  });

  it('is left out while both memories are in use, is counted, and gives back what other ranks saved', () => {
    const s = new Saving(2);
    for (const cycles of [10, 20]) for (const rank of [0, 1]) s.save(rank, cycles, [rank], cycles);
    s.save(0, 30, [0], 30);
    s.complete[0]!.release();
    // Rank 1 has room again, rank 0 had none.
    s.save(1, 30, [1], 30);
    expect(s.complete.map((g) => g.cycles)).toEqual([10, 20]);
    expect(s.generations.leftOut).toBe(1);
    for (const rank of [0, 1]) s.save(rank, 40, [rank], 40);
    expect(s.complete.map((g) => g.cycles)).toEqual([10, 20, 40]);
    expect(s.complete[1]!.pieces.get(1)![0]).toBe(20);
  });

  it('at which the run is closed is never left out', () => {
    const s = new Saving(1);
    for (const cycles of [10, 20, 30]) s.save(0, cycles, [0], cycles);
    expect(s.ranks[0]!.atClose()).toBe(true);
    s.save(0, 33, [0], 33);
    expect(s.complete.map((g) => g.cycles)).toEqual([10, 20, 33]);
    expect(s.complete.map((g) => g.pieces.get(0)![0])).toEqual([10, 20, 33]);
  });
});
