import { describe, expect, it } from 'vitest';
import { eachOwnedRow, fieldShape, ownedBox } from '../../../../core/halo/extent.js';
import { fieldLayouts } from '../../../../core/kernels/partition/blocks.js';
import { grid } from '../../../../core/kernels/partition/grid.js';
import { OwnedCells } from '../../../../core/kernels/partition/owned-cells.js';
import { DTYPES, type DTypeInfo, type TypedArray } from '../../../../core/memory/dtype.js';

const domains = [
  grid({
    shape: [5, 7],
    parts: '2x3',
    boundary: ['periodic', { constant: 0 }],
    fields: {
      a: 'u8',
      b: { dtype: 'f64', centring: 'vertex' },
      c: { dtype: 'i16', components: 3 },
      d: { dtype: 'i64', centring: 'vertex' },
    },
  }),
  grid({
    shape: [9],
    parts: 2,
    fields: { u: { dtype: 'f32', centring: 'vertex', components: 2 }, v: 'f64' },
  }),
  grid({ shape: [3, 4, 5], parts: '1x2x2', fields: { u: { dtype: 'f64', centring: 'vertex' } } }),
];

const one = (dtype: DTypeInfo, x: number): never =>
  (/64$/.test(dtype.name) && dtype.name !== 'f64' ? BigInt(x) : x) as never;

function message(bytes: number): TypedArray[] {
  const buffer = new ArrayBuffer(16 + Math.ceil(bytes / 8) * 8);
  return DTYPES.map((d) => new d.create(buffer));
}

describe.each([2 ** 20, 8, 24, 64])('the owned cells of a part in messages of up to %i bytes', (limit) => {
  it.each(domains.map((d) => [d.geometry.shape.join(' × '), d] as const))(
    'of a grid of %s: every value to its place once, and back as it was',
    (_, domain) => {
      const list = domain.fields.map((_, f) => f).reverse();
      const whole = domain.fields.map((f) => {
        const shape = fieldShape(domain.geometry, f.centring);
        return new f.dtype.create(shape.reduce((a, b) => a * b, 1) * f.components);
      });
      for (let id = 0; id < domain.parts; id++) {
        const layouts = fieldLayouts(domain.geometry, id, domain.fields);
        const cells = new OwnedCells(domain, id, list, limit);
        if (limit < 64) expect(cells.bytes.length).toBeGreaterThan(list.length);
        for (const bytes of cells.bytes) expect(bytes).toBeLessThanOrEqual(limit);
        const arrays = domain.fields.map((f, k) =>
          new f.dtype.create(layouts[k]!.length).fill(one(f.dtype, 77) as never),
        );
        // A value is its place in the whole field, and 1.
        domain.fields.forEach((f, k) => {
          const { lo } = ownedBox(domain.geometry, id, f.centring);
          eachOwnedRow(layouts[k]!, lo, fieldShape(domain.geometry, f.centring), (start, index, count) => {
            for (let i = 0; i < count; i++) arrays[k]![start + i] = one(f.dtype, index + i + 1);
          });
        });
        const back = domain.fields.map((f, k) =>
          new f.dtype.create(layouts[k]!.length).fill(one(f.dtype, 77) as never),
        );
        cells.bytes.forEach((bytes, m) => {
          const f = list[cells.position(m)]!;
          const views = message(bytes);
          cells.pack(m, arrays[f]!, views, 16);
          cells.unpack(m, views, 16, back[f]!);
          const before = whole[f]!.slice();
          cells.place(m, views, 16, whole[f]!);
          // Nothing is put anywhere twice.
          const changed = whole[f]!.filter((x: number | bigint, i: number) => x !== before[i]).length;
          expect(changed * domain.fields[f]!.dtype.bytes).toBe(bytes);
        });
        expect(back).toEqual(arrays);
      }
      for (const [f, data] of whole.entries())
        expect(Array.from(data as Float64Array, Number), domain.fields[f]!.name).toEqual(
          Array.from(data as Float64Array, (_, k) => k + 1),
        );
    },
  );
});
