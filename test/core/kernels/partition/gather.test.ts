import { describe, expect, it } from 'vitest';
import { fieldLayout } from '../../../../core/halo/layout.js';
import { type GridGeometry, partBox } from '../../../../core/halo/plan.js';
import { copyOwned } from '../../../../core/kernels/partition/gather.js';
import { pointCount } from '../../../../core/topology/cartesian.js';

const cuts: GridGeometry[] = [
  { shape: [11], dims: [3], halo: 2, periodic: [true] },
  { shape: [7, 5], dims: [3, 2], halo: 1, periodic: [true, false] },
  { shape: [7, 5], dims: [7, 5], halo: 0, periodic: [false, false] },
];

describe('copyOwned', () => {
  it.each(cuts)('puts the owned cells of all parts together: $shape in $dims, halo $halo', (g) => {
    const whole = new Float64Array(pointCount(g.shape)).fill(Number.NaN);
    const place = fieldLayout(g.shape, 0);
    for (let id = 0; id < pointCount(g.dims); id++) {
      const box = partBox(g, id);
      const size = box.hi.map((h, k) => h - box.lo[k]);
      const layout = fieldLayout(size, g.halo);
      const base = 17;
      const memory = new Float64Array(base + layout.length).fill(-1);
      const local = size.map(() => 0);
      do {
        const at = local.reduce((n, x, k) => n + x * layout.strides[k], layout.origin);
        memory[base + at] = local.reduce((n, x, k) => n + (x + box.lo[k]) * place.strides[k], 0);
      } while (next(local, size));
      copyOwned(memory, base, layout, box.lo, g.shape, whole);
    }
    expect(Array.from(whole)).toEqual(Array.from({ length: whole.length }, (_, k) => k));
  });
});

/** Steps to the next point; false after the last. */
function next(point: number[], size: readonly number[]): boolean {
  for (let k = size.length - 1; k >= 0; k--) {
    if (++point[k] < size[k]) return true;
    point[k] = 0;
  }
  return false;
}
