import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  checkExtents,
  coordsOf,
  fillDims,
  idOf,
  pointCount,
  shift,
} from '../../../core/topology/cartesian.js';

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

describe('fillDims', () => {
  it('gives what the MPI standard gives as examples of MPI_Dims_create', () => {
    expect(fillDims([0, 0], 6)).toEqual([3, 2]);
    expect(fillDims([0, 0], 7)).toEqual([7, 1]);
    expect(fillDims([0, 3, 0], 6)).toEqual([2, 3, 1]);
    expect(() => fillDims([0, 3, 0], 7)).toThrow('7 do not fill a grid of 0x3x0: 3 does not divide 7');
  });

  it('gives equal factors for powers, and two factors next to the root', () => {
    for (let a = 1; a <= 12; a++)
      for (let d = 1; d <= 4; d++)
        expect(fillDims(new Array<number>(d).fill(0), a ** d)).toEqual(Array(d).fill(a));
    for (let n = 1; n <= 500; n++) {
      let small = Math.floor(Math.sqrt(n));
      while (n % small !== 0) small--;
      expect(fillDims([0, 0], n)).toEqual([n / small, small]);
    }
    expect(fillDims([0, 0, 0], 2 * 3 * 5)).toEqual([5, 3, 2]);
    expect(fillDims([0, 0, 0], 36)).toEqual([4, 3, 3]);
    expect(fillDims([0, 0, 0, 0], 1024)).toEqual([8, 8, 4, 4]);
  });

  it('of all ways to fill takes the first in the order of largest factors', () => {
    const ways = (count: number, terms: number, most: number): number[][] =>
      terms === 0
        ? count === 1
          ? [[]]
          : []
        : Array.from({ length: Math.min(count, most) }, (_, k) => k + 1)
            .filter((f) => count % f === 0)
            .flatMap((f) => ways(count / f, terms - 1, f).map((rest) => [f, ...rest]));
    for (let n = 1; n <= 200; n++)
      for (let d = 1; d <= 4; d++) {
        const all = ways(n, d, n);
        const key = (way: number[]): string => way.map((f) => String(f).padStart(4)).join();
        const least = all.map(key).sort()[0];
        expect(key(fillDims(Array(d).fill(0), n)), `${n} in ${d}`).toBe(least);
      }
  });

  it('leaves what is given where it is', () => {
    expect(fillDims([2, 0, 3, 0], 24)).toEqual([2, 2, 3, 2]);
    expect(fillDims([4, 5], 7)).toEqual([4, 5]);
    expect(fillDims([0, 1], 5)).toEqual([5, 1]);
  });
});
