import { describe, expect, it } from 'vitest';
import { partBox } from '../../../../core/halo/plan.js';
import { BlockLayout, fieldLayouts } from '../../../../core/kernels/partition/blocks.js';
import { fieldExtents } from '../../../../core/kernels/partition/field-plans.js';
import { type GridDomain, grid } from '../../../../core/kernels/partition/grid.js';
import { type PartObject, partClass } from '../../../../core/kernels/partition/part.js';
import { ndarray } from '../../../../core/memory/ndarray.js';

function makePart(domain: GridDomain, id: number): PartObject {
  const { geometry, fields } = domain;
  const box = partBox(geometry, id);
  const layouts = fieldLayouts(geometry, id, fields);
  const arrays = fields.map((f, k) => {
    const { size, strides, origin, length } = layouts[k]!;
    const data = new f.dtype.create(length);
    return f.vector
      ? ndarray(data, [...size, f.components], [...strides, 1], origin)
      : ndarray(data, size, strides, origin);
  });
  const Class = partClass(domain);
  return new Class(
    id,
    box,
    { shape: geometry.shape, parts: geometry.dims, halo: geometry.halo },
    arrays,
    fields.map((_, k) => k * layouts[0]!.length),
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
const space: GridDomain = grid({ shape: [5, 4, 6], parts: [2, 1, 3], fields: { u: 'f64' } });
const line: GridDomain = grid({ shape: [11], parts: 3, fields: { u: 'f64' } });

describe.each([
  ['plane', plane],
  ['line', line],
  ['box', space],
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

describe('vertices and vectors', () => {
  const domain: GridDomain = grid({
    shape: [5, 4],
    parts: [2, 1],
    boundary: ['periodic', { neumann: 0 }],
    fields: {
      v: { dtype: 'f64', centring: 'vertex' },
      m: { dtype: 'i64', components: 2 },
      c: 'f32',
    },
  });
  const [first, last] = [makePart(domain, 0), makePart(domain, 1)];
  const numbers = (part: PartObject, f: number): number[] =>
    Array.from(part._arrays[f]!.data as Float64Array, Number).filter((x) => x !== 0);

  it('says what a part owns of each field', () => {
    expect(first.owned('v')).toEqual({ lo: [1, 0], hi: [4, 5] });
    expect(last.owned('v')).toEqual({ lo: [4, 0], hi: [6, 5] });
    expect(first.owned('c')).toEqual({ lo: [0, 0], hi: [3, 4] });
    expect(() => first.owned('w')).toThrow(/owned: there is no field 'w'/);
  });

  it('visits the vertices with their places in the grid, the seam of a ring as 0', () => {
    const seen: string[] = [];
    last.each((flat, [i = 0, j = 0]) => {
      expect(flat).toBe(last.place('v', [i === 0 ? 5 : i, j]));
      seen.push(`${i},${j}`);
    }, 'v');
    expect(seen).toEqual([4, 0].flatMap((i) => [0, 1, 2, 3, 4].map((j) => `${i},${j}`)));
  });

  it('visits cells unless told otherwise', () => {
    let n = 0;
    first.each((flat, index) => {
      expect(flat).toBe(first.place('c', index));
      n++;
    });
    expect(n).toBe(12);
  });

  it('fills vertices, and vectors with one value or one for each component', () => {
    last.fill('v', ([i = 0, j = 0]) => 10 * i + j + 1);
    expect(numbers(last, 0)).toEqual([41, 42, 43, 44, 45, 1, 2, 3, 4, 5]);
    first.fill('m', ([i = 0, j = 0]) => [BigInt(10 * i + j + 1), 99n]);
    expect(numbers(first, 1).slice(0, 4)).toEqual([1, 99, 2, 99]);
    expect(first._arrays[1]!.index(2, 3, 1)).toBe(first.place('m', [2, 3]) + 1);
    first.fill('m', () => 7n);
    expect(numbers(first, 1)).toEqual(new Array(24).fill(7));
    expect(() => first.fill('m', () => [1n])).toThrow(/'m' has 1 numbers; give 2/);
    expect(() => first.fill('v', () => [1, 2])).toThrow(/'v' has 2 numbers; give 1/);
  });

  it('finds halo places as well', () => {
    // Vertex 0, below the first cell, belongs to the part at the other end.
    expect(first.place('v', first.lo)).toBe(first._arrays[0]!.index(-1, 0));
    expect(first.place('c', [-1, 4])).toBe(first._arrays[2]!.index(-1, 4));
  });
});

it('fields are read-only properties of every part', () => {
  const part = makePart(plane, 0) as unknown as Record<string, unknown>;
  expect(() => {
    part.u = 1;
  }).toThrow(TypeError);
});
