import { type RunOptions, type RunResult, run } from 'haloweave';
import { describe, expect, it } from 'vitest';
import { STATE } from '../programs/kernel/mixed.js';
import { SCHEMES, type SchemeName } from '../programs/kernel/schemes.js';
import { exampleFile, kernelProgramFile } from '../support/kernel-programs.js';
import { ReferenceRun } from '../support/kernel-reference.js';
import { sameBits } from '../support/same-bits.js';

const CYCLES = 5;

/**
 * Ranks of each host, and parts: more of either, as many, one part, hosts and ranks without any. Every scheme runs one or
 * two of the four ways of its dimension, every way with some scheme: starting ranks is what takes the time.
 */
type Way = [apart: number[], parts: number | string];
const on = (apart: number[]): RunOptions => ({ ranks: apart.reduce((a, b) => a + b), apart });
const told = ([apart, parts]: Way): string => `hosts of ${apart.join(', ')} ranks, ${parts} parts`;

const line: Way[] = [
  [[1, 1], 2],
  [[2, 1], 1],
  [[1, 2, 1], 7],
  [[2, 1, 2], 30],
];
const plane: Way[] = [
  [[1, 1], '1x2'],
  [[2, 1], '7x1'],
  [[1, 2, 1], 3],
  [[2, 1, 2], 25],
];
const box: Way[] = [
  [[1, 1], '2x3x1'],
  [[2, 1], 8],
  [[1, 2, 1], 27],
  [[2, 1, 2], 4],
];
const schemes: [SchemeName, Way[]][] = [
  ['heat', [plane[2]!]],
  ['line', [line[0]!, line[3]!]],
  ['beam', [line[1]!, line[2]!]],
  ['arms', [plane[3]!]],
  ['nine', [plane[2]!]],
  ['dtypes', [plane[0]!]],
  ['phases', [plane[1]!, plane[3]!]],
  [
    'rows',
    [
      [[1, 1], '4x1'],
      [[2, 1, 2], '3x2'],
    ],
  ],
  ['seven', [box[0]!, box[2]!]],
  ['cube', [box[1]!, box[3]!]],
  ['layers', [box[2]!]],
];

/** Names of a scheme's state, as its test has them. */
function stateOf(scheme: SchemeName): string[] {
  const { state, fields } = SCHEMES[scheme] as (typeof SCHEMES)['phases'];
  return state ?? Object.keys(fields).filter((f) => !/1$|next/.test(f));
}

describe.each(schemes)('%s between hosts has the bits of a plain loop over whole arrays', (scheme, ways) => {
  const expected = new ReferenceRun(SCHEMES[scheme]).advance(CYCLES).state();

  it.each(ways.map((way) => [told(way), way] as const))('%s', async (_, [apart, parts]) => {
    const file = scheme === 'heat' ? exampleFile('heat') : kernelProgramFile('scheme');
    const args = scheme === 'heat' ? { shape: '37x53' } : { scheme };
    const result = await run(file, { cycles: CYCLES, args, parts, ...on(apart) });
    expect(result.hash).toBe(expected.hash);
    expect(result.measures).toEqual(expected.measures);
    for (const name of stateOf(scheme))
      expect(sameBits(result.gather(name).data, expected.fields[name]), name).toBe(true);
    const bytes = result.perRank.map((r) => r.haloBytesBetweenHosts);
    expect(bytes.some((n) => n > 0)).toBe(ownersOnSeveralHosts(result, apart));
    for (const r of result.perRank)
      expect(r.haloBytesBetweenHosts).toBeLessThanOrEqual(r.haloBytesBetweenRanks);
  });
});

function ownersOnSeveralHosts(result: RunResult, apart: readonly number[]): boolean {
  let rank = 0;
  const busy = apart.filter((n) => {
    const mine = result.perRank.slice(rank, rank + n);
    rank += n;
    return mine.some((r) => r.partitions > 0);
  });
  return busy.length > 1;
}

describe('cells, vertices, vectors and every dtype between hosts', () => {
  it.each([[[1, 1], 6] as Way, [[2, 1, 2], '7x6x9'] as Way, [[1, 2, 1], '1x1x9'] as Way])(
    'hosts of %j ranks, %s parts',
    async (apart, parts) => {
      const file = kernelProgramFile('mixed');
      const one = await run(file, { cycles: CYCLES, parts: 1, transport: 'inline' });
      const result = await run(file, { cycles: CYCLES, parts, ...on(apart) });
      expect(result.hash).toBe(one.hash);
      expect(result.measures).toEqual(one.measures);
      for (const name of STATE) expect(sameBits(result.gather(name), one.gather(name)), name).toBe(true);
    },
  );
});

describe('halos that are wiped after every cycle come anew from other hosts', () => {
  // Every workunit compares all halo cells, edges and corners included, with what they should hold.
  const rules = [{ call: 2 }, { lower: { dirichlet: 3 }, upper: { neumann: 2 } }, 'periodic' as const];
  it.each<[string, number[], number, unknown, Way]>([
    ['a ring of two: the same peer on both sides', [12], 2, 'periodic', [[1, 1], 2]],
    ['a ring of one part, its own neighbour', [9], 2, 'periodic', [[2, 1], 1]],
    ['a plane, parts their own neighbours along one axis', [12, 13], 1, 'periodic', [[1, 2, 1], '4x1']],
    ['a plane cut both ways', [14, 12], 2, [rules[1], rules[2]], [[2, 1, 2], '5x4']],
    ['space, each axis another rule', [9, 8, 10], 1, rules, [[2, 1], '3x2x2']],
  ])('%s', async (_, shape, halo, boundary, [apart, parts]) => {
    const args = { shape, halo, boundary, checked: new SharedArrayBuffer(4) };
    const result = await run(kernelProgramFile('coordinates'), { cycles: 4, args, parts, ...on(apart) });
    expect(new Int32Array(args.checked)[0]).toBeGreaterThan(100);
    const there = { ...args, checked: new SharedArrayBuffer(4) };
    const inline = await run(kernelProgramFile('coordinates'), {
      cycles: 4,
      args: there,
      parts,
      transport: 'inline',
    });
    expect(result.hash).toBe(inline.hash);
    expect([...new Int32Array(args.checked)]).toEqual([...new Int32Array(there.checked)]);
  });
});

describe('examples between hosts give what they give on threads', () => {
  it.each<[string, RunOptions, Way[]]>([
    ['heat-3d', { cycles: 6, args: { n: 14, shape: '14x15x16' } }, [[[2, 1, 2], 12]]],
    [
      'heat-adaptive',
      { args: { n: 24, until: 1 } },
      [
        [[2, 1], 6],
        [[1, 2, 1], 2],
      ],
    ],
    ['life', { cycles: 20 }, [[[2, 1, 2], 16]]],
    ['spin-wave', { cycles: 40 }, [[[2, 1], 6]]],
  ])('%s', async (name, options, ways) => {
    const expected = await run(exampleFile(name), { ...options, ranks: 2, parts: 4 });
    for (const [apart, parts] of ways) {
      const result = await run(exampleFile(name), { ...options, parts, ...on(apart) });
      expect(result.hash, told([apart, parts])).toBe(expected.hash);
      expect([result.cycles, result.measures, result.results]).toEqual([
        expected.cycles,
        expected.measures,
        expected.results,
      ]);
    }
  });
});

it('faces and parts of more than 1 MiB go in several messages', async () => {
  const options = { cycles: 2, parts: '2x1x1', args: { shape: '4x420x420' } };
  const one = await run(exampleFile('heat-3d'), { ...options, transport: 'inline' });
  const result = await run(exampleFile('heat-3d'), { ...options, ...on([1, 1]) });
  expect(result.hash).toBe(one.hash);
  expect(sameBits(result.gather('u'), one.gather('u'))).toBe(true);
  // A face is a layer of cells, two to either side, one field of doubles.
  expect(result.perRank.map((r) => r.haloBytesBetweenHosts)).toEqual([0, 0].map(() => 2 * 2 * 420 * 420 * 8));
});
