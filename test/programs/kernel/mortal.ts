/**
 * A diffusion of which rank 0's thread ends itself (`HALOWEAVE_TEST_EXIT=CYCLE`) or fails (`HALOWEAVE_TEST_THROW=CYCLE`)
 * in the middle. By the surroundings and not by arguments, so that it can be resumed as the same run.
 */
import { grid, partitionKernel, sum } from 'haloweave';

const cycleOf = (name: string): number => Number(process.env[name] ?? -1);

export default partitionKernel({
  partition: ({ parts }) => grid({ shape: [64, 48], parts, fields: { u: 'f64', next: 'f64' } }),
  setup: (part) => part.fill('u', ([i, j]) => ((i! * 37 + j! * 91) % 101) / 101),
  workunit(part, { cycle }) {
    if (part.id === 0 && cycle === cycleOf('HALOWEAVE_TEST_EXIT')) process.exit(7);
    if (part.id === 0 && cycle === cycleOf('HALOWEAVE_TEST_THROW')) throw new RangeError('enough');
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
