import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Args, RunError, type RunOptions, type RunResult, run } from 'haloweave';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exampleHeader, haloweave, jsonSummary } from '../support/kernel-examples.js';
import { exampleFile } from '../support/kernel-programs.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'life-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function pattern(text: string): string {
  const file = join(folder, 'pattern.rle');
  writeFileSync(file, text);
  return file;
}

const life = (args: Args, options: RunOptions): Promise<RunResult> =>
  run(exampleFile('life'), { args, ...options });

/** The live cells of the final state, by row and column. */
function alive(result: RunResult): string[] {
  const u = result.gather('u');
  const [n = 0, m = 0] = u.shape;
  return Array.from({ length: n * m }, (_, k) => [Math.floor(k / m), k % m] as const)
    .filter(([i, j]) => u.get(i, j) === 1)
    .map(([i, j]) => `${i},${j}`);
}

describe('examples/life.ts', () => {
  const { commands, text } = exampleHeader('life');

  it('the first command gives the population and hash that its header says', () => {
    const summary = jsonSummary(commands[0]!);
    expect(text).toContain(`population ${summary.measures.population}, hash ${summary.hash},`);
    expect(summary.results).toEqual({ name: 'Gosper glider gun', generation: 300, population: 86 });
  });

  it('the second draws the gun after two rounds, with its two gliders', () => {
    const { stdout, status } = haloweave(commands[1]!);
    expect(status).toBe(0);
    const rows = stdout.split('\n').filter((line) => /^[.o]{60}$/.test(line));
    expect(rows).toHaveLength(24);
    expect(rows.join('').replaceAll('.', '')).toHaveLength(36 + 2 * 5);
  });

  it('the third reads the file it names', () => {
    expect(jsonSummary(commands[2]!).results).toMatchObject({ name: 'Gosper glider gun', generation: 100 });
  });

  it('a gun sends out a glider every 30 generations', async () => {
    for (const rounds of [0, 1, 2, 3])
      expect((await life({ shape: '60x80' }, { transport: 'inline', cycles: 30 * rounds })).measures).toEqual(
        {
          population: 36 + 5 * rounds,
        },
      );
  });

  it('a glider goes one cell down and right in 4 generations, round the torus in 4 times its side', async () => {
    const file = pattern('x = 3, y = 3\nbo$2bo$3o!');
    const args = { file, shape: '9x9', at: '5,5' };
    const first = await life(args, { transport: 'inline', cycles: 0 });
    expect(alive(first)).toEqual(['5,6', '6,7', '7,5', '7,6', '7,7']);
    for (const [ranks, parts] of [
      [1, '1x1'],
      [2, '3x3'],
      [3, '9x1'],
      [5, '2x4'],
    ] as const) {
      const later = await life(args, { ranks, parts, cycles: 4 * 2 });
      // Two down and two right of where it began, over both edges.
      expect(alive(later)).toEqual(['0,0', '0,7', '0,8', '7,8', '8,0']);
      const round = await life(args, { ranks, parts, cycles: 4 * 9 });
      expect([round.hash, alive(round)]).toEqual([first.hash, alive(first)]);
    }
  });

  it('takes the rule of the file: seeds die at once, and all their neighbours with two are born', async () => {
    const file = pattern('x = 2, y = 1, rule = B2/S\n2o!');
    const result = await life({ file, shape: '6x6', at: '2,2' }, { transport: 'inline', cycles: 1 });
    expect(alive(result)).toEqual(['1,2', '1,3', '3,2', '3,3']);
  });

  it('has one hash on any ranks', async () => {
    const hashes = [];
    for (const ranks of [1, 2, 3, 5])
      hashes.push((await life({ shape: '40x50' }, { ranks, cycles: 120 })).hash);
    expect(new Set(hashes).size).toBe(1);
  });

  it.each<[Args, RegExp]>([
    [{ file: '/nowhere/at.rle' }, /--file \/nowhere\/at\.rle: cannot read it: ENOENT/],
    [{ shape: '8x40' }, /--shape 8x40: the pattern has 9 rows and 36 columns, use at least 9x36/],
    [{ shape: '20' }, /--shape 20: expected two whole numbers, as in 128x128/],
    [
      { shape: '20x40', at: '12,0' },
      /--at 12,0: the pattern would reach beyond 20x40 cells, use at most 11,4/,
    ],
    [{ at: '1;2' }, /--at 1;2: expected two whole numbers, as in 10,20/],
  ])('refuses %j', async (args, message) => {
    const error = await life(args, { transport: 'inline', cycles: 1 }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(RunError);
    expect((error as Error).message).toMatch(message);
  });

  it('says where a file is wrong', async () => {
    const file = pattern('x = 3, y = 3\nbo$2bz$3o!');
    await expect(life({ file }, { transport: 'inline', cycles: 1 })).rejects.toThrow(
      `${file}, line 2, column 6: 'z' is no cell of two states`,
    );
  });
});
