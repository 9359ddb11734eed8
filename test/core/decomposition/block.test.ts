import { describe, expect, it } from 'vitest';
import {
  blockBox,
  blockNeighbour,
  blockOwner,
  blockSize,
  blockStart,
} from '../../../core/decomposition/block.js';

describe('block distribution', () => {
  it('puts the larger blocks first', () => {
    expect([0, 1, 2, 3].map((i) => blockSize(10, 4, i))).toEqual([3, 3, 2, 2]);
    expect([0, 1, 2, 3].map((i) => blockStart(10, 4, i))).toEqual([0, 3, 6, 8]);
  });

  it('tiles 0..n − 1 without gap, sizes at most one apart, owner matching, for all small n and parts', () => {
    for (let n = 0; n <= 20; n++) {
      for (let parts = 1; parts <= 23; parts++) {
        let next = 0;
        for (let i = 0; i < parts; i++) {
          expect(blockStart(n, parts, i)).toBe(next);
          const size = blockSize(n, parts, i);
          expect(size - Math.floor(n / parts)).toBe(i < n % parts ? 1 : 0);
          for (let c = next; c < next + size; c++) expect(blockOwner(n, parts, c)).toBe(i);
          next += size;
        }
        expect(next).toBe(n);
      }
    }
  });

  it('refuses cells and blocks that do not exist', () => {
    expect(() => blockStart(10, 4, 4)).toThrow(/block 4 of 4/);
    expect(() => blockSize(10, 0, 0)).toThrow(/0 parts/);
    expect(() => blockOwner(10, 4, 10)).toThrow(/cell 10 is outside 0\.\.9/);
    expect(() => blockOwner(-1, 4, 0)).toThrow(/-1 cells/);
  });
});

describe('blocks of a grid', () => {
  it('give the box of a part in global cells', () => {
    expect(blockBox([10, 7], [4, 2], 3)).toEqual({ lo: [3, 4], hi: [6, 7] });
  });

  it('give the neighbour in a direction, wrapping periodic axes only', () => {
    expect(blockNeighbour([4, 2], [true, false], 0, [-1, 1])).toBe(7);
    expect(blockNeighbour([4, 2], [true, false], 0, [1, -1])).toBe(-1);
  });
});
