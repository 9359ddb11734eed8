import { type RunOptions, run } from 'haloweave';
import { describe, expect, it } from 'vitest';
import { kernelProgramFile } from '../../../support/kernel-programs.js';

const CYCLES = 12;

/** Runs a row of parts while one waits in cycle 3 until another is `lead` cycles further. */
async function slowRow(
  parts: number,
  slow: number,
  distant: number,
  lead: number,
  options: RunOptions,
): Promise<void> {
  const progress = new SharedArrayBuffer(4 * parts);
  const result = await run(kernelProgramFile('slow-part'), {
    cycles: CYCLES,
    parts,
    args: { progress, slow, distant, at: 3, lead },
    ...options,
  });
  expect(result.cycles).toBe(CYCLES);
  expect([...new Int32Array(progress)]).toEqual(Array.from({ length: parts }, () => CYCLES - 1));
  expect(Array.from(result.gather('u').data as Float64Array)).toEqual(
    Array.from({ length: parts }, () => CYCLES + 1),
  );
}

// A part begins cycle c once its neighbours have finished c − 1: k parts away it may be k − 1 cycles ahead. The
// parts between that live on the rank that waits may be as many cycles behind, and count for nothing.
describe('without a barrier per cycle', () => {
  it('a part on another rank is cycles ahead of one that is held up', () =>
    slowRow(8, 3, 7, 3, { ranks: 2 }));

  it('the more, the more parts lie between', () => slowRow(16, 7, 15, 7, { ranks: 2 }));

  it('so is a rank beyond the next one', () => slowRow(12, 11, 0, 5, { ranks: 3 }));
});

describe('work is where the parts are', () => {
  it.each([
    [1, 3],
    [2, 3],
    [3, 3],
    [7, 4],
  ])('%i parts on %i ranks', async (parts, ranks) => {
    const cycles = 5;
    const result = await run(kernelProgramFile('counting'), { cycles, ranks, args: { cells: 40, parts } });
    const working = result.perRank.filter((r) => r.workunits > 0);
    expect(working).toHaveLength(Math.min(ranks, parts));
    expect(result.perRank).toHaveLength(ranks);
    for (const r of result.perRank) expect(r.workunits).toBe(r.partitions * cycles * 2);
    expect(result.perRank.reduce((n, r) => n + r.partitions, 0)).toBe(parts);
    expect(result.parts).toBe(parts);
    expect(result.nondeterministic).toBe(0);
  });

  it('counts what goes to other ranks, and the bytes of all halos', async () => {
    const cycles = 5;
    const result = await run(kernelProgramFile('counting'), {
      cycles,
      ranks: 2,
      args: { cells: 40, parts: 4, measure: false },
    });
    // A ring of four parts in two pairs: two edges between ranks, each both ways, in both phases.
    expect(result.perRank.map((r) => r.messages)).toEqual([2 * 2 * cycles, 2 * 2 * cycles]);
    // One field of 8 bytes, shared in one phase, over two edges of one cell, by two parts.
    expect(result.perRank.map((r) => r.haloBytes)).toEqual([8 * 2 * 2 * cycles, 8 * 2 * 2 * cycles]);
    // Of a part's two neighbours one is on the other rank.
    expect(result.perRank.map((r) => r.haloBytesBetweenRanks)).toEqual([8 * 2 * cycles, 8 * 2 * cycles]);
    expect(Object.keys(result.perRank[0]!)).toEqual([
      'rank',
      'partitions',
      'workunits',
      'messages',
      'haloBytes',
      'haloBytesBetweenRanks',
      'haloBytesBetweenHosts',
      'seconds',
    ]);
  });

  it('one rank: no byte of a halo goes to another', async () => {
    const result = await run(kernelProgramFile('counting'), {
      cycles: 3,
      ranks: 1,
      args: { cells: 40, parts: 4 },
    });
    expect(result.perRank[0]!.haloBytes).toBeGreaterThan(0);
    expect(result.perRank[0]!.haloBytesBetweenRanks).toBe(0);
  });
});
