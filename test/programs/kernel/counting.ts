/**
 * Whole numbers on a ring, u ← (5u + left + index) mod 997, with two phases a cycle. What every phase of
 * every part could see of the measures goes to `log`, what `output` got to `frames`.
 */
import { grid, max, min, partitionKernel, sum } from 'haloweave';

export default partitionKernel(({ args }) => {
  const cells = Number(args.cells);
  const parts = Number(args.parts);
  const logged = Number(args.logged ?? 0);
  const log = args.log ? new Float64Array(args.log as SharedArrayBuffer) : null;
  const frames = args.frames ? new Float64Array(args.frames as SharedArrayBuffer) : null;
  const stopAt = args.stopAt as number | undefined;
  const stopAbove = args.stopAbove as number | undefined;
  return {
    partition: () => grid({ shape: [cells], parts, fields: { u: 'f64', next: 'f64' } }),
    setup: (part) => part.fill('u', ([i = 0]) => (i * i) % 997),
    phases: [
      {
        workunit(part, { cycle, phase, measures, measuredCycle }) {
          const { offset } = part.u;
          const data = part.u.data as Float64Array;
          for (let k = 0; k < part.shape[0]!; k++)
            part.next.data[offset + k] =
              (5 * data[offset + k]! + data[offset + k - 1]! + part.lo[0]! + k) % 997;
          note(part.id, cycle, phase, measuredCycle, measures.total);
        },
        share: () => [],
      },
      {
        workunit(part, { cycle, phase, measures, measuredCycle }) {
          note(part.id, cycle, phase, measuredCycle, measures.total);
          part.swap('u', 'next');
        },
        share: () => ['u'],
      },
    ],
    ...(args.measure !== false && {
      measure: {
        total: sum('u'),
        least: min('u'),
        // A measure sees the context too: nothing later than what the cycle before could see.
        newest: max((_part, add, { measuredCycle }) => add(measuredCycle)),
      },
    }),
    ...(args.measureEvery !== undefined && { measureEvery: Number(args.measureEvery) }),
    ...(args.lag !== undefined && { lag: Number(args.lag) }),
    ...((stopAt !== undefined || stopAbove !== undefined) && {
      until: ({ cycle, measures }) =>
        (stopAt !== undefined && cycle >= stopAt) || (stopAbove !== undefined && measures.total! > stopAbove),
    }),
    ...(frames && {
      output: {
        every: Number(args.every),
        fields: ['u', 'next'] as const,
        write({ cycle, fields }) {
          const at = 1 + frames[0]! * (cells + 1);
          frames[at] = cycle;
          frames.set(fields.u!.data as Float64Array, at + 1);
          frames[0]!++;
        },
      },
    }),
    report: ({ cycles, history, interrupted, measures, gather }) => ({
      cycles,
      history,
      interrupted,
      measures,
      u: Array.from(gather('u').data as Float64Array),
    }),
  };

  function note(id: number, cycle: number, phase: number, measuredCycle: number, total = Number.NaN): void {
    log?.set([measuredCycle, total], 2 * (2 * (id * logged + cycle) + phase));
  }
});
