import { availableParallelism } from 'node:os';
import { describe, expect, it } from 'vitest';
import { chooseRanks } from '../../../core/runtime/ranks.js';

describe('the number of ranks', () => {
  it('is what was asked, then the environment in its order, then the cores', () => {
    const env = { HALOWEAVE_RANKS: '5', SLURM_CPUS_PER_TASK: '4', OMP_NUM_THREADS: '3' };
    expect(chooseRanks(7, env)).toEqual({ ranks: 7, source: '-n' });
    expect(chooseRanks(undefined, env)).toEqual({ ranks: 5, source: 'HALOWEAVE_RANKS' });
    expect(chooseRanks(undefined, { ...env, HALOWEAVE_RANKS: '' })).toEqual({
      ranks: 4,
      source: 'SLURM_CPUS_PER_TASK',
    });
    expect(chooseRanks(undefined, { OMP_NUM_THREADS: '3' })).toEqual({ ranks: 3, source: 'OMP_NUM_THREADS' });
    expect(chooseRanks(undefined, {})).toEqual({ ranks: availableParallelism(), source: 'number of cores' });
  });

  it('must be whole, from wherever it comes', () => {
    for (const n of [0, -1, 1.5, Number.NaN])
      expect(() => chooseRanks(n, {})).toThrow('whole number of 1 or more');
    for (const text of ['0', 'x', '2.5', '-3', '4,4'])
      expect(() => chooseRanks(undefined, { HALOWEAVE_RANKS: text })).toThrow(`HALOWEAVE_RANKS=${text}`);
  });
});
