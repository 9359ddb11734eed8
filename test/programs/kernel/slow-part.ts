/**
 * A row of parts of which one waits, in the middle of a cycle, until a distant one is two cycles further.
 * `progress` holds the cycle that each part has begun.
 */
import { grid, partitionKernel } from 'haloweave';

/** Long enough for any machine; it only passes if the wait could never have ended. */
const NEVER = 30_000;

export default partitionKernel(({ args }) => {
  const progress = new Int32Array(args.progress as SharedArrayBuffer);
  const { slow, distant, at, lead } = args as Record<'slow' | 'distant' | 'at' | 'lead', number>;
  return {
    partition: ({ parts }) =>
      grid({ shape: [progress.length], parts, boundary: { constant: 0 }, fields: { u: 'f64' } }),
    setup: (part) => part.fill('u', () => 1),
    workunit(part, { cycle }) {
      for (const beside of [part.id - 1, part.id + 1]) {
        if (beside < 0 || beside >= progress.length) continue;
        const theirs = Atomics.load(progress, beside);
        if (theirs < cycle - 1 || theirs > cycle)
          throw new Error(`part ${part.id} in cycle ${cycle} has a neighbour in cycle ${theirs}`);
      }
      Atomics.store(progress, part.id, cycle);
      Atomics.notify(progress, part.id);
      if (part.id === slow && cycle === at)
        for (let c = Atomics.load(progress, distant); c < at + lead; c = Atomics.load(progress, distant))
          if (Atomics.wait(progress, distant, c, NEVER) === 'timed-out')
            throw new Error(`part ${distant} stays in cycle ${c} while part ${slow} is in cycle ${at}`);
      part.u.data[part.u.offset]! += 1;
    },
    share: () => ['u'],
  };
});
