import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { firstOneSided, occurrences } from '../../../core/topology/graph.js';

describe('firstOneSided', () => {
  it('finds nothing in graphs that were made edge by edge, loops and repeated edges included', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(5), fc.nat(5)), { maxLength: 30 }), (edges) => {
        const lists: number[][] = [[], [], [], [], [], []];
        for (const [a, b] of edges) {
          lists[a]!.push(b);
          if (a !== b) lists[b]!.push(a);
        }
        expect(firstOneSided(lists)).toBeNull();
        if (edges.length === 0) return;
        // Without one end of an edge between two vertices it is not symmetric any more.
        const [a, b] = edges[0]!;
        if (a === b) return;
        lists[a]!.splice(lists[a]!.indexOf(b), 1);
        const found = firstOneSided(lists)!;
        expect([found.from, found.to].sort()).toEqual([a, b].sort());
        expect(Math.abs(found.times - found.back)).toBe(1);
      }),
    );
  });

  it('says who names whom how often', () => {
    expect(firstOneSided([[1], []])).toEqual({ from: 0, to: 1, times: 1, back: 0 });
    expect(firstOneSided([[], [0, 0]])).toEqual({ from: 1, to: 0, times: 2, back: 0 });
    expect(firstOneSided([[1, 1], [0]])).toEqual({ from: 0, to: 1, times: 2, back: 1 });
    expect(firstOneSided([[0, 0, 0]])).toBeNull();
    expect(firstOneSided([])).toBeNull();
  });
});

describe('occurrences', () => {
  it('number equal entries in order', () => {
    expect(occurrences([4, 1, 4, 4, 1, 0])).toEqual([0, 0, 1, 2, 1, 0]);
    expect(occurrences([])).toEqual([]);
  });
});
