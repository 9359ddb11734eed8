import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fieldLayout, flatIndices, flatRuns } from '../../../core/halo/layout.js';

describe('fieldLayout', () => {
  it('pads every side and keeps the last axis contiguous', () => {
    expect(fieldLayout([3, 4], 2)).toEqual({
      size: [3, 4],
      halo: 2,
      padded: [7, 8],
      components: 1,
      strides: [8, 1],
      origin: 18,
      length: 56,
    });
    expect(fieldLayout([5], 0)).toMatchObject({ padded: [5], strides: [1], origin: 0, length: 5 });
    expect(fieldLayout([2, 3, 4], 1)).toMatchObject({ strides: [30, 6, 1], origin: 37, length: 120 });
  });

  it('keeps the components of a vector side by side', () => {
    const layout = fieldLayout([3, 4], 1, 3);
    expect(layout).toMatchObject({ components: 3, strides: [18, 3], origin: 21, length: 90 });
    const box = { lo: [0, 1], hi: [2, 3] };
    expect(flatRuns(layout, box)).toEqual({ starts: Int32Array.of(24, 42), length: 6 });
    expect([...flatIndices(layout, box)]).toEqual([24, 25, 26, 27, 28, 29, 42, 43, 44, 45, 46, 47]);
    expect(() => fieldLayout([3], 1, 0)).toThrow(/0 components/);
  });

  it('refuses what cannot be laid out', () => {
    expect(() => fieldLayout([], 1)).toThrow(/at least one axis/);
    expect(() => fieldLayout([3, 0], 1)).toThrow(/axis 1/);
    expect(() => fieldLayout([3], -1)).toThrow(/halo is -1/);
    expect(() => fieldLayout([50_000, 50_000], 1)).toThrow(/more parts/);
  });
});

describe('flatIndices and flatRuns', () => {
  const boxed = fc
    .record({
      size: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 3 }),
      halo: fc.nat(2),
    })
    .chain(({ size, halo }) =>
      fc
        .tuple(
          ...size.map((n) =>
            fc.tuple(fc.integer({ min: -halo, max: n + halo }), fc.integer({ min: -halo, max: n + halo })),
          ),
        )
        .map((ends) => ({ size, halo, box: { lo: ends.map((e) => e[0]), hi: ends.map((e) => e[1]) } })),
    );

  it('list exactly the cells of the box, row-major, at origin + Σ x·stride', () => {
    fc.assert(
      fc.property(boxed, ({ size, halo, box }) => {
        const layout = fieldLayout(size, halo);
        let cells: number[][] = [[]];
        box.lo.forEach((lo, k) => {
          const along = Array.from({ length: Math.max(0, box.hi[k] - lo) }, (_, i) => lo + i);
          cells = cells.flatMap((cell) => along.map((x) => [...cell, x]));
        });
        const expected = cells.map((x) => {
          let flat = 0;
          x.forEach((c, k) => {
            flat = flat * layout.padded[k] + c + halo;
          });
          return flat;
        });
        expect([...flatIndices(layout, box)]).toEqual(expected);
        const { starts, length } = flatRuns(layout, box);
        const unrolled = Array.from(starts, (s) => Array.from({ length }, (_, i) => s + i)).flat();
        expect(unrolled).toEqual(expected);
      }),
    );
  });

  it('make one run a row', () => {
    const layout = fieldLayout([3, 4], 1);
    expect(flatRuns(layout, { lo: [0, 0], hi: [3, 4] })).toEqual({
      starts: Int32Array.of(7, 13, 19),
      length: 4,
    });
    expect(flatRuns(layout, { lo: [2, 2], hi: [2, 4] })).toEqual({ starts: new Int32Array(0), length: 0 });
  });

  it('refuse a box that leaves the padded field or has other axes', () => {
    const layout = fieldLayout([3, 4], 1);
    expect(() => flatIndices(layout, { lo: [0, -2], hi: [1, 1] })).toThrow(/axis 1 .*-1\.\.4/);
    expect(() => flatIndices(layout, { lo: [0, 0], hi: [5, 1] })).toThrow(/axis 0/);
    expect(() => flatRuns(layout, { lo: [0], hi: [1] })).toThrow(/1 axes on a field of 2/);
  });
});
