import fc from 'fast-check';
import { run } from 'haloweave';
import { describe, expect, it } from 'vitest';
import type { Transmission } from '../../programs/comm/schedule.js';
import { programFile } from '../../support/paths.js';

/** Elements next to every limit; large ones are rare, so that a schedule can be long. */
const elements = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 40 }) },
  { weight: 3, arbitrary: fc.integer({ min: 41, max: 3000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 16_380, max: 16_390 }) },
  { weight: 1, arbitrary: fc.integer({ min: 17_000, max: 60_000 }) },
);

function schedule(ranks: number): fc.Arbitrary<Transmission[]> {
  const rank = fc.nat(ranks - 1);
  return fc.array(
    fc.record({
      from: rank,
      to: rank,
      tag: fc.integer({ min: 0, max: 3 }),
      n: elements,
      how: fc.constantFrom('send', 'isend', 'object' as const),
      heap: fc.boolean(),
    }),
    { minLength: 150, maxLength: 400 },
  );
}

describe.each([2, 3, 4])('any schedule of messages among %i ranks', (ranks) => {
  it('arrives whole, and in order from each source with each tag', async () => {
    await fc.assert(
      fc.asyncProperty(schedule(ranks), fc.nat(), async (transmissions, seed) => {
        const { results } = await run(programFile('schedule.ts'), { ranks, args: { transmissions, seed } });
        expect(results).toBe(transmissions.length);
      }),
      { numRuns: 5, endOnFailure: true },
    );
  });
});
