import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  type Box,
  boxIsEmpty,
  boxSize,
  boxVolume,
  intersectBoxes,
  translateBox,
} from '../../../core/decomposition/box.js';

const corner = fc.tuple(fc.integer({ min: -3, max: 5 }), fc.integer({ min: -3, max: 5 }));
const box: fc.Arbitrary<Box> = fc.tuple(corner, corner).map(([lo, hi]) => ({ lo: [...lo], hi: [...hi] }));

function holds(b: Box, i: number, j: number): boolean {
  return b.lo[0] <= i && i < b.hi[0] && b.lo[1] <= j && j < b.hi[1];
}

it('size and volume of a box, zero when inverted', () => {
  expect(boxSize({ lo: [-1, 2], hi: [3, 1] })).toEqual([4, 0]);
  expect(boxVolume({ lo: [-1, 2], hi: [3, 4] })).toBe(8);
  expect(boxVolume({ lo: [0, 0], hi: [-2, -2] })).toBe(0);
});

it('intersection, volume and translation agree with membership point by point', () => {
  fc.assert(
    fc.property(box, box, corner, (a, b, by) => {
      const both = intersectBoxes(a, b);
      const moved = translateBox(a, by);
      let common = 0;
      for (let i = -8; i <= 10; i++) {
        for (let j = -8; j <= 10; j++) {
          expect(holds(both, i, j)).toBe(holds(a, i, j) && holds(b, i, j));
          expect(holds(moved, i + by[0], j + by[1])).toBe(holds(a, i, j));
          if (holds(both, i, j)) common++;
        }
      }
      expect(boxVolume(both)).toBe(common);
      expect(boxIsEmpty(both)).toBe(common === 0);
    }),
  );
});

it('refuses boxes of different dimension', () => {
  expect(() => intersectBoxes({ lo: [0], hi: [1] }, { lo: [0, 0], hi: [1, 1] })).toThrow(/1 axes .* 2/);
});
