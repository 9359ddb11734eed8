import { describe, expect, it } from 'vitest';
import { boxSize } from '../../../../core/decomposition/box.js';
import { fieldLayout } from '../../../../core/halo/layout.js';
import { partBox } from '../../../../core/halo/plan.js';
import { BlockLayout } from '../../../../core/kernels/partition/blocks.js';
import { fieldExtents } from '../../../../core/kernels/partition/field-plans.js';
import { type GridDomain, grid } from '../../../../core/kernels/partition/grid.js';
import { type PartObject, partClass } from '../../../../core/kernels/partition/part.js';
import { ndarray } from '../../../../core/memory/ndarray.js';

function makePart(domain: GridDomain, id: number): PartObject {
  const { geometry, fields } = domain;
  const box = partBox(geometry, id);
  const layout = fieldLayout(boxSize(box), geometry.halo);
  const arrays = fields.map((f) =>
    ndarray(new f.dtype.create(layout.length), layout.size, layout.strides, layout.origin),
  );
  const Class = partClass(domain);
  return new Class(
    id,
    box,
    { shape: geometry.shape, parts: geometry.dims, halo: geometry.halo },
    arrays,
    fields.map((_, k) => k * layout.length),
    Object.fromEntries(fields.map((f, k) => [f.name, k])),
    fieldExtents(domain, new BlockLayout(domain, id, []), id),
  );
}

const plane: GridDomain = grid({
  shape: [7, 11],
  parts: [2, 3],
  halo: 2,
  fields: { u: 'f64', v: 'f64', l: 'i64' },
});
const line: GridDomain = grid({ shape: [11], parts: 3, fields: { u: 'f64' } });

describe.each([
  ['plane', plane],
  ['line', line],
] as const)('a part of a %s', (_, domain) => {
  it('visits each owned cell once, in row-major order, with its place in the grid', () => {
    const seen = new Set<string>();
    for (let id = 0; id < domain.parts; id++) {
      const part = makePart(domain, id);
      const u = part._arrays[0];
      let before = -1;
      let count = 0;
      part.each((flat, index) => {
        expect(flat).toBe(u.index(...index.map((x, k) => x - part.lo[k])));
        expect(flat).toBeGreaterThan(before);
        before = flat;
        seen.add(index.join());
        count++;
      });
      expect(count).toBe(part.shape.reduce((a, b) => a * b, 1));
      expect(part.shape).toEqual(part.hi.map((h, k) => h - part.lo[k]));
    }
    expect(seen.size).toBe(domain.cells);
  });

  it('fills owned cells and leaves the halo', () => {
    const part = makePart(domain, 1);
    part._arrays[0].data.fill(-1 as never);
    part.fill('u', (index) => index.reduce((n, x) => 100 * n + x, 0));
    const values = Array.from(part._arrays[0].data as Float64Array).filter((x) => x !== -1);
    const expected: number[] = [];
    part.each((_flat, index) => expected.push(index.reduce((n, x) => 100 * n + x, 0)));
    expect(values).toEqual(expected);
  });
});

describe('swap', () => {
  it('exchanges memories, and twice is nothing', () => {
    const part = makePart(plane, 4);
    const views = part as unknown as { u: unknown; v: unknown };
    const { u, v } = views;
    part.swap('u', 'v');
    expect([views.u, views.v]).toEqual([v, u]);
    expect(views.u).toBe(v);
    expect(part._memories).toEqual([1, 0, 2]);
    part.swap('v', 'u');
    expect(views.u).toBe(u);
    expect(part._memories).toEqual([0, 1, 2]);
    part.swap('u', 'u');
    expect(views.u).toBe(u);
  });

  it('refuses other dtypes and unknown names, and changes nothing', () => {
    const part = makePart(plane, 0);
    expect(() => part.swap('u', 'l')).toThrow(/'u' is .* and 'l' is .*one dtype/);
    expect(() => part.swap('u', 'w')).toThrow(/no field 'w'.*u, v, l/);
    expect(() => part.swap('w', 'u')).toThrow(/no field 'w'/);
    expect(() => part.fill('w', () => 0)).toThrow(/fill: there is no field 'w'/);
    expect(part._memories).toEqual([0, 1, 2]);
  });
});

it('fields are read-only properties of every part', () => {
  const part = makePart(plane, 0) as unknown as Record<string, unknown>;
  expect(() => {
    part.u = 1;
  }).toThrow(TypeError);
});
