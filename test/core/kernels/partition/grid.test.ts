import { describe, expect, expectTypeOf, it } from 'vitest';
import { HaloweaveError } from '../../../../core/base/errors.js';
import { grid, MAX_FIELDS } from '../../../../core/kernels/partition/grid.js';
import type { Part } from '../../../../core/kernels/partition/part.js';

const fields = { u: 'f64', n: 'i32' } as const;

describe('grid', () => {
  it('takes parts as a number, a list, a text, and what partition is told', () => {
    const dims = (parts: Parameters<typeof grid>[0]['parts']): number[] =>
      grid({ shape: [12, 10], parts, fields }).geometry.dims;
    expect(dims(4)).toEqual([2, 2]);
    expect(dims([3, 2])).toEqual([3, 2]);
    expect(dims('3x2')).toEqual([3, 2]);
    expect(dims('6')).toEqual(dims(6));
    expect(dims({ kind: 'dims', dims: [1, 5] })).toEqual([1, 5]);
    expect(dims({ kind: 'count', count: 6 })).toEqual(dims(6));
    expect(dims('cells=60')).toEqual(dims({ kind: 'cells', cells: 60 }));
  });

  it('is periodic with a halo of one cell unless told otherwise', () => {
    const g = grid({ shape: [12, 10], parts: 4, fields });
    expect(g.geometry).toEqual({ shape: [12, 10], dims: [2, 2], halo: 1, periodic: [true, true] });
    expect([g.parts, g.cells]).toEqual([4, 120]);
    expect(g.fields.map((f) => [f.name, f.dtype.name])).toEqual([
      ['u', 'f64'],
      ['n', 'i32'],
    ]);
    const sided = grid({ shape: [12, 10], parts: 4, boundary: [{ constant: 1 }, 'periodic'], fields });
    expect(sided.geometry.periodic).toEqual([false, true]);
  });

  it('does not keep the arrays it was given', () => {
    const shape = [12, 10];
    const parts = [2, 2];
    const g = grid({ shape, parts, fields });
    shape[0] = 1;
    parts[0] = 9;
    expect(g.geometry).toMatchObject({ shape: [12, 10], dims: [2, 2] });
  });

  it('accepts parts exactly as wide as the halo, and a halo of none', () => {
    expect(grid({ shape: [8, 6], parts: [4, 3], halo: 2, fields }).parts).toBe(12);
    expect(grid({ shape: [8, 6], parts: [8, 6], halo: 0, fields }).parts).toBe(48);
  });

  it.each(['id', 'lo', 'hi', 'shape', 'grid', 'fill', 'swap', 'each', 'owned', 'place', 'constructor', '_x'])(
    'refuses the field name %s',
    (name) => {
      expect(() => grid({ shape: [4], parts: 1, fields: { [name]: 'f64' } })).toThrow(`'${name}'`);
    },
  );

  it('refuses more fields than a block can number', () => {
    const many = (n: number): Record<string, 'f64'> =>
      Object.fromEntries(Array.from({ length: n }, (_, k) => [`f${k}`, 'f64']));
    expect(grid({ shape: [4], parts: 1, fields: many(MAX_FIELDS) }).fields).toHaveLength(MAX_FIELDS);
    expect(() => grid({ shape: [4], parts: 1, fields: many(MAX_FIELDS + 1) })).toThrow(HaloweaveError);
  });

  it('takes one to three axes', () => {
    expect(grid({ shape: [6, 5, 4], parts: 8, fields }).cells).toBe(120);
    expect(() => grid({ shape: [2, 2, 2, 2], parts: 1, fields })).toThrow(/4 axes: grids have 1 to 3/);
    expect(() => grid({ shape: [], parts: 1, fields })).toThrow(/0 axes/);
  });

  it('takes fields with a centring, components and a boundary of their own', () => {
    const g = grid({
      shape: [4, 4],
      parts: 1,
      boundary: ['periodic', { dirichlet: 1 }],
      fields: {
        u: 'f32',
        p: { dtype: 'f64', centring: 'vertex' },
        m: { dtype: 'i16', components: 3, boundary: ['periodic', { neumann: [1, 2, 3] }] },
        one: { dtype: 'f64', components: 1 },
      },
    });
    expect(g.fields.map((f) => [f.centring, f.components, f.vector])).toEqual([
      ['cell', 1, false],
      ['vertex', 1, false],
      ['cell', 3, true],
      ['cell', 1, true],
    ]);
    expect(g.fields[0]!.rules).toBe(g.rules);
    expect(g.fields[2]!.rules.sides[1]).toEqual(new Array(2).fill({ kind: 'neumann', value: [1, 2, 3] }));
  });

  it('gives every field the type of its array', () => {
    const g = grid({
      shape: [4],
      parts: 1,
      fields: { u: 'f64', l: { dtype: 'i64', centring: 'vertex' }, m: { dtype: 'f32', components: 3 } },
    });
    type Fields = NonNullable<typeof g.types>;
    expectTypeOf<Part<Fields>['u']['data']>().toEqualTypeOf<Float64Array>();
    expectTypeOf<Part<Fields>['l']['data']>().toEqualTypeOf<BigInt64Array>();
    expectTypeOf<Part<Fields>['m']['data']>().toEqualTypeOf<Float32Array>();
    expectTypeOf<Parameters<Part<Fields>['fill']>[0]>().toEqualTypeOf<'u' | 'l' | 'm'>();
  });

  it('refuses boundary values that 64-bit integers cannot hold, for those fields only', () => {
    const make = (dtype: 'i64' | 'u64' | 'i32' | 'f64', value: number): unknown =>
      grid({ shape: [4], parts: 1, boundary: { constant: value }, fields: { l: dtype } });
    for (const dtype of ['i64', 'u64'] as const) {
      expect(() => make(dtype, 0.5)).toThrow(`${dtype} field 'l'`);
      expect(() => make(dtype, Number.POSITIVE_INFINITY)).toThrow(`${dtype} field 'l'`);
      expect(() => make(dtype, 3)).not.toThrow();
    }
    expect(() => make('f64', 0.5)).not.toThrow();
    expect(() => make('i32', 0.5)).not.toThrow();
  });
});
