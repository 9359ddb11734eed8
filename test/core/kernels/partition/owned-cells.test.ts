import { describe, expect, it } from 'vitest';
import { fieldLayouts } from '../../../../core/kernels/partition/blocks.js';
import { grid } from '../../../../core/kernels/partition/grid.js';
import { OwnedCells } from '../../../../core/kernels/partition/owned-cells.js';
import { DTYPES, type TypedArray } from '../../../../core/memory/dtype.js';

const domain = grid({
  shape: [5, 7],
  parts: '2x3',
  halo: 1,
  boundary: ['periodic', { constant: 0 }],
  fields: {
    a: 'u8',
    b: { dtype: 'f64', centring: 'vertex' },
    c: { dtype: 'i16', components: 3 },
    d: { dtype: 'i64', centring: 'vertex' },
  },
});

function message(bytes: number): TypedArray[] {
  const buffer = new ArrayBuffer(Math.ceil(bytes / 8) * 8);
  return DTYPES.map((d) => new d.create(buffer));
}

describe('the owned cells of a part as a message', () => {
  it('put every value of the whole field once, and come back as they were', () => {
    const list = [2, 0, 3, 1];
    const extents = [5 * 7, 5 * 8, 5 * 7 * 3, 5 * 8];
    const whole = domain.fields.map((f, k) => new f.dtype.create(extents[k]!));
    const seen = domain.fields.map((_, k) => new Int32Array(extents[k]!));
    for (let id = 0; id < domain.parts; id++) {
      const layouts = fieldLayouts(domain.geometry, id, domain.fields);
      const cells = new OwnedCells(domain, id, list);
      expect(cells.bytes % 8).toBe(0);
      const arrays = domain.fields.map((f, k) => {
        const data = new f.dtype.create(layouts[k]!.length);
        for (let i = 0; i < data.length; i++) {
          const x = 1 + ((id * 31 + i * 7) % 113);
          data[i] = (f.dtype.name === 'i64' ? BigInt(x) : x) as never;
        }
        return data;
      });
      const views = message(16 + cells.bytes);
      list.forEach((f, k) => {
        cells.pack(k, arrays[f]!, views, 16);
      });
      list.forEach((f, k) => {
        cells.place(k, views, 16, whole[f]!);
        const back = new domain.fields[f]!.dtype.create(layouts[f]!.length);
        cells.unpack(k, views, 16, back);
        // Owned values as they were, halos untouched; packing what came back gives the same message.
        const again = message(16 + cells.bytes);
        cells.pack(k, back, again, 16);
        const one = new OwnedCells(domain, id, [f]);
        const [x, y] = [message(one.bytes), message(one.bytes)];
        one.pack(0, arrays[f]!, x, 0);
        one.pack(0, back, y, 0);
        expect(y[3]).toEqual(x[3]);
        expect(back.some((v) => Number(v) === 0)).toBe(true);
        const ones = new domain.fields[f]!.dtype.create(layouts[f]!.length);
        ones.fill((domain.fields[f]!.dtype.name === 'i64' ? 1n : 1) as never);
        const counted = new domain.fields[f]!.dtype.create(seen[f]!.length);
        one.pack(0, ones, x, 0);
        one.place(0, x, 0, counted);
        counted.forEach((v: number | bigint, i: number) => {
          seen[f]![i]! += Number(v);
        });
      });
    }
    for (const [k, counts] of seen.entries())
      expect([...counts], domain.fields[k]!.name).toEqual(counts.length ? [...counts].map(() => 1) : []);
    for (const data of whole) expect(data.every((v: number | bigint) => Number(v) > 0)).toBe(true);
  });
});
