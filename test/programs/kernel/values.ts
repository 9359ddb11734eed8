/** Given values on a line, untouched: only measured. */
import { dot, grid, max, min, partitionKernel, sum } from 'haloweave';

export default partitionKernel(({ args }) => {
  const values = args.values as number[];
  return {
    partition: ({ parts }) => grid({ shape: [values.length], parts, fields: { u: 'f64', v: 'f32' } }),
    setup(part) {
      part.fill('u', ([i = 0]) => values[i]!);
      part.fill('v', ([i = 0]) => i - 30);
    },
    workunit: () => undefined,
    share: () => ['u'],
    measure: {
      byName: sum('u'),
      byTerms: sum((part, add) => part.each((flat) => add(part.u.data[flat]!))),
      fast: sum.fast('u'),
      fastTerms: sum.fast((part, add) => part.each((flat) => add(part.u.data[flat]!))),
      square: dot('u', 'u'),
      product: dot('v', 'u'),
      least: min('u'),
      most: max('u'),
      // Any number of terms a part.
      single: sum((part, add) =>
        part.each((flat) => {
          if (Math.abs(part.u.data[flat]!) < 1) add(1);
        }),
      ),
    },
  };
});
