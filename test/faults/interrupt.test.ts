import { type RunOptions, type RunResult, run } from 'haloweave';
import { describe, expect, it } from 'vitest';
import { kernelProgramFile } from '../support/kernel-programs.js';

const FILE = kernelProgramFile('counting');

/** Runs until it is told to stop, once a good many cycles are done. */
function interrupted(args: Record<string, unknown>, options: RunOptions): Promise<RunResult> {
  const stop = new AbortController();
  return run(FILE, {
    // stopAt is out of reach: only the signal ends the run.
    args: { cells: 50, parts: 9, stopAt: 2 ** 40, ...args },
    signal: stop.signal,
    progressEvery: 5,
    onProgress: ({ cycle }) => {
      if (cycle >= 20) stop.abort();
    },
    ...options,
  });
}

describe('a run that is stopped from outside ends at a whole cycle', () => {
  it.each<[string, Record<string, unknown>, RunOptions]>([
    ['inline', {}, { transport: 'inline' }],
    ['on one rank', {}, { ranks: 1 }],
    ['on 3 ranks', {}, { ranks: 3 }],
    ['on 3 ranks with lag 0', { lag: 0 }, { ranks: 3 }],
    ['on 4 ranks with lag 3, every 2', { lag: 3, measureEvery: 2 }, { ranks: 4 }],
    ['on 2 ranks without measures', { measure: false }, { ranks: 2 }],
    ['with more ranks than parts', { parts: 2 }, { ranks: 3 }],
  ])('%s', async (_, args, options) => {
    const result = await interrupted(args, options);
    expect(result.interrupted).toBe(true);
    expect(result.cycles).toBeGreaterThanOrEqual(20);
    const reference = await run(FILE, {
      cycles: result.cycles,
      transport: 'inline',
      args: { cells: 50, parts: 9, ...args },
    });
    expect(result.hash).toBe(reference.hash);
    expect(result.measures).toEqual(reference.measures);
    const { history, u } = result.results as { history: unknown; u: unknown };
    expect(u).toEqual((reference.results as { u: unknown }).u);
    expect(history).toEqual((reference.results as { history: unknown }).history);
    for (const r of result.perRank) expect(r.workunits).toBe(r.partitions * 2 * result.cycles);
  });

  it('before its first cycle: none is done', async () => {
    for (const options of [{ transport: 'inline' }, { ranks: 2 }] as RunOptions[]) {
      const result = await run(FILE, {
        args: { cells: 50, parts: 9 },
        cycles: 10,
        signal: AbortSignal.abort(),
        ...options,
      });
      expect([result.cycles, result.interrupted]).toEqual([0, true]);
    }
  });

  it('a run that has ended before is not interrupted', async () => {
    const result = await run(FILE, {
      args: { cells: 50, parts: 9 },
      cycles: 10,
      ranks: 2,
      signal: new AbortController().signal,
    });
    expect([result.cycles, result.interrupted]).toEqual([10, false]);
  });
});
