/** What goes wrong in a control and in a reduction, in cycle 2. */
import { grid, max, partitionKernel } from 'haloweave';

export default partitionKernel(({ args: { fault } }) => ({
  partition: ({ parts }) => grid({ shape: [8], parts, fields: { u: 'f64' } }),
  workunit: () => undefined,
  share: () => ['u'],
  reduce: {
    largest: max((part, add, { cycle }) => {
      if (fault === 'reduce throws' && cycle === 2 && part.id === 0) throw new RangeError('no largest');
      add(part.id);
    }),
  },
  control: {
    start: { time: 0, dt: 0.1 },
    next({ cycle, control }) {
      if (fault === 'throws' && cycle === 2) throw new RangeError('no step is small enough');
      const time = control.time! + control.dt!;
      return fault === 'missing' && cycle === 2
        ? ({ time } as Record<string, number>)
        : { time, dt: control.dt! };
    },
  },
}));
