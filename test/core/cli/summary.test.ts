import { type RunResult, run } from 'haloweave';
import { expect, it } from 'vitest';
import { textSummary } from '../../../core/cli/summary.js';
import { kernelProgramFile } from '../../support/kernel-programs.js';

const CYCLES = 64;

/** A ring of eight parts, an edge of 8 bytes to either side, shared once a cycle. */
function ring(apart?: number[]): Promise<RunResult> {
  return run(kernelProgramFile('counting'), {
    cycles: CYCLES,
    ranks: 4,
    args: { cells: 40, parts: 8, measure: false },
    ...(apart ? { apart } : {}),
  });
}

it('a run on several hosts says where its halos went', async () => {
  // Of eight edges four are inside ranks, two inside hosts, two between them; both ways: 1 KiB an edge.
  const lines = textSummary(await ring([2, 2]), false).split('\n');
  expect(lines).toContain('  halos: 4.00 KiB inside a rank, 2.00 KiB inside a host, 2.00 KiB between hosts');
  expect(textSummary(await ring(), false)).not.toContain('between hosts');
});
