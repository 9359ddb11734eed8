/**
 * Cells and vertices hold their coordinates and the cycle; every workunit compares all it can see, halos with
 * edges and corners included, with what the boundary's definition says, then wipes the halo so that only an
 * exchange can restore it. `--shape --halo --boundary`, and a shared counter of halo values compared.
 */
import {
  type AxisBoundary,
  type Boundary,
  grid,
  type NdArray,
  type PartMembers,
  partitionKernel,
} from 'haloweave';

/** Functions do not travel with arguments: `{ call: n }` stands for one. */
type Rule =
  | 'periodic'
  | { dirichlet: number }
  | { neumann: number }
  | { constant: number }
  | { call: number };
export type Rules = Rule | { lower: Rule; upper: Rule } | (Rule | { lower: Rule; upper: Rule })[];

type AnyPart = PartMembers & Record<string, NdArray>;
/** One cycle's step: above every coordinate code, so that an old halo cannot pass for a new one. */
const STEP = 2 ** 22;
const FIELDS = {
  c: 'f64',
  i: 'i32',
  still: 'f64',
  v: { dtype: 'f64', centring: 'vertex' },
  m: { dtype: 'i32', components: 3 },
  w: { dtype: 'f32', centring: 'vertex', components: 2 },
} as const;
const SHARED = ['i', 'c', 'w', 'v', 'm'] as const;
/** Parts of odd number keep c in the memory that was declared for this field. */
const SPARE = { spare: 'f64' } as const;

/** What a boundary function makes of its arguments. */
function called(
  by: number,
  inside: number,
  index: readonly number[],
  axis: number,
  rest: readonly number[],
): number {
  return inside + by * rest.reduce((n, x) => 10 * n + x, axis) + index.reduce((n, x) => n + x, 0);
}

export default partitionKernel(({ args }) => {
  const shape = args.shape as number[];
  const halo = Number(args.halo);
  const rules = args.boundary as Rules;
  const checked = new Int32Array(args.checked as SharedArrayBuffer);
  // Within 2^21 on planes and 2^19 in space, so that floats of 32 bits hold it with every step.
  const base = shape.length === 3 ? 64 : 512;
  const code = (x: readonly number[], component = 0): number =>
    4 * x.reduce((n, k) => n * base + k + 1, 0) + component;
  const rule = (axis: number, upper: boolean): Rule => {
    const entry = Array.isArray(rules) ? rules[axis]! : rules;
    return typeof entry === 'object' && 'lower' in entry ? (upper ? entry.upper : entry.lower) : entry;
  };
  const given = (r: Rule): AxisBoundary =>
    typeof r === 'object' && 'call' in r
      ? (inside, { index, axis, side, layer, component, cycle }) =>
          called(r.call, inside, index, axis, [side === 'lower' ? 0 : 1, layer, component, cycle])
      : r;
  const boundary: Boundary = shape.map((_, axis) => ({
    lower: given(rule(axis, false)),
    upper: given(rule(axis, true)),
  }));

  const expected = (at: readonly number[], vertex: boolean, component: number, cycle: number): number => {
    const periodic = shape.map((_, axis) => rule(axis, false) === 'periodic');
    const extent = shape.map((n, axis) => (vertex && !periodic[axis] ? n + 1 : n));
    const x = at.map((k, axis) => (periodic[axis] ? (k + shape[axis]!) % shape[axis]! : k));
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const upper = x[axis]! >= extent[axis]!;
      if (x[axis]! >= 0 && !upper) continue;
      const r = rule(axis, upper);
      const layer = upper ? x[axis]! - extent[axis]! + 1 : -x[axis]!;
      const mirror = [...x];
      mirror[axis] = (upper ? 2 * shape[axis]! : 0) - (vertex ? 0 : 1) - x[axis]!;
      const m = expected(mirror, vertex, component, cycle);
      if (r === 'periodic') throw new Error('a periodic axis has no outside');
      if ('constant' in r) return r.constant;
      if ('dirichlet' in r) return 2 * r.dirichlet - m;
      if ('neumann' in r) return m + (vertex ? 2 * layer : 2 * layer - 1) * r.neumann;
      return called(r.call, m, x, axis, [upper ? 1 : 0, layer, component, cycle]);
    }
    if (vertex)
      for (let axis = shape.length - 1; axis >= 0; axis--) {
        const upper = x[axis] === shape[axis];
        const r = rule(axis, upper);
        if ((upper || x[axis] === 0) && typeof r === 'object' && 'dirichlet' in r) return r.dirichlet;
      }
    return code(x, component) + cycle * STEP;
  };

  const check = (part: AnyPart, name: keyof typeof FIELDS, cycle: number): number => {
    const spec = FIELDS[name];
    const { centring = 'cell', components = 1 } = (typeof spec === 'string' ? {} : spec) as Record<
      string,
      never
    >;
    const array = part[name]!;
    const { lo, hi } = part.owned(name);
    const size = lo.map((k, axis) => hi[axis]! - k);
    let n = 0;
    const local = size.map(() => -halo);
    for (;;) {
      const beyond = local.some((k, axis) => k < 0 || k >= size[axis]!);
      const at = local.map((k, axis) => k + lo[axis]!);
      for (let component = 0; component < components; component++) {
        const place = components > 1 ? [...local, component] : local;
        const want = expected(at, (centring as string) === 'vertex', component, name === 'still' ? 0 : cycle);
        const got = array.get(...place);
        if (got !== want)
          throw new Error(
            `'${name}' at (${at.join(', ')})[${component}], cycle ${cycle}: ${got}, not ${want}`,
          );
        if (part.place(name, at) + component !== array.index(...place))
          throw new Error(`place of (${at.join()})`);
        if (!beyond) continue;
        if (name !== 'still') array.set(...place, -77);
        n++;
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
      for (const field of ['c', 'i', 'still', 'v'] as const) part.fill(field, (x) => code(x));
      part.fill('m', (x) => [0, 1, 2].map((c) => code(x, c)));
      part.fill('w', (x) => [code(x, 0), code(x, 1)]);
    },
    workunit(part, { cycle }) {
      for (const name of Object.keys(FIELDS) as (keyof typeof FIELDS)[])
        Atomics.add(checked, 0, check(part as unknown as AnyPart, name, cycle));
      for (const name of SHARED) {
        const { data } = part[name];
        const { components = 1 } = FIELDS[name] as { components?: number };
        part.each((flat) => {
          for (let c = 0; c < components; c++) data[flat + c]! += STEP;
        }, name);
      }
    },
    share: () => SHARED,
  };
});
