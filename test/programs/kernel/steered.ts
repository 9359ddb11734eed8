/**
 * Whole numbers on a ring that depend on everything a workunit is told: reductions between phases, the
 * control values, the measures. test/support/kernel-steered.ts is the same as one loop.
 */
import { grid, max, partitionKernel, sum } from 'haloweave';

const known = (x: number | undefined): number => (x === undefined || Number.isNaN(x) ? 0 : x);

export default partitionKernel(({ args }) => {
  const written: number[][] = [];
  const cells = Number(args.cells);
  const end = args.end === undefined ? null : Number(args.end);
  return {
    partition: ({ parts }) => grid({ shape: [cells], parts, fields: { u: 'f64', v: 'f64' } }),
    setup: (part) => part.fill('u', ([i = 0]) => (i * i) % 997),
    phases: [
      {
        workunit(part, { control, reduced }) {
          const [u, v] = [part.u.data, part.v.data];
          part.each((c, [i = 0]) => {
            v[c] = (5 * u[c]! + u[c - 1]! + i + control.step! + known(reduced.after)) % 997;
          });
        },
        share: () => [],
        reduce: { first: sum('v'), largest: max('v') },
      },
      {
        workunit(part, { reduced, measures }) {
          const v = part.v.data;
          part.each((c) => {
            v[c] =
              (v[c]! + reduced.first! + reduced.largest! + known(reduced.after) + known(measures.total)) %
              997;
          });
        },
        share: () => [],
      },
      {
        workunit(part, { reduced }) {
          const v = part.v.data;
          part.each((c) => {
            part.u.data[c] = (v[c]! + reduced.first!) % 997;
          });
        },
        share: () => ['u'],
        reduce: { after: sum('u') },
      },
    ],
    measure: {
      total: sum('u'),
      seen: max((_part, add, { control, reduced }) => add(control.time! + known(reduced.after))),
    },
    measureEvery: Number(args.measureEvery),
    lag: Number(args.lag),
    control: {
      start: { time: 0, step: 0 },
      next({ control, measures, measuredCycle, cycle }) {
        const step = (3 * control.step! + known(measures.total) + measuredCycle + cycle) % 101;
        const time = control.time! + control.step!;
        return { step: end === null ? step : Math.min(step, end - time), time };
      },
    },
    ...(end === null
      ? {}
      : { until: ({ control }: { control: Readonly<Record<string, number>> }) => control.time! >= end }),
    output: {
      every: 4,
      fields: ['u'],
      write: ({ cycle, fields }) => {
        written.push([cycle, ...Array.from(fields.u!.data as Float64Array)]);
      },
    },
    report: ({ history, control, reduced, gather }) => ({
      history,
      control,
      reduced,
      written,
      u: Array.from(gather('u').data as Float64Array),
    }),
  };
});
