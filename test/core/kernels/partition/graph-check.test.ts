import { type RunOptions, run } from 'haloweave';
import { describe, expect, it } from 'vitest';
import { kernelProgramFile } from '../../../support/kernel-programs.js';

const FILE = kernelProgramFile('graph/rules');

/** The program as one loop: values, the last reduction, the control at the end. */
function reference(n: number, cycles: number): unknown {
  let u = Array.from({ length: n }, (_, k) => k + 1);
  const all = (): number => u.reduce((a, b) => a + b, 0);
  let reduced = 0;
  let k = 1;
  const totals: number[] = [];
  for (let cycle = 0; cycle < cycles; cycle++) {
    totals.push(all());
    k += cycle < 1 ? 0 : totals[cycle - 1]!;
    u = u.map((x, i) => (3 * x + u[(i + n - 1) % n]! + u[(i + 1) % n]! + reduced + k) % 997);
    reduced = all();
  }
  return { u, reduced: { all: reduced }, control: { k: k + totals[cycles - 1]! } };
}

describe('partitions of a graph', () => {
  it.each([1, 2, 3, 5])('reduce and control, with and without check: %i ranks', async (ranks) => {
    const expected = reference(7, 6);
    for (const check of [false, true]) {
      const result = await run(FILE, { cycles: 6, ranks, args: {}, check });
      expect(result.results).toEqual(expected);
    }
  });

  it('check leaves what the ring gives as it is', async () => {
    const options: RunOptions = { cycles: 9, ranks: 3, args: { sizes: '3,1,7,2,5' } };
    const plain = await run(kernelProgramFile('graph/ring'), options);
    const checked = await run(kernelProgramFile('graph/ring'), { ...options, check: true });
    expect(checked.results).toEqual(plain.results);
    expect(checked.hash).toBe(plain.hash);
  });

  it.each<[string, RegExp]>([
    [
      'counter',
      /^workunit of partition 'c\d', cycle 2, phase 0 gave different results when it was run again: state\.u\.now\[0\]: \d+, then \d+; a workunit may depend on its part and context alone$/,
    ],
    [
      'function',
      /^the state of partition 'c\d' cannot be copied: .*could not be cloned.*; keep plain data in it, so that the partition can move and be saved$/,
    ],
    ['share', /share of phase 0 gave \d+, then \d+ when it was asked again/],
    ['closure', /^the program gave all2 = \d+, and \d+ when its partitions moved between ranks/],
  ])('%s is found', async (fault, text) => {
    const error = await run(FILE, { cycles: 6, ranks: 2, args: { fault }, check: true }).catch(
      (e: unknown) => e,
    );
    expect((error as Error).message).toMatch(text);
    expect(error).toMatchObject({ code: 'program' });
  });
});
