// Kernel program of `bench halo`: nothing is computed; with `share` 1 the field's halos are exchanged every cycle.
import { grid, partitionKernel } from 'haloweave';

export default partitionKernel(({ args }) => {
  const shape = String(args.shape).split('x').map(Number);
  const shared: 'u'[] = Number(args.share) === 1 ? ['u'] : [];
  return {
    partition: ({ parts }) => grid({ shape, parts, halo: 1, boundary: 'periodic', fields: { u: 'f64' } }),
    setup: (part) => part.fill('u', ([i = 0, j = 0, k = 0]) => i + 2 * j + 3 * k),
    workunit() {},
    share: () => shared,
  };
});
