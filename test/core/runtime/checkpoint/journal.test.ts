import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from 'haloweave';
import { describe, expect, it } from 'vitest';
import { Journal, readJournal } from '../../../../core/runtime/checkpoint/journal.js';
import { kernelProgramFile } from '../../../support/kernel-programs.js';
import { ScratchFolder } from '../../../support/paths.js';

describe('the note of delivered output', () => {
  it('says what was noted last', () => {
    using folder = new ScratchFolder();
    const path = join(folder.path, 'delivered');
    expect(readJournal(path)).toBe(0);
    const journal = new Journal(path);
    for (const state of [1, 2 ** 40, 7]) journal.note(state);
    journal.close();
    expect(readJournal(path)).toBe(7);
    expect(readFileSync(path)).toHaveLength(12);
  });

  it('counts for nothing if it is damaged', () => {
    using folder = new ScratchFolder();
    const path = join(folder.path, 'delivered');
    const journal = new Journal(path);
    journal.note(12);
    journal.close();
    const good = readFileSync(path);
    for (let at = 0; at < good.length; at++) {
      const bad = Buffer.from(good);
      bad[at]! ^= 16;
      writeFileSync(path, bad);
      expect(readJournal(path), `byte ${at}`).toBe(0);
    }
    writeFileSync(path, good.subarray(0, 11));
    expect(readJournal(path)).toBe(0);
  });

  it('keeps a resumed run from giving output again that came after its checkpoint', async () => {
    using folder = new ScratchFolder();
    const file = kernelProgramFile('steered');
    const args = { cells: 20, lag: 1, measureEvery: 1 };
    const common = { args, parts: 4, transport: 'inline' } as const;
    const cycles = (r: { results: unknown }): number[] =>
      (r.results as { written: number[][] }).written.map(([cycle]) => cycle!);
    const before = await run(file, { ...common, cycles: 17, checkpoint: folder.path, every: 10 });
    expect(cycles(before)).toEqual([0, 4, 8, 12, 16]);
    const after = await run(file, { ranks: 2, cycles: 24, resume: folder.path });
    expect(after.resumedFrom).toBe(10);
    expect(cycles(after)).toEqual([20, 24]);
    // Without the note the frames of cycles that are run again come again.
    writeFileSync(join(folder.path, 'delivered'), '');
    expect(cycles(await run(file, { ranks: 2, cycles: 24, resume: folder.path }))).toEqual([12, 16, 20, 24]);
  });
});
