/** A diffusion that says when it is under way. */
import { grid, partitionKernel, sum } from 'haloweave';

/** States far enough from the first that every rank has computed. */
const UNDER_WAY = 50;

export default partitionKernel({
  partition: ({ parts }) => grid({ shape: [96, 80], parts, fields: { u: 'f64', next: 'f64' } }),
  setup: (part) => part.fill('u', ([i, j]) => ((i! * 37 + j! * 91) % 101) / 101),
  workunit(part, { cycle }) {
    if (part.id === 0 && cycle === UNDER_WAY) process.stderr.write('going\n');
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
