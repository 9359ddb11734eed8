import { type RunOptions, run } from 'haloweave';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FaultCluster } from '../support/faults/fault-cluster.js';
import { drawFaults } from '../support/faults/schedule.js';
import { kernelProgramFile } from '../support/kernel-programs.js';

const FILE = kernelProgramFile('faulted');
const HOSTS = 4;
const PARTS = 8;
const CYCLES = 60;
const OPTIONS: RunOptions = { parts: PARTS, cycles: CYCLES, args: { ms: 1 } };
/** Processes that have to be killed in the runs of this file together. */
const KILLS = 60;

describe('runs whose processes are killed at random moments', () => {
  let reference: { hash: string | null; measures: Record<string, number> };
  let cluster: FaultCluster;
  let kills = 0;
  let restored = 0;
  beforeAll(async () => {
    reference = await run(FILE, { ...OPTIONS, ranks: 1, args: {} });
    cluster = await FaultCluster.start(HOSTS);
  });
  afterAll(async () => {
    await cluster?.[Symbol.asyncDispose]();
  });

  /** One run with the faults of a seed; `every`: cycles between copies in memory, 0 for none. */
  async function trial(seed: number, every: number): Promise<void> {
    const faults = drawFaults(seed, { hosts: HOSTS, parts: PARTS, cycles: CYCLES, every });
    const options = every > 0 ? { ...OPTIONS, buddy: every } : OPTIONS;
    const { result, done } = await cluster.run(FILE, options, faults);
    const why = `seed ${seed}\n${cluster.log}`;
    expect(result.hash, why).toBe(reference.hash);
    expect(result.measures, why).toEqual(reference.measures);
    expect(result.cycles, why).toBe(CYCLES);
    expect(result.recoveries, why).toBeGreaterThan(0);
    kills += done;
    restored += result.restored.filter((r) => r.from === 'memory').length;
  }

  const seeds = (from: number, n: number): number[] => Array.from({ length: n }, (_, k) => from + k);

  it.each(seeds(1, 10))('without copies: from the beginning, seed %i', (seed) => trial(seed, 0));

  it.each(seeds(101, 24))('with copies on buddies: seed %i', (seed) => trial(seed, 5));

  it(`${KILLS} of them and more, and most have gone on from copies`, () => {
    expect(kills).toBeGreaterThanOrEqual(KILLS);
    expect(restored).toBeGreaterThan(12);
  });
});
