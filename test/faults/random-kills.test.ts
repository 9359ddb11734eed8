import type { RunOptions } from 'haloweave';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { haloweave, lastObject } from '../support/command-line.js';
import { FaultCluster } from '../support/faults/fault-cluster.js';
import { linesOf, Printed } from '../support/faults/printed.js';
import { drawFaults } from '../support/faults/schedule.js';
import { kernelProgramFile } from '../support/kernel-programs.js';

const FILE = kernelProgramFile('faulted');
const HOSTS = 4;
const PARTS = 8;
const CYCLES = 60;
const FRAMES = 4;
const OPTIONS: RunOptions = { parts: PARTS, cycles: CYCLES, args: { ms: 1, frames: FRAMES } };
/** Processes that have to be killed in the runs of this file together. */
const KILLS = 60;

describe('runs whose processes are killed and whose links are cut at random moments', () => {
  let reference: Record<string, unknown>;
  let frames: string[];
  let cluster: FaultCluster;
  let kills = 0;
  let restored = 0;
  let cuts = 0;
  beforeAll(async () => {
    const words = ['-n', '1', '--parts', `${PARTS}`, '--cycles', `${CYCLES}`, '--json', '--', '--frames'];
    const ended = await haloweave(['run', FILE, ...words, `${FRAMES}`]);
    reference = lastObject(ended);
    frames = linesOf(ended.err, 'frame ');
    expect(frames).toHaveLength(CYCLES / FRAMES + 1);
    cluster = await FaultCluster.start(HOSTS);
  });
  afterAll(async () => {
    await cluster?.[Symbol.asyncDispose]();
  });

  /** One run with the faults of a seed; `every`: cycles between copies in memory, 0 for none. */
  async function trial(seed: number, every: number): Promise<void> {
    const faults = drawFaults(seed, { hosts: HOSTS, parts: PARTS, cycles: CYCLES, every });
    const options = every > 0 ? { ...OPTIONS, buddy: every } : OPTIONS;
    using printed = new Printed();
    const { result, done, cut } = await cluster.run(FILE, options, faults);
    const why = `seed ${seed}\n${cluster.log}`;
    expect(result.hash, why).toBe(reference.hash);
    expect(result.measures, why).toEqual(reference.measures);
    expect(printed.lines('frame '), why).toEqual(frames);
    expect(result.cycles, why).toBe(CYCLES);
    expect(result.recoveries, why).toBeGreaterThan(0);
    kills += done;
    cuts += cut;
    restored += result.restored.filter((r) => r.from === 'memory').length;
  }

  const seeds = (from: number, n: number): number[] => Array.from({ length: n }, (_, k) => from + k);

  it.each(seeds(1, 8))('without copies: from the beginning, seed %i', (seed) => trial(seed, 0));

  it.each(seeds(101, 19))('with copies on buddies: seed %i', (seed) => trial(seed, 5));

  it(`${KILLS} of them and more, and most have gone on from copies`, () => {
    expect(kills).toBeGreaterThanOrEqual(KILLS);
    expect(restored).toBeGreaterThan(12);
    expect(cuts).toBeGreaterThan(12);
  });
});
