import { describe, expect, it } from 'vitest';
import { ExactSum } from '../../../core/base/exact-sum.js';
import { Lanes } from '../../../core/base/lanes.js';

/** The window spans 2^(top−32) to 2^top; `aim` leaves 2^4 above what it is told. */
const HEADROOM = 4;

function lanesBelow(top: number): Lanes {
  const lanes = new Lanes();
  lanes.aim(top - HEADROOM);
  return lanes;
}

function wordsOf(terms: Iterable<number>): Int32Array {
  const sum = new ExactSum();
  for (const x of terms) sum.add(x);
  const words = new Int32Array(ExactSum.WORDS);
  sum.write(words, 0);
  return words;
}

describe('Lanes', () => {
  it.each([-988, -300, 0, 7, 1011])(
    'take what lies between 2^(E−32) and 2^E, E = %i, and nothing else',
    (top) => {
      const limit = 2 ** (top - 1) * 2;
      const inside = [limit * (1 - 2 ** -53), 2 ** (top - 32), 2 ** (top - 32) * (1 + 2 ** -52), limit / 3];
      const outside = [0, -0, limit, 2 ** (top - 32) * (1 - 2 ** -53), 5e-324, NaN, Infinity, limit * 1.9];
      for (const sign of [1, -1]) {
        for (const x of inside) {
          for (const count of [1, 2, 3, 4, 5, 8])
            expect(
              lanesBelow(top).take(new Float64Array(count).fill(sign * x), 0, count),
              `${sign * x}`,
            ).toBe(true);
        }
        for (const x of outside) {
          for (let at = 0; at < 6; at++) {
            const lanes = lanesBelow(top);
            const a = new Float64Array(6).fill(limit / 2);
            a[at] = sign * x;
            expect(lanes.take(a, 0, 6), `${sign * x} at ${at}`).toBe(false);
            expect([lanes.count, lanes.coarse(), lanes.fine()]).toEqual([0, 0, 0]);
          }
        }
      }
    },
  );

  it.each([1, 3, 4, 7, 1024])('are exact for 1024 elements at the limit, in rows of %i', (row) => {
    for (const top of [-988, 3, 1011]) {
      // The largest sums: one sign, all bits set; the finest: the least magnitudes with their last bit set.
      const largest = 2 ** (top - 1) * (2 - 2 ** -52);
      const least = 2 ** (top - 32) * (1 + 2 ** -52);
      for (const pattern of [[largest], [least], [-largest], [largest, least, -least], [largest, -least]]) {
        const a = Float64Array.from({ length: 1024 }, (_, k) => pattern[k % pattern.length]!);
        const lanes = lanesBelow(top);
        let taken = 0;
        for (; taken + row <= 1024; taken += row) expect(lanes.take(a, taken, taken + row)).toBe(true);
        expect(lanes.count).toBe(taken);
        expect(wordsOf([lanes.coarse(), lanes.fine()])).toEqual(wordsOf(a.subarray(0, taken)));
      }
    }
  });

  it('read parts of larger arrays, on shared memory too', () => {
    const whole = new Float64Array(new SharedArrayBuffer(800)).fill(1e30);
    whole.fill(0.1, 20, 30);
    const part = whole.subarray(10, 40);
    const lanes = lanesBelow(0);
    expect(lanes.take(part, 10, 20)).toBe(true);
    expect(lanes.take(part, 10, 21)).toBe(false);
    expect(lanes.take(whole, 20, 25)).toBe(true);
    expect(wordsOf([lanes.coarse(), lanes.fine()])).toEqual(wordsOf(new Array(15).fill(0.1)));
  });
});

describe('ExactSum.addRange', () => {
  it('is the same sum whatever came before and between: rows, zeros, jumps, clear and merge', () => {
    let state = 1;
    const next = (): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state / 2 ** 32;
    };
    const sum = new ExactSum();
    for (let round = 0; round < 60; round++) {
      const scale = 2 ** Math.floor((next() - 0.5) * 80);
      const zeros = round % 4 === 0 ? 0.3 : 0;
      const a = Float64Array.from({ length: 3000 }, () => (next() < zeros ? 0 : (next() - 0.5) * scale));
      const row = 1 + Math.floor(next() * 200);
      sum.clear();
      for (let at = 0; at < a.length; at += row) sum.addRange(a, at, Math.min(row, a.length - at));
      const words = new Int32Array(ExactSum.WORDS);
      if (round % 2 === 0) sum.write(words, 0);
      else {
        const other = new ExactSum();
        other.merge(sum);
        other.write(words, 0);
        expect(other.value()).toBe(sum.value());
      }
      expect(words).toEqual(wordsOf(a));
    }
  });
});
