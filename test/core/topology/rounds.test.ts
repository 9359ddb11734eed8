import { describe, expect, it } from 'vitest';
import {
  ahead,
  behind,
  bruckCount,
  bruckDistances,
  ceilLog2,
  doublingPlace,
  shareStart,
} from '../../../core/topology/rounds.js';

const sizes = Array.from({ length: 130 }, (_, k) => k + 1);

describe('rounds', () => {
  it('count powers of two', () => {
    for (const size of sizes) {
      const rounds = ceilLog2(size);
      expect(2 ** rounds >= size && (rounds === 0 || 2 ** (rounds - 1) < size)).toBe(true);
    }
  });

  it('of dissemination tell every rank of every other', () => {
    for (const size of sizes) {
      let known = Array.from({ length: size }, (_, r) => new Set([r]));
      for (let k = 0; k < ceilLog2(size); k++)
        known = known.map((own, r) => new Set([...own, ...known[behind(r, 1 << k, size)]!]));
      expect(known.every((k) => k.size === size)).toBe(true);
    }
  });

  it('of the ring are inverse to each other', () => {
    for (const size of sizes)
      for (let d = 0; d < size; d++)
        for (const r of [0, size >> 1, size - 1]) {
          expect(ahead(r, d, size)).toBe((r + d) % size);
          expect(behind(ahead(r, d, size), d, size)).toBe(r);
        }
  });

  it('of recursive doubling combine all ranks once, in rank order', () => {
    for (const size of sizes) {
      const places = Array.from({ length: size }, (_, r) => doublingPlace(r, size));
      let have = places.map((p, r) => (p.guest >= 0 ? [p.guest, r] : [r]));
      places.forEach((p, r) => {
        expect(p.proxy >= 0 ? places[p.proxy]!.guest : r).toBe(r);
        expect(p.guest >= 0 ? places[p.guest]!.proxy : r).toBe(r);
      });
      const active = places.flatMap((p, r) => (p.proxy < 0 ? [r] : []));
      expect(active.length).toBe(2 ** Math.floor(Math.log2(size)));
      for (let k = 0; k < Math.floor(Math.log2(size)); k++) {
        const next = [...have];
        for (const r of active) {
          const other = places[r]!.partners[k]!;
          expect(places[other]!.partners[k]).toBe(r);
          next[r] = other < r ? [...have[other]!, ...have[r]!] : [...have[r]!, ...have[other]!];
        }
        have = next;
      }
      for (const r of active) expect(have[r]).toEqual(Array.from({ length: size }, (_, k) => k));
    }
  });

  it("of Bruck's allgather give every rank the blocks of those ahead of it", () => {
    for (const size of sizes) {
      let have = Array.from({ length: size }, (_, r) => [r]);
      for (let k = 0; k < ceilLog2(size); k++) {
        expect(have[0]!.length).toBe(1 << k);
        have = have.map((own, r) => [...own, ...have[ahead(r, 1 << k, size)]!.slice(0, bruckCount(k, size))]);
      }
      have.forEach((own, r) => {
        expect(own).toEqual(Array.from({ length: size }, (_, k) => (r + k) % size));
      });
    }
  });

  it("of Bruck's alltoall carry every piece as far as it has to go", () => {
    for (const size of sizes) {
      const gone = new Int32Array(size);
      for (let k = 0; k < ceilLog2(size); k++) for (const d of bruckDistances(k, size)) gone[d]! += 1 << k;
      expect([...gone]).toEqual(Array.from({ length: size }, (_, d) => d));
    }
  });
});

describe('shares', () => {
  it('are whole, in order, and differ by at most one', () => {
    for (const shares of [1, 2, 3, 7, 64])
      for (const count of [0, 1, 5, 64, 1000, 2 ** 32]) {
        expect([shareStart(count, shares, 0), shareStart(count, shares, shares)]).toEqual([0, count]);
        for (let k = 0; k < shares; k++) {
          const length = shareStart(count, shares, k + 1) - shareStart(count, shares, k);
          expect(length === Math.floor(count / shares) || length === Math.ceil(count / shares)).toBe(true);
        }
      }
  });
});
