import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { curveOrder } from '../../../core/decomposition/curve.js';
import { cutByWeight, cutOverHosts } from '../../../core/decomposition/cut.js';
import { place, ranksByHost } from '../../../core/decomposition/placement.js';
import { dealtAtRandom, haloVolumes } from '../../support/halo-volumes.js';

const sum = (list: ArrayLike<number>): number => Array.from(list).reduce((a, b) => a + b, 0);
const hostsOf = (ranks: readonly number[]): number[] =>
  ranks.flatMap((n, host) => new Array<number>(n).fill(host));
const upTo = (n: number): Int32Array => Int32Array.from({ length: n }, (_, k) => k);

const weightLists = fc.array(fc.oneof(fc.integer({ min: 0, max: 20 }), fc.constant(0)), {
  minLength: 1,
  maxLength: 40,
});
const hostLists = fc
  .array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 6 })
  .filter((ranks) => sum(ranks) > 0);

describe('8 × 8 × 8 parts over 4 hosts, along the curve', () => {
  const order = curveOrder([8, 8, 8]);
  const equal = new Float64Array(512).fill(1);

  describe.each([1, 2, 4])('of %i ranks', (each) => {
    const ranks = [each, each, each, each];
    const { owner } = place(order, equal, ranks);

    it.each([
      [true, 16],
      [false, 16],
      [true, 5],
    ])('periodic %s, parts of %i³ cells: a third at most of what random placement sends', (wraps, side) => {
      const geometry = {
        shape: [8 * side, 8 * side, 8 * side],
        dims: [8, 8, 8],
        halo: 1,
        periodic: [wraps, wraps, wraps],
      };
      const along = haloVolumes(geometry, owner, hostsOf(ranks));
      expect(along.hosts).toBeGreaterThan(0);
      expect(along.hosts).toBeLessThanOrEqual(along.ranks);
      for (const seed of [1, 2, 3, 4, 5]) {
        const random = haloVolumes(geometry, dealtAtRandom(512, 4 * each, seed), hostsOf(ranks));
        expect(random.all).toBe(along.all);
        expect(random.hosts).toBeGreaterThan(3 * along.hosts);
      }
    });
  });

  it('is four bars, as few faces between hosts as four equal boxes can have', () => {
    const geometry = { shape: [64, 64, 64], dims: [8, 8, 8], halo: 1, periodic: [false, false, false] };
    const { owner } = place(order, equal, [1, 1, 1, 1]);
    // Two planes cut the cube: 2 · 64² faces, seen from both sides; edges and corners come on top, a bit more.
    const faces = 2 * 2 * 64 * 64 * 8;
    const { hosts } = haloVolumes(geometry, owner, [0, 1, 2, 3]);
    expect(hosts / faces).toBeGreaterThan(1);
    expect(hosts / faces).toBeLessThan(1.6);
  });
});

describe('a placement', () => {
  it('on one host is the cut over its ranks', () => {
    fc.assert(
      fc.property(weightLists, fc.integer({ min: 1, max: 9 }), (weights, ranks) => {
        const order = upTo(weights.length).reverse();
        const { owner, cuts } = place(order, weights, [ranks]);
        expect(cuts).toEqual(
          cutByWeight(
            Array.from(order, (p) => weights[p]!),
            ranks,
          ),
        );
        order.forEach((part, k) => {
          expect(cuts[owner[part]!]).toBeLessThanOrEqual(k);
          expect(cuts[owner[part]! + 1]).toBeGreaterThan(k);
        });
      }),
    );
  });

  it('never has a larger part of the work on one rank than the best cut over ranks', () => {
    fc.assert(
      fc.property(weightLists, hostLists, (weights, ranks) => {
        const most = (cuts: Int32Array): number =>
          Math.max(
            ...Array.from({ length: cuts.length - 1 }, (_, r) => sum(weights.slice(cuts[r], cuts[r + 1]))),
          );
        const { owner, cuts } = place(upTo(weights.length), weights, ranks);
        expect(most(cuts)).toBe(most(cutByWeight(weights, sum(ranks))));
        // Rank by rank in the order of the parts, none left out while there are parts.
        expect([...owner]).toEqual([...owner].sort((a, b) => a - b));
        expect(new Set(owner).size).toBe(Math.min(weights.length, sum(ranks)));
        expect(Math.max(...owner)).toBe(new Set(owner).size - 1);
      }),
      { numRuns: 500 },
    );
  });

  it('gives a host as much as its ranks together, whatever else has to give way', () => {
    // Both give no rank more than 4. Rank by rank the hosts would have 8 and 2; nearer to the halves are 4 and 6.
    const weights = [1, 3, 4, 1, 1];
    expect([...cutByWeight(weights, 4)]).toEqual([0, 2, 3, 4, 5]);
    expect([...cutOverHosts(weights, [2, 2])]).toEqual([0, 1, 2, 3, 5]);
    expect([...cutOverHosts(new Float64Array(12).fill(1), [1, 3, 2])]).toEqual([0, 2, 4, 6, 8, 10, 12]);
    expect([...cutOverHosts([1, 1, 1, 1, 8], [1, 2])]).toEqual([0, 3, 4, 5]);
  });

  it('passes over hosts without ranks', () => {
    const weights = [5, 1, 4, 2, 2, 7, 1];
    expect(cutOverHosts(weights, [0, 2, 0, 0, 1, 0])).toEqual(cutOverHosts(weights, [2, 1]));
    expect(place(upTo(2), [1, 1], [0, 3]).owner).toEqual(Int32Array.of(0, 1));
  });

  it('fills the first ranks when there are fewer parts than ranks, or hosts', () => {
    expect([...place(upTo(3), [1, 9, 1], [2, 2, 2]).owner]).toEqual([0, 1, 2]);
    expect([...place(upTo(3), [1, 9, 1], [2, 2, 2]).cuts]).toEqual([0, 1, 2, 3, 3, 3, 3]);
    expect([...place(upTo(2), [1, 1], [1, 1, 1, 1]).owner]).toEqual([0, 1]);
    expect([...place(upTo(0), [], [1, 1]).cuts]).toEqual([0, 0, 0]);
  });

  it('follows measured costs', () => {
    const order = Int32Array.of(3, 1, 0, 2);
    // In the order of the curve: 0.4, 0.1, 0.1, 0.2.
    expect([...place(order, Float64Array.of(0.1, 0.1, 0.2, 0.4), [1, 1]).owner]).toEqual([1, 1, 1, 0]);
  });

  it('refuses what is no number of ranks, and weights that are not the parts’', () => {
    expect(() => place(upTo(3), [1, 1], [1])).toThrow('2 weights for 3 parts: give one for each part');
    expect(() => place(upTo(2), [1, Number.NaN], [1])).toThrow('weight 1 is NaN');
    expect(() => place(upTo(2), [1, 1], [1, 1.5])).toThrow(
      'host 1 has 1.5 ranks: use a whole number of 0 or more',
    );
    expect(() => place(upTo(2), [1, 1], [0, 0])).toThrow('a cut over hosts without ranks');
    expect(() => place(upTo(2), [1, 1], [])).toThrow('a cut over hosts without ranks');
  });
});

describe('ranks by host', () => {
  it('are the lengths of runs', () => {
    expect(ranksByHost([])).toEqual([]);
    expect(ranksByHost([0, 0, 0])).toEqual([3]);
    expect(ranksByHost([2, 2, 5, 7, 7])).toEqual([2, 1, 2]);
    expect(ranksByHost([0, 1, 0])).toEqual([1, 1, 1]);
  });
});
