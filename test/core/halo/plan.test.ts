import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HaloweaveError } from '../../../core/base/errors.js';
import { type Box, boxSize, boxVolume } from '../../../core/decomposition/box.js';
import { checkGeometry, type GridGeometry, haloEdges, partBox } from '../../../core/halo/plan.js';
import { pointCount } from '../../../core/topology/cartesian.js';

/** Any geometry that checkGeometry accepts: sizes that do not divide, one part, two parts, wide halos. */
const geometry: fc.Arbitrary<GridGeometry> = fc
  .record({ d: fc.integer({ min: 1, max: 3 }), halo: fc.integer({ min: 0, max: 3 }) })
  .chain(({ d, halo }) => {
    const most = [30, 14, 7][d - 1];
    const axis = fc.integer({ min: Math.max(1, halo), max: most }).chain((n) =>
      fc.record({
        n: fc.constant(n),
        p: fc.integer({ min: 1, max: Math.floor(n / Math.max(1, halo)) }),
        periodic: fc.boolean(),
      }),
    );
    return fc.array(axis, { minLength: d, maxLength: d }).map((axes) => ({
      shape: axes.map((a) => a.n),
      dims: axes.map((a) => a.p),
      halo,
      periodic: axes.map((a) => a.periodic),
    }));
  });

/** Points of a box in row-major order. */
function points(box: Box): number[][] {
  return box.lo.reduce<number[][]>(
    (list, lo, k) =>
      list.flatMap((point) => Array.from({ length: box.hi[k] - lo }, (_, i) => [...point, lo + i])),
    [[]],
  );
}

/** Number of the global cell at x, wrapping periodic axes; −1 outside the domain. */
function cellNumber(g: GridGeometry, x: number[]): number {
  let number = 0;
  for (let k = 0; k < x.length; k++) {
    const n = g.shape[k];
    if ((x[k] < 0 || x[k] >= n) && !g.periodic[k]) return -1;
    number = number * n + (((x[k] % n) + n) % n);
  }
  return number;
}

const cases: [string, GridGeometry][] = [
  ['a part that is its own neighbour', { shape: [3, 2], dims: [1, 1], halo: 2, periodic: [true, true] }],
  ['the same neighbour on both sides', { shape: [5], dims: [2], halo: 2, periodic: [true] }],
  ['halos as wide as the part', { shape: [9, 3], dims: [3, 1], halo: 3, periodic: [true, false] }],
  ['uneven cubes', { shape: [7, 5, 3], dims: [3, 2, 1], halo: 1, periodic: [true, false, true] }],
  ['no halo', { shape: [7, 5], dims: [7, 5], halo: 0, periodic: [true, true] }],
];

function checkAgainstCells(g: GridGeometry): void {
  for (let id = 0; id < pointCount(g.dims); id++) {
    const box = partBox(g, id);
    const size = boxSize(box);
    const global = (x: number[]) => x.map((c, k) => c + box.lo[k]);
    const filled = new Map<string, number>();
    for (const edge of haloEdges(g, id)) {
      const theirs = partBox(g, edge.neighbour);
      const here = points(edge.receive);
      const there = points(edge.source);
      expect(there.length).toBe(here.length);
      here.forEach((x, i) => {
        // Owned by the neighbour, and not yet filled by another edge.
        expect(there[i].every((c, k) => c >= 0 && c < theirs.hi[k] - theirs.lo[k])).toBe(true);
        expect(filled.has(x.join())).toBe(false);
        filled.set(
          x.join(),
          cellNumber(
            g,
            there[i].map((c, k) => c + theirs.lo[k]),
          ),
        );
      });
    }
    const padded = { lo: size.map(() => -g.halo), hi: size.map((n) => n + g.halo) };
    for (const x of points(padded)) {
      const owned = x.every((c, k) => c >= 0 && c < size[k]);
      const expected = owned ? -1 : cellNumber(g, global(x));
      expect(filled.get(x.join()) ?? -1).toBe(expected);
      filled.delete(x.join());
    }
    expect(filled.size).toBe(0);
  }
}

function checkSymmetry(g: GridGeometry): void {
  const all = Array.from({ length: pointCount(g.dims) }, (_, id) => haloEdges(g, id));
  all.forEach((edges, id) => {
    expect(edges.map((e) => e.index)).toEqual(edges.map((e) => e.index).sort((a, b) => a - b));
    for (const edge of edges) {
      const twins = all[edge.neighbour].filter((e) => e.index === edge.opposite);
      expect(twins.length).toBe(1);
      const [twin] = twins;
      expect(twin.neighbour).toBe(id);
      expect(twin.opposite).toBe(edge.index);
      expect(twin.direction).toEqual(edge.direction.map((e) => (e === 0 ? 0 : -e)));
      expect(boxSize(twin.receive)).toEqual(boxSize(edge.receive));
      expect(edge.send).toEqual(twin.source);
      expect(boxVolume(edge.receive)).toBeGreaterThan(0);
    }
  });
}

describe('haloEdges', () => {
  it.each(cases)('fills %s as cell by cell', (_, g) => {
    checkAgainstCells(g);
    checkSymmetry(g);
  });

  it('fills every halo cell of the wrapped domain once, with the right cell, on any geometry', () => {
    fc.assert(fc.property(geometry, checkAgainstCells), { numRuns: 120 });
  });

  it('is symmetric on any geometry', () => {
    fc.assert(fc.property(geometry, checkSymmetry), { numRuns: 120 });
  });

  it('numbers directions in a fixed order, independent of which edges exist', () => {
    const g = { shape: [4, 4], dims: [2, 2], halo: 1, periodic: [false, false] };
    expect(haloEdges(g, 0).map((e) => [e.direction, e.index, e.opposite, e.neighbour])).toEqual([
      [[0, 1], 4, 3, 1],
      [[1, 0], 6, 1, 2],
      [[1, 1], 7, 0, 3],
    ]);
    expect(haloEdges({ ...g, periodic: [true, true] }, 0).map((e) => e.neighbour)).toEqual([
      3, 2, 3, 1, 1, 3, 2, 3,
    ]);
  });

  it('refuses a part that does not exist', () => {
    expect(() => haloEdges({ shape: [4], dims: [2], halo: 1, periodic: [true] }, 2)).toThrow(/id 2/);
  });
});

describe('checkGeometry', () => {
  const good: GridGeometry = { shape: [10, 6], dims: [4, 2], halo: 2, periodic: [true, false] };

  it('accepts exactly the geometries whose narrowest part is as wide as the halo', () => {
    expect(() => checkGeometry(good)).not.toThrow();
    for (let n = 1; n <= 12; n++) {
      for (let p = 1; p <= n; p++) {
        for (let halo = 0; halo <= 4; halo++) {
          const check = () => checkGeometry({ shape: [n, 5], dims: [p, 1], halo, periodic: [false, true] });
          if (Math.floor(n / p) >= halo) expect(check).not.toThrow();
          else expect(check).toThrow(/narrower than its halo/);
        }
      }
    }
  });

  it('names a narrowest part, its axis and width, and cures that do cure', () => {
    const g = { ...good, shape: [10, 5], dims: [2, 3] };
    let caught: unknown;
    try {
      checkGeometry(g);
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(HaloweaveError);
    const error = caught as HaloweaveError;
    expect(error.code).toBe('partition');
    expect(error.place).toEqual({ partition: 2 });
    expect(boxSize(partBox(g, 2))[1]).toBe(1);
    expect(error.message).toBe(
      'partition 2 is 1 cells wide along axis 1, narrower than its halo of 2: use at most 2 parts along axis 1 (now 3), or a halo of at most 1, or a grid of at least 6 cells along axis 1',
    );
    expect(() => checkGeometry({ ...g, dims: [2, 2] })).not.toThrow();
    expect(() => checkGeometry({ ...g, halo: 1 })).not.toThrow();
    expect(() => checkGeometry({ ...g, shape: [10, 6] })).not.toThrow();
  });

  it('names the part of the first axis by its id, and suggests no parts when none would do', () => {
    const narrow = { ...good, shape: [3, 6], dims: [3, 2] };
    expect(() => checkGeometry(narrow)).toThrow(/^partition 4 is 1 cells wide along axis 0.*at most 1 parts/);
    const hopeless = { ...good, shape: [1, 6], dims: [1, 2] };
    expect(() => checkGeometry(hopeless)).toThrow(
      /halo of 2: use a halo of at most 1, or a grid of at least 2/,
    );
  });

  it.each([
    [{ shape: [], dims: [], periodic: [] }, /no axis/],
    [{ dims: [4] }, /2 axes got 1 part counts/],
    [{ periodic: [true] }, /1 periodic flags/],
    [{ halo: -1 }, /halo is -1/],
    [{ halo: 1.5 }, /halo is 1.5/],
    [{ shape: [10, 0] }, /shape\[1\] is 0/],
    [{ shape: [10.5, 6] }, /shape\[0\] is 10.5/],
    [{ dims: [Number.NaN, 2] }, /dims\[0\] is NaN/],
    [{ dims: [4, 7], halo: 0 }, /partition 6 would own no cell: axis 1 has 6 cells for 7 parts/],
    [{ shape: [2 ** 20, 2 ** 20], dims: [2 ** 16, 2 ** 16], halo: 0 }, /at most 2147483647/],
  ] as [Partial<GridGeometry>, RegExp][])('refuses %j', (change, why) => {
    expect(() => checkGeometry({ ...good, ...change })).toThrow(why);
    expect(() => checkGeometry({ ...good, ...change })).toThrow(HaloweaveError);
  });
});
