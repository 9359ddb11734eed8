import { describe, expect, it } from 'vitest';
import {
  binomialChildren,
  binomialParent,
  binomialSpan,
  placeOf,
  rankAt,
} from '../../../core/topology/binomial.js';
import { ceilLog2 } from '../../../core/topology/rounds.js';

describe('the binomial tree', () => {
  it('of 6 places', () => {
    expect(Array.from({ length: 6 }, (_, v) => binomialChildren(v, 6))).toEqual([
      [4, 2, 1],
      [],
      [3],
      [],
      [5],
      [],
    ]);
    expect(Array.from({ length: 6 }, (_, v) => binomialSpan(v, 6))).toEqual([6, 1, 2, 1, 2, 1]);
  });

  it('of 1 to 300 places reaches each once within ⌈log₂N⌉ rounds, and subtrees are ranges', () => {
    for (let size = 1; size <= 300; size++) {
      // A place that has the data in round t sends to its children in rounds t, t + 1, …
      const round = new Int32Array(size).fill(-1);
      round[0] = 0;
      for (let v = 0; v < size; v++) {
        let next = v + 1;
        const children = binomialChildren(v, size);
        for (const c of [...children].reverse()) {
          expect(binomialParent(c)).toBe(v);
          expect(c).toBe(next);
          next = c + binomialSpan(c, size);
        }
        expect(next).toBe(v + binomialSpan(v, size));
        children.forEach((c, k) => {
          expect(round[c]).toBe(-1);
          round[c] = round[v]! + k + 1;
        });
      }
      expect(Math.min(...round)).toBe(0);
      expect(Math.max(...round)).toBe(ceilLog2(size));
      expect(binomialChildren(0, size).length).toBe(ceilLog2(size));
    }
  });

  it('is moved to any root', () => {
    for (let size = 1; size <= 20; size++)
      for (let root = 0; root < size; root++) {
        expect(placeOf(root, root, size)).toBe(0);
        for (let r = 0; r < size; r++) {
          expect(rankAt(placeOf(r, root, size), root, size)).toBe(r);
          expect(placeOf(r, root, size)).toBe((r - root + size) % size);
        }
      }
  });
});
