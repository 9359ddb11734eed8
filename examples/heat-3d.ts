/**
 * Heat in a box between a cold and a hot plate: u ← u + r·(sum of the six neighbours − 6u), r = κΔt/h².
 *
 *   npx haloweave run examples/heat-3d.ts -n 4 --cycles 400 --hash
 *   npx haloweave run examples/heat-3d.ts --cycles 100 -- --shape 20x24x16 --mode 1,2,3
 *
 * Axis 0 is a ring, the plates (0 and 1) are the faces of axis 1, and those of axis 2 let no heat through. The
 * start is the steady state (j + ½)/M and on it the wave cos(2πki/L)·sin(πl(j + ½)/M)·cos(πm(n + ½)/N), which
 * every cycle multiplies by exactly 1 − 4r(sin²(πk/L) + sin²(πl/2M) + sin²(πm/2N)): results.maxError, the
 * greatest difference from that, is below 1e-13. Builds on heat; three axes, and a boundary of its own each.
 */
import { grid, max, partitionKernel, sum } from 'haloweave';

export default partitionKernel(({ args }) => {
  const [rows = 64, columns = 48, layers = 40] = numbers(args.shape, 'x');
  const [k = 2, l = 1, m = 3] = numbers(args.mode, ',');
  const r = Number(args.r ?? 0.15);
  const wave = (i: number, j: number, n: number) =>
    Math.cos((2 * Math.PI * k * i) / rows) *
    Math.sin((Math.PI * l * (j + 0.5)) / columns) *
    Math.cos((Math.PI * m * (n + 0.5)) / layers);
  const steady = (j: number) => (j + 0.5) / columns;
  const half = (waves: number, cells: number) => Math.sin((Math.PI * waves) / cells) ** 2;
  const factor = 1 - 4 * r * (half(k, rows) + half(l, 2 * columns) + half(m, 2 * layers));

  return {
    partition: ({ parts }) =>
      grid({
        shape: [rows, columns, layers],
        parts,
        boundary: ['periodic', { lower: { dirichlet: 0 }, upper: { dirichlet: 1 } }, { neumann: 0 }],
        fields: { u: 'f64', next: 'f64' },
      }),

    setup: (part) => part.fill('u', ([i = 0, j = 0, n = 0]) => steady(j) + wave(i, j, n)),

    workunit(part) {
      const [a = 0, b = 0, c = 0] = part.shape;
      const { data: u, offset, stride } = part.u;
      const next = part.next.data;
      const [plane = 0, row = 0] = stride;
      for (let i = 0; i < a; i++)
        for (let j = 0; j < b; j++) {
          const first = offset + i * plane + j * row;
          for (let p = first; p < first + c; p++) {
            const around = u[p - plane]! + u[p + plane]! + u[p - row]! + u[p + row]! + u[p - 1]! + u[p + 1]!;
            next[p] = u[p]! + r * (around - 6 * u[p]!);
          }
        }
      part.swap('u', 'next');
    },

    share: () => ['u'],

    measure: {
      heat: sum('u'),
      maxError: max((part, add, { cycle }) => {
        const amplitude = factor ** cycle;
        part.each((flat, [i = 0, j = 0, n = 0]) =>
          add(Math.abs(part.u.data[flat]! - steady(j) - amplitude * wave(i, j, n))),
        );
      }),
    },
    measureEvery: 100,

    report: ({ measures }) => ({ ...measures }),
  };
});

function numbers(text: unknown, separator: string): number[] {
  return text === undefined ? [] : String(text).split(separator).map(Number);
}
