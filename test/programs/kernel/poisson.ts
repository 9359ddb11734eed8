/**
 * −Δu = 1 on the unit square, u = 0 on its edge, by successive over-relaxation in red and black, until the
 * largest change of a sweep is negligible. `--n`: cells per side, centres half a cell inside.
 */
import { grid, max, type Part, partitionKernel, sum } from 'haloweave';

export default partitionKernel(({ args }) => {
  const n = Number(args.n);
  const h = 1 / n;
  const omega = 2 / (1 + Math.sin(Math.PI * h));
  const half = (colour: number) => ({
    workunit(part: Part<{ u: 'f64'; change: 'f64' }>) {
      const { data: u, stride } = part.u;
      const row = stride[0]!;
      part.each((c, [i = 0, j = 0]) => {
        if ((i + j) % 2 !== colour) return;
        const change = omega * ((u[c - row]! + u[c + row]! + u[c - 1]! + u[c + 1]! + h * h) / 4 - u[c]!);
        u[c]! += change;
        part.change.data[c] = Math.abs(change);
      });
    },
    share: () => ['u'] as const,
  });
  return {
    partition: ({ parts }) =>
      grid({ shape: [n, n], parts, boundary: { dirichlet: 0 }, fields: { u: 'f64', change: 'f64' } }),
    setup: (part) => part.fill('change', () => 1),
    phases: [half(0), half(1)],
    measure: { integral: sum('u'), change: max('change') },
    until: ({ measures }) => measures.change! < 1e-14,
    report: ({ measures, gather }) => ({
      integral: measures.integral! * h * h,
      centre: gather('u').get((n - 1) / 2, (n - 1) / 2),
    }),
  };
});
