import { run } from 'haloweave';
import { describe, expect, it } from 'vitest';
import { programFile } from '../../../support/paths.js';

describe('a collective that timed out', () => {
  it('leaves its rank out of step: every later one on that communicator says so', async () => {
    const { results } = await run(programFile('broken.ts'), { ranks: 3 });
    const step = (call: string): string =>
      `program: ${call}: rank 0 has left an earlier barrier of this communicator when its time was over, so its ranks are no longer in step: end the run, or go on with another communicator`;
    expect(results).toEqual([
      'timeout: barrier on rank 0 was not over within its limit: the other side is late or never came; give it more time, or look why',
      step('allreduce'),
      step('gather'),
    ]);
  });
});
