// Kernel program of `bench sum` and the 3-D cases of `bench heat`: explicit heat, 5 points in two dimensions, 7 in
// three; `measure` none, exact (`sum` of the field every cycle) or fast (`sum.fast`).
import { grid, type Measure, partitionKernel, sum } from 'haloweave';

type Field = { readonly u: 'f64'; readonly next: 'f64' };

export default partitionKernel(({ args }) => {
  const shape = String(args.shape ?? '64x64x64')
    .split('x')
    .map(Number);
  const three = shape.length === 3;
  const r = 0.1;
  const measure: Record<string, Measure<Field>> = args.measure === 'exact'
    ? { total: sum('u') }
    : args.measure === 'fast'
      ? { total: sum.fast('u') }
      : {};
  return {
    partition: ({ parts }) => grid({ shape, parts, boundary: 'periodic', fields: { u: 'f64', next: 'f64' } }),
    setup: (part) =>
      part.fill('u', ([i = 0, j = 0, k = 0]) => ((i * 37 + j * 91 + k * 53) % 101) / 101 - 0.3),
    workunit(part) {
      const [n = 0, m = 0, l = 0] = part.shape;
      const { data: u, offset, stride } = part.u;
      const next = part.next.data;
      if (!three) {
        const row = stride[0]!;
        for (let i = 0; i < n; i++) {
          const first = offset + i * row;
          for (let c = first; c < first + m; c++)
            next[c] = u[c]! + r * (u[c - row]! + u[c + row]! + u[c - 1]! + u[c + 1]! - 4 * u[c]!);
        }
      } else {
        const plane = stride[0]!;
        const row = stride[1]!;
        for (let i = 0; i < n; i++)
          for (let j = 0; j < m; j++) {
            const first = offset + i * plane + j * row;
            for (let c = first; c < first + l; c++)
              next[c] =
                u[c]! +
                r *
                  (u[c - plane]! +
                    u[c + plane]! +
                    u[c - row]! +
                    u[c + row]! +
                    u[c - 1]! +
                    u[c + 1]! -
                    6 * u[c]!);
          }
      }
      part.swap('u', 'next');
    },
    share: () => ['u'],
    measure,
    report: ({ measures }) => ({ ...measures }),
  };
});
