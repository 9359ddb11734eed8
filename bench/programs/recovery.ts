// Kernel program of `bench recovery` and `bench checkpoint`: heat on parts of n × n cells, with `repeat` sweeps a cycle to make cycles longer.
import { grid, partitionKernel, sum } from 'haloweave';

export default partitionKernel(({ args }) => {
  const shape = String(args.shape).split('x').map(Number);
  const repeat = Number(args.repeat ?? 1);
  return {
    partition: ({ parts }) =>
      grid({ shape, parts, halo: 1, boundary: 'periodic', fields: { u: 'f64', next: 'f64' } }),
    setup: (part) => part.fill('u', ([i = 0, j = 0]) => ((i * 37 + j * 91) % 101) / 101),
    workunit(part) {
      const [n = 0, m = 0] = part.shape;
      const { data: u, offset, stride } = part.u;
      const row = stride[0]!;
      const next = part.next.data;
      for (let k = 0; k < repeat; k++)
        for (let i = 0; i < n; i++)
          for (let c = offset + i * row; c < offset + i * row + m; c++)
            next[c] = u[c]! + 0.2 * (u[c - row]! + u[c + row]! + u[c - 1]! + u[c + 1]! - 4 * u[c]!);
      part.swap('u', 'next');
    },
    share: () => ['u'],
    measure: { heat: sum('u') },
    measureEvery: 10,
  };
});
