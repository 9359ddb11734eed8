/**
 * −Δu = f on the unit square, u = 0 on its edge, by conjugate gradients without preconditioning: the two dot
 * products of a cycle are reductions between phases. `--n`: cells per side, centres half a cell inside;
 * f = 2π² sin(πx) sin(πy), whose solution is sin(πx) sin(πy). `--tolerance`: on the residual's norm.
 */
import { dot, grid, max, type Part, partitionKernel } from 'haloweave';

type Fields = { u: 'f64'; r: 'f64'; p: 'f64'; q: 'f64' };
type P = Part<Fields>;

export default partitionKernel<Fields>(({ args }) => {
  const n = Number(args.n);
  const h = 1 / n;
  const exact = (i: number, j: number): number =>
    Math.sin(Math.PI * (i + 0.5) * h) * Math.sin(Math.PI * (j + 0.5) * h);
  return {
    partition: ({ parts }) =>
      grid({
        shape: [n, n],
        parts,
        boundary: { dirichlet: 0 },
        fields: { u: 'f64', r: 'f64', p: 'f64', q: 'f64' },
      }),
    setup: (part) => part.fill('r', ([i = 0, j = 0]) => 2 * Math.PI ** 2 * h * h * exact(i, j)),
    phases: [
      {
        workunit(part: P, { cycle, reduced }) {
          const beta = cycle === 0 ? 0 : reduced.after! / reduced.before!;
          const [p, r] = [part.p.data, part.r.data];
          part.each((c) => {
            p[c] = r[c]! + beta * p[c]!;
          });
        },
        share: () => ['p'],
      },
      {
        workunit(part: P) {
          const { data: p, stride } = part.p;
          const row = stride[0]!;
          part.each((c) => {
            part.q.data[c] = 4 * p[c]! - p[c - row]! - p[c + row]! - p[c - 1]! - p[c + 1]!;
          });
        },
        share: () => [],
        reduce: { pq: dot<Fields>('p', 'q'), before: dot<Fields>('r', 'r') },
      },
      {
        workunit(part: P, { reduced }) {
          const alpha = reduced.before! / reduced.pq!;
          const { u, r, p, q } = part;
          part.each((c) => {
            u.data[c]! += alpha * p.data[c]!;
            r.data[c]! -= alpha * q.data[c]!;
          });
        },
        share: () => [],
        reduce: { after: dot<Fields>('r', 'r') },
      },
    ],
    state: ['u', 'r'],
    measure: {
      residual: dot<Fields>('r', 'r'),
      error: max((part, add) =>
        part.each((c, [i = 0, j = 0]) => add(Math.abs(part.u.data[c]! - exact(i, j)))),
      ),
    },
    lag: 0,
    until: ({ measures }) => Math.sqrt(measures.residual!) < Number(args.tolerance ?? 1e-12),
    report: ({ history, reduced, measures }) => ({
      residuals: history.map((entry) => Math.sqrt(entry.measures.residual!)),
      after: reduced.after,
      ...measures,
    }),
  };
});
