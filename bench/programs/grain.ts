// Kernel program of `bench grain`: small partitions, whole user API; `work` 0 is an empty workunit, 1 a 5-point update.
import { grid, partitionKernel } from 'haloweave';

export default partitionKernel(({ args }) => {
  const [rows = 256, columns = 256] = String(args.shape ?? '256x256')
    .split('x')
    .map(Number);
  const work = Number(args.work ?? 1);
  return {
    partition: ({ parts }) => grid({ shape: [rows, columns], parts, fields: { u: 'f64', next: 'f64' } }),
    setup: (part) => part.fill('u', ([i = 0, j = 0]) => ((i * 37 + j * 91) % 101) / 101),
    workunit(part) {
      if (work === 0) return;
      const [n = 0, m = 0] = part.shape;
      const { data: u, offset, stride } = part.u;
      const next = part.next.data;
      const row = stride[0]!;
      for (let i = 0; i < n; i++) {
        const first = offset + i * row;
        for (let c = first; c < first + m; c++)
          next[c] = u[c]! + 0.2 * (u[c - row]! + u[c + row]! + u[c - 1]! + u[c + 1]! - 4 * u[c]!);
      }
      part.swap('u', 'next');
    },
    share: () => ['u'],
  };
});
