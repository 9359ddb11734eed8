/**
 * Cells and vertices that drive each other, vectors, and a field of every dtype, between boundaries of every
 * kind, one of them a function of place and cycle. `--fault throws | nothing` spoils that
 * function; `--from FOLDER` starts from a saved state.
 */
import {
  type BoundaryFunction,
  type DType,
  dot,
  grid,
  max,
  min,
  type NdArray,
  type PartMembers,
  partitionKernel,
  sum,
} from 'haloweave';

type AnyPart = PartMembers & Record<string, NdArray>;
export const SHAPE = [7, 6, 9];
export const DTYPES: DType[] = ['f64', 'f32', 'i8', 'u8', 'i16', 'u16', 'i32', 'u32', 'i64', 'u64'];
/** Alternately cells and vertices, numbers and vectors. */
export const TYPED = Object.fromEntries(
  DTYPES.map((dtype, k) => [
    `t_${dtype}`,
    {
      dtype,
      centring: k % 2 ? ('vertex' as const) : ('cell' as const),
      ...(k % 3 ? { components: k % 3 } : {}),
    },
  ]),
);
export const STATE = ['u', 'p', 'm', ...Object.keys(TYPED)];

/** A number between −1 and 1 that looks like nothing in particular. */
function rough([i = 0, j = 0, k = 0]: readonly number[], seed: number): number {
  return (((i * 7919 + j * 104729 + k * 15485863 + seed * 1299709) % 2003) - 1001) / 1001;
}

export default partitionKernel(({ args }) => {
  const tide: BoundaryFunction = (inside, { index: [, j = 0], layer, cycle }) => {
    if (args.fault === 'throws' && cycle === 2 && j === 1) throw new RangeError('no tide');
    if (args.fault === 'nothing' && cycle === 2) return undefined as never;
    return inside + 0.125 * (cycle % 3) - 0.25 * layer + 0.0625 * j;
  };
  return {
    partition: ({ parts }) =>
      grid({
        shape: SHAPE,
        parts,
        boundary: ['periodic', { lower: { dirichlet: 2 }, upper: { neumann: 3 } }, { constant: 1 }],
        fields: {
          u: {
            dtype: 'f64',
            boundary: [
              'periodic',
              { lower: { neumann: -0.5 }, upper: { dirichlet: 0.25 } },
              { lower: tide, upper: { neumann: 0 } },
            ],
          },
          p: {
            dtype: 'f64',
            centring: 'vertex',
            boundary: ['periodic', { dirichlet: 0.5 }, { lower: { neumann: 0.25 }, upper: tide }],
          },
          m: {
            dtype: 'f64',
            components: 3,
            boundary: ['periodic', { dirichlet: [0, 0, 1] }, { neumann: [0.5, 0, -0.5] }],
          },
          ...TYPED,
        },
      }),

    setup(part) {
      if (args.from !== undefined) {
        for (const name of STATE) (part as unknown as AnyPart).load(name, `${String(args.from)}/${name}.npy`);
        return;
      }
      part.fill('u', (x) => rough(x, 1));
      part.fill('p', (x) => rough(x, 2));
      part.fill('m', (x) => [3, 4, 5].map((seed) => rough(x, seed)));
      for (const [k, name] of Object.keys(TYPED).entries()) {
        const big = /64$/.test(name) && name !== 't_f64';
        (part as unknown as AnyPart).fill(name, (x) => {
          const n = Math.round(100 * rough(x, 6 + k));
          return big ? BigInt(n) << 33n : n;
        });
      }
    },

    workunit(part) {
      const any = part as unknown as AnyPart;
      // All from the old state: halos do not see what is written here.
      const before = { u: part.u.data.slice(), p: part.p.data.slice(), m: part.m.data.slice() };
      for (const name of ['u', 'm', 'p'] as const) {
        // Cells take from the vertices around them, vertices from the cells around them.
        const { lo, hi } = part.owned(name);
        const [a, b] = name === 'p' ? [-1, 0] : [0, 1];
        const from = name === 'p' ? before.u : before.p;
        const other = name === 'p' ? 'u' : 'p';
        const old = before[name];
        const row = part[name].stride;
        for (let i = lo[0]!; i < hi[0]!; i++)
          for (let j = lo[1]!; j < hi[1]!; j++)
            for (let k = lo[2]!; k < hi[2]!; k++) {
              let around = 0;
              for (const x of [i + a, i + b])
                for (const y of [j + a, j + b])
                  for (const z of [k + a, k + b]) around += from[part.place(other, [x, y, z])]!;
              const at = part.place(name, [i, j, k]);
              const components = name === 'm' ? 3 : 1;
              for (let c = 0; c < components; c++) {
                const near = old[at + c - row[0]!]! - old[at + c + row[1]!]! + old[at + c - row[2]!]!;
                part[name].data[at + c] = 0.5 * old[at + c]! + 0.03 * (c + 1) * around + 0.04 * near;
              }
            }
      }
      for (const name of Object.keys(TYPED)) {
        const { data, stride } = any[name]!;
        const old = data.slice();
        const { components = 1 } = TYPED[name] as { components?: number };
        any.each((flat) => {
          for (let c = 0; c < components; c++) {
            const x = old[flat + c]!;
            const y = old[flat + c - stride[0]! + stride[1]! - stride[2]!]!;
            data[flat + c] = (
              typeof x === 'bigint' ? x * 3n + (y as bigint) : (3 * x + (y as number)) / 4
            ) as never;
          }
        }, name);
      }
    },

    share: () => STATE as never,
    measure: Object.fromEntries([
      ...['u', 'p', 'm'].map((name) => [`square ${name}`, dot(name, name)]),
      ...STATE.flatMap((name) => [
        [`sum ${name}`, sum(name)],
        [`min ${name}`, min(name)],
        [`max ${name}`, max(name)],
      ]),
    ]) as never,
    measureEvery: 2,
  };
});
