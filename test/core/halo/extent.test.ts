import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boxSize } from '../../../core/decomposition/box.js';
import { type Centring, eachOwnedRow, fieldShape, ownedBox } from '../../../core/halo/extent.js';
import { fieldLayout } from '../../../core/halo/layout.js';
import type { GridGeometry } from '../../../core/halo/plan.js';
import { coordsOf, pointCount } from '../../../core/topology/cartesian.js';

const line = (periodic: boolean): GridGeometry => ({ shape: [7], dims: [3], halo: 1, periodic: [periodic] });
const owned = (g: GridGeometry, centring: Centring): number[][] =>
  [0, 1, 2].map((id) => {
    const { lo, hi } = ownedBox(g, id, centring);
    return [lo[0]!, hi[0]!];
  });

describe('what a part owns', () => {
  it('cells: its block', () => {
    expect(owned(line(false), 'cell')).toEqual([
      [0, 3],
      [3, 5],
      [5, 7],
    ]);
    expect(fieldShape(line(false), 'cell')).toEqual([7]);
  });

  it('vertices: those it shares with the part above, and the first of all', () => {
    expect(owned(line(false), 'vertex')).toEqual([
      [0, 4],
      [4, 6],
      [6, 8],
    ]);
    expect(fieldShape(line(false), 'vertex')).toEqual([8]);
  });

  it('vertices of a ring: the last part has the one at the seam', () => {
    expect(owned(line(true), 'vertex')).toEqual([
      [1, 4],
      [4, 6],
      [6, 8],
    ]);
    expect(fieldShape(line(true), 'vertex')).toEqual([7]);
  });
});

const axis = fc
  .integer({ min: 1, max: 6 })
  .chain((n) => fc.record({ n: fc.constant(n), p: fc.integer({ min: 1, max: n }), periodic: fc.boolean() }));

describe('eachOwnedRow', () => {
  it('visits every value of the whole field once, with its element and its index', () => {
    fc.assert(
      fc.property(
        fc.array(axis, { minLength: 1, maxLength: 3 }),
        fc.constantFrom<Centring>('cell', 'vertex'),
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 0, max: 1 }),
        (axes, centring, components, halo) => {
          const g: GridGeometry = {
            shape: axes.map((a) => a.n),
            dims: axes.map((a) => a.p),
            halo,
            periodic: axes.map((a) => a.periodic),
          };
          const shape = fieldShape(g, centring);
          const times = new Uint8Array(pointCount(shape) * components);
          for (let id = 0; id < pointCount(g.dims); id++) {
            const { lo, hi } = ownedBox(g, id, centring);
            const layout = fieldLayout(boxSize({ lo, hi }), halo, components);
            let before = -1;
            eachOwnedRow(layout, lo, shape, (start, index, count) => {
              expect(count).toBeGreaterThan(0);
              for (let k = 0; k < count; k++) {
                times[index + k]!++;
                // The place in the whole field, and where the part keeps it.
                const x = coordsOf(Math.floor((index + k) / components), shape);
                const local = x.map((c, a) => (c < lo[a]! ? c + shape[a]! : c) - lo[a]!);
                const at = local.reduce((n, c, a) => n + c * layout.strides[a]!, layout.origin);
                expect(start + k).toBe(at + ((index + k) % components));
                expect(start + k).toBeGreaterThan(before);
                before = start + k;
              }
            });
          }
          expect(times.every((n) => n === 1)).toBe(true);
        },
      ),
      { numRuns: 150 },
    );
  });
});
