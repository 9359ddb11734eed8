/** Given values on a line, untouched: only measured. */
import { grid, max, min, partitionKernel, sum } from 'haloweave';

export default partitionKernel(({ args }) => {
  const values = args.values as number[];
  return {
    partition: ({ parts }) => grid({ shape: [values.length], parts, fields: { u: 'f64' } }),
    setup: (part) => part.fill('u', ([i = 0]) => values[i]!),
    workunit: () => undefined,
    share: () => ['u'],
    measure: {
      byName: sum('u'),
      byTerms: sum((part, add) => part.each((flat) => add(part.u.data[flat]!))),
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
