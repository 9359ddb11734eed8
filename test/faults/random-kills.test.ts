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
/** Hosts that have to be lost in the runs of this file together. */
const LOSSES = 60;

describe('runs whose processes are killed at random moments', () => {
  let reference: { hash: string | null; measures: Record<string, number> };
  let cluster: FaultCluster;
  let losses = 0;
  beforeAll(async () => {
    reference = await run(FILE, { ...OPTIONS, ranks: 1, args: {} });
    cluster = await FaultCluster.start(HOSTS);
  });
  afterAll(async () => {
    await cluster?.[Symbol.asyncDispose]();
  });

  it.each(Array.from({ length: 32 }, (_, k) => 1 + k))('seed %i', async (seed) => {
    const faults = drawFaults(seed, { hosts: HOSTS, parts: PARTS, cycles: CYCLES, every: 0 });
    const { result } = await cluster.run(FILE, OPTIONS, faults);
    const why = `seed ${seed}\n${cluster.log}`;
    expect(result.hash, why).toBe(reference.hash);
    expect(result.measures, why).toEqual(reference.measures);
    expect(result.cycles, why).toBe(CYCLES);
    expect(result.recoveries, why).toBeGreaterThan(0);
    losses += result.recoveries;
  });

  it(`${LOSSES} of them and more`, () => {
    expect(losses).toBeGreaterThanOrEqual(LOSSES);
  });
});
