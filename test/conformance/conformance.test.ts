import { type RunOptions, run } from 'haloweave';
import { beforeAll, describe, expect, it } from 'vitest';
import { conformance } from '../programs/comm/cases/all.js';
import { programFile } from '../support/paths.js';

const configurations: (RunOptions & { name: string; ranks: number })[] = [
  { name: 'inline', transport: 'inline', ranks: 1 },
  ...[1, 2, 3, 4, 7].map((ranks) => ({
    name: `threads, ${ranks} ranks`,
    transport: 'threads' as const,
    ranks,
  })),
  // Ranks that share no memory, without a network between them.
  ...[
    [1, 1],
    [1, 2],
    [2, 1, 1],
    [2, 2, 3],
  ].map((apart) => ({
    name: `threads apart, ${apart.join(' + ')} ranks`,
    apart,
    ranks: apart.reduce((a, b) => a + b),
  })),
];

describe.each(configurations)('$name', ({ name: _, ...options }) => {
  let done: string[] = [];
  let failure: unknown = null;

  // All cases in one run: they also show that none of them disturbs the next.
  beforeAll(async () => {
    try {
      done = (await run(programFile('conformance.ts'), options)).results as string[];
    } catch (error) {
      failure = error;
    }
  });

  it.each(conformance.filter((c) => options.ranks >= (c.least ?? 1)).map((c) => c.name))('%s', (name) => {
    if (failure !== null) throw failure;
    expect(done).toContain(name);
  });
});
