import { describe, expect, it } from 'vitest';
import {
  type Fault,
  SimulatedCluster,
  type SimulationOptions,
} from '../../../support/faults/simulated-cluster.js';

const ALL: Fault[] = ['kill', 'kill', 'join', 'leave', 'thread', 'evict alive', 'interrupt', 'exception'];
const wishes = { ranks: null, oversubscribe: false, minRanks: 1, recovers: true, resume: null };
const base: Omit<SimulationOptions, 'seed'> = {
  steps: 600,
  wishes,
  hosts: 4,
  cycles: 12,
  every: 3,
  disk: 0,
  faults: ALL,
};

/** Runs many seeds; how often each end came. */
function simulate(seeds: number, change: (seed: number) => Partial<SimulationOptions>): Map<string, number> {
  const ends = new Map<string, number>();
  for (let seed = 1; seed <= seeds; seed++) {
    const cluster = new SimulatedCluster({ ...base, seed, ...change(seed) });
    cluster.run();
    const { how } = cluster.finished[0]!;
    ends.set(how, (ends.get(how) ?? 0) + 1);
  }
  return ends;
}

describe('thousands of clusters in which anything happens', () => {
  it('come to one end, never in two epochs, never from a state that is not whole', () => {
    const ends = simulate(1500, (seed) => ({
      hosts: 1 + (seed % 6),
      every: seed % 4,
      disk: seed % 3 === 0 ? 4 : 0,
      wishes: {
        ...wishes,
        ranks: seed % 5 === 0 ? 4 : null,
        oversubscribe: seed % 2 === 0,
        minRanks: seed % 7 === 0 ? 3 : 1,
      },
    }));
    for (const how of ['done', 'failed', 'interrupted', 'lost'])
      expect(ends.get(how), how).toBeGreaterThan(20);
  });

  it('are done without faults', () => {
    expect(simulate(100, (seed) => ({ faults: [], hosts: 1 + (seed % 5), every: seed % 4 }))).toEqual(
      new Map([['done', 100]]),
    );
  });

  it('are done however often hosts come and go, as long as one stays', () => {
    const ends = simulate(200, (seed) => ({ faults: ['join', 'join', 'leave'], hosts: 2 + (seed % 3) }));
    expect([...ends.keys()]).toEqual(['done']);
  });

  it('never go on without state if the program has none', () => {
    const ends = simulate(200, () => ({
      faults: ['kill', 'join', 'leave'],
      wishes: { ...wishes, recovers: false },
    }));
    expect(ends.get('lost')).toBeGreaterThan(20);
  });
});
