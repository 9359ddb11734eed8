import { type RunOptions, type RunResult, run } from 'haloweave';
import { describe, expect, it } from 'vitest';
import { SCHEMES, type SchemeName } from '../programs/kernel/schemes.js';
import { exampleFile, kernelProgramFile } from '../support/kernel-programs.js';
import { ReferenceRun, type ReferenceState } from '../support/kernel-reference.js';

/** Odd, and no multiple of the programs' measureEvery: the last state is measured although it is not due. */
const CYCLES = 7;
const LINE_PARTS = [1, 2, 4, 5, 7, 25, 30];
const PLANE_PARTS = [1, '2x1', '1x2', 4, 5, 6, '7x1', 25, 64];
/** Seldom as many cells in every part. */
const BOX_PARTS = [1, 4, 6, 8, '1x1x3', '2x3x1', 25, 27, 64];

interface Case {
  scheme: SchemeName;
  inline: (number | string)[];
  /** Parts and ranks. */
  threads: [number | string, number][];
}

const cases: Case[] = [
  // Includes fewer parts than ranks, one part, and many more parts than ranks.
  {
    scheme: 'heat',
    inline: PLANE_PARTS,
    threads: [
      [1, 1],
      [1, 3],
      ['2x1', 2],
      [5, 7],
      [25, 4],
      [64, 3],
    ],
  },
  {
    scheme: 'line',
    inline: LINE_PARTS,
    threads: [
      [2, 2],
      [7, 3],
      [30, 4],
    ],
  },
  {
    scheme: 'beam',
    inline: LINE_PARTS,
    threads: [
      [1, 2],
      [2, 2],
      [5, 4],
      [30, 3],
    ],
  },
  {
    scheme: 'arms',
    inline: [1, '2x1', '1x2', 4, 5, 6, '7x1', 25, '12x13'],
    threads: [
      ['1x2', 2],
      [6, 7],
      ['12x13', 3],
    ],
  },
  {
    scheme: 'nine',
    inline: PLANE_PARTS,
    threads: [
      ['2x1', 3],
      ['7x1', 2],
      [64, 4],
    ],
  },
  {
    scheme: 'dtypes',
    inline: PLANE_PARTS,
    threads: [
      [1, 1],
      [4, 2],
      [25, 3],
      [64, 7],
    ],
  },
  {
    scheme: 'phases',
    inline: PLANE_PARTS,
    threads: [
      ['1x2', 2],
      [5, 3],
      [6, 4],
      [64, 2],
    ],
  },
  {
    scheme: 'rows',
    inline: [1, '2x1', '1x2', 4, '4x1', '1x7', '3x70'],
    threads: [
      ['1x2', 2],
      ['4x1', 3],
      ['3x2', 4],
    ],
  },
  {
    scheme: 'seven',
    inline: BOX_PARTS,
    threads: [
      [1, 2],
      [8, 1],
      [6, 3],
      [25, 4],
      [64, 7],
    ],
  },
  {
    scheme: 'cube',
    inline: BOX_PARTS,
    threads: [
      [4, 2],
      [27, 3],
      [25, 7],
      [64, 4],
    ],
  },
  {
    scheme: 'layers',
    inline: [1, 4, 6, 8, '1x1x7', '5x1x3', 25, 27, '4x4x4'],
    threads: [
      ['1x5x1', 2],
      [27, 4],
      ['6x5x7', 3],
    ],
  },
];

function start(scheme: SchemeName, options: RunOptions): Promise<RunResult> {
  if (scheme === 'heat')
    return run(exampleFile('heat'), { cycles: CYCLES, args: { shape: '37x53' }, ...options });
  return run(kernelProgramFile('scheme'), { cycles: CYCLES, args: { scheme }, ...options });
}

function compare(result: RunResult, expected: ReferenceState): void {
  expect(result.hash).toBe(expected.hash);
  expect(result.measures).toEqual(expected.measures);
  expect(result.cycles).toBe(CYCLES);
}

it('has at least 60 combinations', () => {
  const combinations = cases.reduce((n, c) => n + c.inline.length + c.threads.length, 0);
  expect(combinations).toBeGreaterThanOrEqual(60);
});

describe.each(cases)(
  '$scheme has the bits of a plain loop over whole arrays',
  ({ scheme, inline, threads }) => {
    const expected = new ReferenceRun(SCHEMES[scheme]).advance(CYCLES).state();

    it.each(inline)('inline, %s parts', async (parts) => {
      compare(await start(scheme, { parts, transport: 'inline' }), expected);
    });

    it.each(threads)('%s parts on %i ranks', async (parts, ranks) => {
      const result = await start(scheme, { parts, ranks });
      compare(result, expected);
      expect(result.perRank.filter((r) => r.workunits > 0)).toHaveLength(Math.min(ranks, result.parts));
    });

    it('gathers every field of the final state', async () => {
      const result = await start(scheme, { parts: inline.at(-1)!, ranks: 2 });
      const { state, fields } = SCHEMES[scheme] as (typeof SCHEMES)['phases'];
      for (const name of state ?? Object.keys(fields).filter((f) => !/1$|next/.test(f))) {
        const a = result.gather(name);
        expect(a.shape).toEqual(SCHEMES[scheme].shape);
        expect(Array.from(a.data as Float64Array), name).toEqual(
          Array.from(expected.fields[name] as Float64Array),
        );
      }
    });
  },
);

it('the hash is that of the state: it changes with one cycle more', async () => {
  const a = new ReferenceRun(SCHEMES.nine).advance(CYCLES + 1).state();
  const result = await start('nine', { cycles: CYCLES + 1, parts: 6, transport: 'inline' });
  expect(result.hash).toBe(a.hash);
  expect(a.hash).not.toBe(new ReferenceRun(SCHEMES.nine).advance(CYCLES).state().hash);
});

it('does the arithmetic of a state once: workunits are parts × phases × cycles', async () => {
  const result = await start('phases', { parts: 6, ranks: 3 });
  expect(result.perRank.reduce((n, r) => n + r.workunits, 0)).toBe(6 * 4 * CYCLES);
  expect(result.perRank.reduce((n, r) => n + r.partitions, 0)).toBe(6);
});
