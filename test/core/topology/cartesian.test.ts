import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkExtents, coordsOf, idOf, pointCount, shift } from '../../../core/topology/cartesian.js';

const extents = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 4 });

describe('coordsOf and idOf', () => {
  it('number points in row-major order, last axis fastest', () => {
    expect([0, 1, 2, 3, 4, 5].map((id) => coordsOf(id, [2, 3]))).toEqual([
      [0, 0],
      [0, 1],
      [0, 2],
      [1, 0],
      [1, 1],
      [1, 2],
    ]);
    expect(idOf([1, 2, 3], [2, 3, 4])).toBe(23);
  });

  it('are inverses for every point of any grid', () => {
    fc.assert(
      fc.property(extents, (dims) => {
        for (let id = 0; id < pointCount(dims); id++) expect(idOf(coordsOf(id, dims), dims)).toBe(id);
      }),
    );
  });

  it('stay exact for ids near 2^53', () => {
    const dims = [3, 2 ** 51 - 1];
    expect(coordsOf(idOf([2, 2 ** 51 - 3], dims), dims)).toEqual([2, 2 ** 51 - 3]);
  });

  it('refuse what is not on the grid', () => {
    expect(() => coordsOf(6, [2, 3])).toThrow(/id 6 .*2x3.*0\.\.5/);
    expect(() => coordsOf(-1, [2, 3])).toThrow(/id -1/);
    expect(() => coordsOf(0.5, [2, 3])).toThrow(/id 0.5/);
    expect(() => idOf([0, 3], [2, 3])).toThrow(/axis 1 .*0\.\.2/);
    expect(() => idOf([0], [2, 3])).toThrow(/1 coordinates .* 2 axes/);
  });
});

describe('shift', () => {
  it('gives −1 outside a non-periodic axis, even when another axis wraps', () => {
    expect(shift([0, 2], [-1, 1], [2, 3], [false, true])).toBe(-1);
    expect(shift([1, 2], [-1, 1], [2, 3], [false, true])).toBe(0);
  });

  it('wraps any distance, as coordinates modulo the extents', () => {
    fc.assert(
      fc.property(
        extents,
        fc.infiniteStream(fc.integer({ min: -20, max: 20 })),
        fc.nat(),
        (dims, offsets, n) => {
          const id = n % pointCount(dims);
          const offset = dims.map(() => offsets.next().value as number);
          const coords = coordsOf(id, dims);
          const wrapped = coords.map((c, k) => (((c + offset[k]) % dims[k]) + dims[k]) % dims[k]);
          expect(
            shift(
              coords,
              offset,
              dims,
              dims.map(() => true),
            ),
          ).toBe(idOf(wrapped, dims));
          const inside = coords.every((c, k) => c + offset[k] >= 0 && c + offset[k] < dims[k]);
          const bounded = shift(
            coords,
            offset,
            dims,
            dims.map(() => false),
          );
          expect(bounded).toBe(inside ? idOf(wrapped, dims) : -1);
        },
      ),
    );
  });

  it('refuses lists of different lengths', () => {
    expect(() => shift([0], [1, 0], [2], [true])).toThrow(/1 axes .* 2 offsets/);
  });
});

it('checkExtents names the bad axis', () => {
  expect(() => checkExtents([3, 0], 'shape')).toThrow(/shape\[1\] is 0/);
  expect(() => checkExtents([1.5], 'dims')).toThrow(/dims\[0\] is 1.5/);
  expect(() => checkExtents([], 'dims')).toThrow(/empty/);
  expect(() => checkExtents([1, 2], 'dims')).not.toThrow();
});
