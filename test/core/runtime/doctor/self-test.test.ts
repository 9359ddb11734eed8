import { describe, expect, it } from 'vitest';
import type { Finding } from '../../../../core/runtime/doctor/finding.js';
import { type Runner, selfTest } from '../../../../core/runtime/doctor/self-test.js';

/** A machine that gives good figures, and one hash a number of ranks. */
function runner(hash: (ranks: number) => string | null, fails?: string): Runner {
  return async (_file, { ranks = 0, args = {} }) => {
    if (args.test !== undefined && args.test === fails) throw new Error(`rank 1: ${fails} went wrong`);
    const results = { message: 1, barrier: 2, allreduce: 3, latency: 4, bandwidth: 5 };
    return { results, hash: hash(ranks), seconds: 6 / ranks };
  };
}

async function findings(run: Runner, ranks = 3): Promise<{ found: Finding[]; started: string[] }> {
  const started: string[] = [];
  const found: Finding[] = [];
  const options = { ranks, memory: 2 ** 30, heat: 'heat.ts', run };
  for await (const f of selfTest({ ...options, onStart: (name) => started.push(name) })) found.push(f);
  return { found, started };
}

describe('the self-test', () => {
  it('tells its figures, each test announced before it starts', async () => {
    const { found, started } = await findings(runner(() => 'abc'));
    expect(started).toEqual([
      'ring of messages',
      'barrier, allreduce',
      'message latency',
      'memory bandwidth',
      'same bits',
    ]);
    expect(found.map((f) => f.name)).toEqual(started);
    expect(found.every((f) => f.status === 'fine')).toBe(true);
    expect(found.map((f) => f.value)).toEqual([
      '1.00 µs a message round 3 ranks',
      '2.00 µs, 3.00 µs on 3 ranks',
      '8 bytes in 4.00 µs',
      '5.0 GB/s copied by 3 ranks together',
      'heat has hash abc on 1 and 3 ranks, 3.0 times as fast',
    ]);
  });

  it('fails where hashes differ, and names both', async () => {
    const { found } = await findings(runner((ranks) => `hash${ranks}`));
    expect(found.at(-1)).toMatchObject({
      status: 'failed',
      value: 'heat has hash hash1 on 1 rank and hash3 on 3',
    });
    expect(found.at(-1)!.advice).toContain('report');
    const missing = await findings(runner(() => null));
    expect(missing.found.at(-1)!.status).toBe('failed');
  });

  it('goes on after a test that failed', async () => {
    const { found } = await findings(runner(() => 'abc', 'ring'));
    expect(found.map((f) => f.status)).toEqual(['failed', 'fine', 'fine', 'fine', 'fine']);
    expect(found[0]!.value).toBe('rank 1: ring went wrong');
  });
});
