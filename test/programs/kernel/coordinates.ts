/**
 * Cells hold their coordinates and the cycle; every workunit compares every halo cell, corners included,
 * with what the boundary's definition says, then wipes the halo so that only an exchange can restore it.
 * `--shape --halo --boundary`, and a shared counter of cells compared.
 */
import { type Boundary, grid, type NdArray, type PartMembers, partitionKernel } from 'haloweave';

type Rule = 'periodic' | { dirichlet: number } | { constant: number };
type AnyPart = PartMembers & Record<string, NdArray>;
/** One cycle's step: above every coordinate code, so that an old halo cannot pass for a new one. */
const STEP = 2 ** 22;
const FIELDS = { c: 'f64', i: 'i32', still: 'f64' } as const;
/** Parts of odd number keep c in the memory that was declared for this field. */
const SPARE = { spare: 'f64' } as const;

export default partitionKernel(({ args }) => {
  const shape = args.shape as number[];
  const halo = Number(args.halo);
  const boundary = args.boundary as Boundary;
  const checked = new Int32Array(args.checked as SharedArrayBuffer);
  const code = (x: readonly number[]): number => x.reduce((n, k) => n * 1024 + k + 1, 0);
  const rule = (axis: number, upper: boolean): Rule => {
    const entry = Array.isArray(boundary) ? boundary[axis]! : boundary;
    return typeof entry === 'object' && 'lower' in entry ? (upper ? entry.upper : entry.lower) : entry;
  };

  const expected = (at: readonly number[], cycle: number): number => {
    const x = [...at];
    let sign = 1;
    let shift = 0;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const n = shape[axis]!;
      const upper = x[axis]! >= n;
      if (x[axis]! >= 0 && !upper) continue;
      const r = rule(axis, upper);
      if (r === 'periodic') x[axis] = (x[axis]! + n) % n;
      else if ('constant' in r) return shift + sign * r.constant;
      else {
        x[axis] = (upper ? 2 * n : 0) - 1 - x[axis]!;
        shift += sign * 2 * r.dirichlet;
        sign = -sign;
      }
    }
    return shift + sign * (code(x) + cycle * STEP);
  };

  const check = (part: AnyPart, cycle: number): number => {
    let n = 0;
    const size = [...part.shape];
    const local = size.map(() => -halo);
    for (;;) {
      if (local.some((k, axis) => k < 0 || k >= size[axis]!)) {
        const at = local.map((k, axis) => k + part.lo[axis]!);
        for (const field of Object.keys(FIELDS)) {
          const want = expected(at, field === 'still' ? 0 : cycle);
          const got = part[field]!.get(...local);
          if (got !== want)
            throw new Error(`halo of '${field}' at (${at.join(', ')}), cycle ${cycle}: ${got}, not ${want}`);
          if (field !== 'still') part[field]!.set(...local, -77);
          n++;
        }
      }
      let axis = size.length - 1;
      while (axis >= 0 && ++local[axis]! >= size[axis]! + halo) local[axis--] = -halo;
      if (axis < 0) return n;
    }
  };

  return {
    partition: ({ parts }) => grid({ shape, parts, halo, boundary, fields: { ...FIELDS, ...SPARE } }),
    setup: (part) => {
      if (part.id % 2 === 1) part.swap('c', 'spare');
      for (const field of ['c', 'i', 'still'] as const) part.fill(field, code);
    },
    workunit(part, { cycle }) {
      Atomics.add(checked, 0, check(part as unknown as AnyPart, cycle));
      part.each((flat) => {
        part.c.data[flat]! += STEP;
        part.i.data[flat]! += STEP;
      });
    },
    share: () => ['i', 'c'],
  };
});
