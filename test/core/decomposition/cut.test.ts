import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutByWeight } from '../../../core/decomposition/cut.js';

function loads(weights: number[], cut: Int32Array): number[] {
  return Array.from({ length: cut.length - 1 }, (_, r) =>
    weights.slice(cut[r], cut[r + 1]).reduce((a, b) => a + b, 0),
  );
}

/** Least largest load over every way to cut into exactly `ranks` non-empty ranges. */
function bruteForce(weights: number[], ranks: number): number {
  if (ranks === 1) return weights.reduce((a, b) => a + b, 0);
  let best = Number.POSITIVE_INFINITY;
  let first = 0;
  for (let n = 1; n <= weights.length - ranks + 1; n++) {
    first += weights[n - 1];
    best = Math.min(best, Math.max(first, bruteForce(weights.slice(n), ranks - 1)));
  }
  return best;
}

function checkCover(cut: Int32Array, parts: number, ranks: number): void {
  expect(cut.length).toBe(ranks + 1);
  expect(cut[0]).toBe(0);
  expect(cut[ranks]).toBe(parts);
  for (let r = 0; r < ranks; r++) {
    const held = cut[r + 1] - cut[r];
    if (parts >= ranks) expect(held).toBeGreaterThanOrEqual(1);
    else expect(held).toBe(r < parts ? 1 : 0);
  }
}

describe('cutByWeight', () => {
  it('has the optimal bottleneck for integer weights, zeros included', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 9 }),
        fc.integer({ min: 1, max: 6 }),
        (weights, ranks) => {
          const cut = cutByWeight(weights, ranks);
          checkCover(cut, weights.length, ranks);
          if (weights.length >= ranks) {
            expect(Math.max(...loads(weights, cut))).toBe(bruteForce(weights, ranks));
          }
        },
      ),
      { numRuns: 400 },
    );
  });

  it('has it to rounding for measured weights, over many magnitudes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 1e-9, max: 1e3, noNaN: true }), { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 1, max: 5 }),
        (weights, ranks) => {
          const cut = cutByWeight(weights, ranks);
          checkCover(cut, weights.length, ranks);
          if (weights.length < ranks) return;
          const total = weights.reduce((a, b) => a + b, 0);
          const excess = Math.max(...loads(weights, cut)) - bruteForce(weights, ranks);
          expect(excess).toBeLessThanOrEqual(total * 1e-13);
        },
      ),
    );
  });

  it('gives ranges that differ by at most one part for equal weights of any size', () => {
    for (const weight of [0, 1, 7, 0.1, 1 / 3, 1e-300, 1e300 / 40]) {
      for (let parts = 1; parts <= 40; parts++) {
        for (let ranks = 1; ranks <= parts; ranks++) {
          const cut = cutByWeight(new Array<number>(parts).fill(weight), ranks);
          checkCover(cut, parts, ranks);
          const held = loads(new Array<number>(parts).fill(1), cut);
          expect(Math.max(...held) - Math.min(...held)).toBeLessThanOrEqual(1);
        }
      }
    }
  });

  it('spreads what the heaviest part leaves, instead of packing greedily', () => {
    // The bottleneck is the 10; a greedy packing would leave the last rank with almost nothing.
    const weights = [10, ...new Array<number>(12).fill(1)];
    const held = loads(weights, cutByWeight(weights, 3));
    expect(Math.max(...held)).toBe(10);
    expect(held[2]).toBeGreaterThanOrEqual(4);
  });

  it('handles fewer parts than ranks, no parts, one rank', () => {
    expect([...cutByWeight([5, 1], 4)]).toEqual([0, 1, 2, 2, 2]);
    expect([...cutByWeight([], 3)]).toEqual([0, 0, 0, 0]);
    expect([...cutByWeight([3, 4, 5], 1)]).toEqual([0, 3]);
    expect([...cutByWeight(Float64Array.of(1, 1, 4), 2)]).toEqual([0, 2, 3]);
  });

  it('does not change its argument', () => {
    const zeros = new Float64Array(5);
    cutByWeight(zeros, 2);
    expect([...zeros]).toEqual([0, 0, 0, 0, 0]);
  });

  it('handles many parts and large integer weights exactly', () => {
    const weights = Array.from({ length: 5000 }, (_, i) => 1e11 + ((i * 7919) % 10007));
    const cut = cutByWeight(weights, 64);
    checkCover(cut, 5000, 64);
    const held = loads(weights, cut);
    expect(Math.max(...held)).toBeLessThanOrEqual(79 * 1.0001e11);
  });

  it('refuses bad input', () => {
    expect(() => cutByWeight([1], 0)).toThrow(/0 ranks/);
    expect(() => cutByWeight([1, -1], 2)).toThrow(/weight 1 is -1/);
    expect(() => cutByWeight([Number.NaN], 2)).toThrow(/weight 0 is NaN/);
    expect(() => cutByWeight([1e308, 1e308], 2)).toThrow(/scale them down/);
  });
});
