import { type Args, grid, partitionKernel, sum } from 'haloweave';

/**
 * A diffusion whose state depends on every cycle, for programs in which something happens: `before` is called before every
 * workunit with the number of its part.
 */
export const diffusion = (shape: number[], before: (part: number, cycle: number, args: Args) => void) =>
  partitionKernel({
    partition: ({ parts }) => grid({ shape, parts, fields: { u: 'f64', next: 'f64' } }),
    setup: (part) => part.fill('u', ([i, j]) => ((i! * 37 + j! * 91) % 101) / 101),
    workunit(part, { cycle, args }) {
      before(part.id, cycle, args);
      const { u, next } = part;
      const [n, m] = part.shape as [number, number];
      for (let i = 0; i < n; i++)
        for (let j = 0; j < m; j++)
          next.set(
            i,
            j,
            u.get(i, j) +
              0.2 * (u.get(i - 1, j) + u.get(i + 1, j) + u.get(i, j - 1) + u.get(i, j + 1) - 4 * u.get(i, j)),
          );
      part.swap('u', 'next');
    },
    share: () => ['u'],
    measure: { heat: sum('u') },
  });
