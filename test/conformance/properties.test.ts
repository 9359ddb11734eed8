import { type RunOptions, run } from 'haloweave';
import { describe, expect, it } from 'vitest';
import { CALLS } from '../programs/comm/properties/scenario.js';
import { programFile } from '../support/paths.js';

const program = programFile('properties.ts');

/** Thirty sequences each; what fails names the seed, the sequence and the step. */
const SEEDS = [1, 5, 20];

const hosts: (RunOptions & { name: string })[] = [
  { name: 'inline', transport: 'inline' },
  ...[1, 2, 3, 4, 7].map((ranks) => ({ name: `threads, ${ranks} ranks`, ranks })),
];

describe.each(hosts)('random collectives on random communicators: $name', ({ name: _, ...options }) => {
  it.each(['shared', 'messages'])('give what their definitions say, %s', async (collectives) => {
    const played = new Set<string>();
    for (const seed of SEEDS) {
      const { results } = await run(program, { ...options, args: { seed, collectives } });
      for (const name of Object.keys(results as object)) played.add(name);
    }
    expect([...played].sort()).toEqual([...CALLS, 'split', 'post', 'collect', 'free'].sort());
  });
});

describe.each([[[1, 1]], [[1, 2]], [[2, 1, 1]], [[2, 2, 3]]])('on ranks apart, %j', (apart) => {
  it('give what their definitions say', async () => {
    const ranks = apart.reduce((a, b) => a + b);
    const args = { seed: 9, collectives: 'auto', apart: true };
    const { results } = await run(program, { ranks, apart, args });
    expect(Object.keys(results as object).sort()).toEqual(
      [...CALLS, 'split', 'post', 'collect', 'free'].sort(),
    );
  });
});
