import { describe, expect, it } from 'vitest';
import { ExactSum } from '../../../core/base/exact-sum.js';
import { BLOCK, exponentOfLargest, Window } from '../../../core/base/exact-window.js';

function words(sum: ExactSum): Int32Array {
  const out = new Int32Array(ExactSum.WORDS);
  sum.write(out, 0);
  return out;
}

/** The sum by blocks, and by `add` alone. */
function both(xs: readonly number[]): [Int32Array, Int32Array] {
  const a = Float64Array.from(xs);
  const window = new Window();
  const blocks = new ExactSum();
  for (let from = 0; from < a.length; from += BLOCK)
    window.take(blocks, a, from, Math.min(from + BLOCK, a.length));
  const single = new ExactSum();
  for (const x of xs) single.add(x);
  return [words(blocks), words(single)];
}

describe('Window', () => {
  it('fills its grids to the last bit and no further', () => {
    for (let last = 38; last <= 53; last++) {
      const ones = new Array<number>(2048).fill(1 - 2 ** -last);
      const fine = new Array<number>(2048).fill(2 ** -43 * (1 - 2 ** -last));
      fine[0] = 0.75;
      for (const xs of [ones, fine, [...ones, ...fine]]) {
        const [blocks, single] = both(xs);
        expect(blocks).toEqual(single);
      }
    }
  });

  it('is exact wherever it lies: zeros, both ends of the range, elements far apart, specials', () => {
    for (const xs of [
      new Array<number>(1500).fill(0),
      new Array<number>(1500).fill(Number.MIN_VALUE * 3),
      [
        ...new Array<number>(1024).fill(Number.MAX_VALUE),
        ...new Array<number>(1024).fill(-Number.MAX_VALUE),
        3,
      ],
      Array.from({ length: 3000 }, (_, k) => (k % 3 === 0 ? 1e300 : 1e-300)),
      [1, Infinity, 2],
      [1, Infinity, -Infinity],
      [NaN, 1],
    ]) {
      const [blocks, single] = both(xs);
      expect(blocks).toEqual(single);
    }
  });

  it('finds the power of two above the largest finite magnitude', () => {
    const of = (...xs: number[]): number => exponentOfLargest(Float64Array.from(xs), 0, xs.length);
    expect(of(1)).toBe(1);
    expect(of(-0.75, 0.1)).toBe(0);
    expect(of(Infinity, NaN, 6)).toBe(3);
    expect(of(0, 5e-324)).toBe(-1022);
  });
});
