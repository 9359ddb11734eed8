/** A grid of any shape whose field of any dtype comes from a file, and counts up from there. */
import { type DType, grid, partitionKernel } from 'haloweave';

export default partitionKernel(({ args }) => ({
  partition: ({ parts }) =>
    grid({
      shape: args.shape as number[],
      parts,
      halo: 1,
      fields: { u: (args.dtype ?? 'f64') as DType, scratch: 'f32' },
    }),
  setup: (part) => part.load((args.field ?? 'u') as 'u', args.file as string),
  workunit: (part) => {
    const u = part.u.data;
    part.each((flat) => {
      u[flat] = (typeof u[flat] === 'bigint' ? u[flat] + 1n : u[flat]! + 1) as never;
    });
  },
  share: () => ['u'],
}));
