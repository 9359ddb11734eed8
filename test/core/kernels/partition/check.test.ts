import { type RunOptions, type RunResult, run } from 'haloweave';
import { describe, expect, it } from 'vitest';
import { shuffled } from '../../../../core/kernels/partition/check.js';
import { exampleFile, kernelProgramFile } from '../../../support/kernel-programs.js';

const FILE = kernelProgramFile('rule-breakers');

function breaking(fault: string, options: RunOptions = {}): Promise<RunResult> {
  return run(FILE, { cycles: 6, parts: 6, ranks: 2, args: { fault }, check: true, ...options });
}

async function message(fault: string, options: RunOptions = {}): Promise<string> {
  const error = await breaking(fault, options).then(
    () => null,
    (e: unknown) => e,
  );
  expect(error, `'${fault}' was not found`).toMatchObject({ code: 'program' });
  return (error as Error).message;
}

describe('a program that keeps the rules', () => {
  it.each([
    [1, 1],
    [1, 6],
    [2, 6],
    [3, 2],
    [3, 25],
  ])('gives the same under check: %i ranks, %i parts', async (ranks, parts) => {
    const plain = await run(FILE, { cycles: 6, ranks, parts });
    const checked = await run(FILE, { cycles: 6, ranks, parts, check: true });
    expect(checked.hash).toBe(plain.hash);
    expect(checked.measures).toEqual(plain.measures);
    expect(checked.perRank.map((r) => r.workunits)).toEqual(plain.perRank.map((r) => r.workunits));
  });

  it('inline too', async () => {
    const plain = await run(FILE, { cycles: 6, transport: 'inline', parts: 6 });
    const checked = await run(FILE, { cycles: 6, transport: 'inline', parts: 6, check: true });
    expect(checked.hash).toBe(plain.hash);
  });

  it('with lag, output, measures now and then, phases, control, and an end that until decides', async () => {
    for (const lag of [0, 2]) {
      const args = { cells: 23, lag, measureEvery: 3, end: 300 };
      const options = { parts: 7, ranks: 3, args };
      const plain = await run(kernelProgramFile('steered'), options);
      const checked = await run(kernelProgramFile('steered'), { ...options, check: true });
      expect(checked.results).toEqual(plain.results);
      expect(checked.cycles).toBe(plain.cycles);
    }
  });

  it.each([
    ['scheme', { scheme: 'phases' }],
    ['scheme', { scheme: 'dtypes' }],
    ['scheme', { scheme: 'nine' }],
    ['scheme', { scheme: 'arms' }],
    ['conjugate-gradient', { n: 12 }],
  ])('%s %o', async (name, args) => {
    const options: RunOptions = { parts: 6, ranks: 2, args, ...(name === 'scheme' ? { cycles: 5 } : {}) };
    const plain = await run(kernelProgramFile(name), options);
    const checked = await run(kernelProgramFile(name), { ...options, check: true });
    expect(checked.hash).toBe(plain.hash);
  });

  it('a sum that rounds: parts stay where they are', async () => {
    const options = { cycles: 6, ranks: 2, parts: 6, args: { fault: 'fast sum' } };
    const plain = await run(FILE, options);
    const checked = await run(FILE, { ...options, check: true });
    expect(checked.measures).toEqual(plain.measures);
    expect(checked.measures.fast).toBeCloseTo(checked.measures.total!, 9);
  });

  it('no cycle at all', async () => {
    expect((await breaking('none', { cycles: 0 })).cycles).toBe(0);
  });
});

describe('what breaks the rules is found and placed', () => {
  const place = /^workunit of partition \d+, cycle 2, phase 0 /;

  it.each<[string, RegExp]>([
    [
      'counter',
      /gave different results when it was run again: field 'q' at \[\d+, \d+\]: [-\d.e]+, then [-\d.e]+; a workunit may depend on its part and context alone$/,
    ],
    ['random', /gave different results when it was run again: field 'q' at \[\d+, \d+\]/],
    ['swaps at times', /run again: field 'q' was swapped once, and once not/],
    ['throws again', /failed when it was run again: called once too often; a workunit may depend/],
    [
      'halo not shared',
      /reads halo cells that its neighbours have changed and not shared, of (one of the fields .*'q'|field 'q').*: with what they hold now, field 'q' at \[\d+, \d+\]: [-\d.e]+, then [-\d.e]+; share the field in the phase that changes it$/,
    ],
    ['promise', /returned a promise: workunits are synchronous/],
  ])('%s', async (fault, text) => {
    for (const options of [{ ranks: 2 }, { transport: 'inline' }] as RunOptions[]) {
      const found = await message(fault, options);
      expect(found).toMatch(place);
      expect(found).toMatch(text);
    }
  });

  it('something hung on a part, without check too', async () => {
    const found = await message('property', { check: false });
    expect(found).toMatch(
      /^workunit of partition \d+, cycle 2, phase 0: Cannot add property mine, object is not extensible; what belongs to a partition goes into its fields/,
    );
  });

  it.each([
    [
      'measure',
      /^measure of partition \d+, cycle 0, phase 0: term 0 of 'total' gave [-\d.e]+, then [-\d.e]+ when it was asked again; it may depend on what it is told alone$/,
    ],
    ['control', /^control\.next for cycle 0 gave { step: \d+ }, then { step: \d+ } when it was asked again/],
    ['until', /^until of state -1 gave false, then true when it was asked again/],
    ['share', /^share of phase 0 gave \[\], then \[ 'u', 'q' \] when it was asked again/],
  ])('%s: a function that must be pure', async (fault, text) => {
    expect(await message(fault)).toMatch(text);
  });

  it.each(['closure', 'rank', 'random start'])(
    '%s: found because parts move and the run is compared with a plain one',
    async (fault) => {
      expect(await message(fault)).toMatch(
        /^the program gave (total = [-\d.e]+, and [-\d.e]+|the state hash [0-9a-f]{32}, and [0-9a-f]{32}) when its partitions moved between ranks: what it remembers/,
      );
    },
  );
});

describe('examples under check', () => {
  it.each<[string, RunOptions]>([
    ['heat', { cycles: 20, args: { shape: '24x20' } }],
    ['spin-wave', { cycles: 20 }],
  ])('%s has its hash', async (name, options) => {
    const plain = await run(exampleFile(name), { ranks: 3, ...options });
    const checked = await run(exampleFile(name), { ranks: 3, ...options, check: true });
    expect(checked.hash).toBe(plain.hash);
    expect(plain.hash).toMatch(/^[0-9a-f]{32}$/);
  });
});

it('the order of parts: a permutation, another one every cycle, the same every time', () => {
  const orders = [1, 2, 3].map((cycle) => [...shuffled(30, cycle)]);
  for (const order of orders) expect([...order].sort((a, b) => a - b)).toEqual([...Array(30).keys()]);
  expect(orders[0]).not.toEqual(orders[1]);
  expect(orders[1]).not.toEqual(orders[2]);
  expect([...shuffled(30, 1)]).toEqual(orders[0]);
});
