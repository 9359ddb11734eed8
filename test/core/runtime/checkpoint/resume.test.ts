import { readdirSync } from 'node:fs';
import { type RunOptions, run } from 'haloweave';
import { describe, expect, it } from 'vitest';
import { exampleFile } from '../../../support/kernel-programs.js';
import { programFile, ScratchFolder } from '../../../support/paths.js';

const FILE = exampleFile('heat');
const ARGS = { shape: '24x20' };
const INLINE = { transport: 'inline' } as const;

async function saved(more: RunOptions = {}): Promise<ScratchFolder> {
  const folder = new ScratchFolder();
  await run(FILE, {
    ...INLINE,
    args: ARGS,
    parts: 4,
    cycles: 20,
    checkpoint: folder.path,
    every: 10,
    ...more,
  });
  return folder;
}

describe('what a resumed run takes over', () => {
  it('parts, arguments and cycles of the run that was saved, if it gives none', async () => {
    using folder = await saved({ every: 15 });
    const after = await run(FILE, { ranks: 2, resume: folder.path });
    expect([after.resumedFrom, after.cycles, after.parts]).toEqual([15, 20, 4]);
    const reference = await run(FILE, { ...INLINE, args: ARGS, parts: 4, cycles: 20 });
    expect(after.hash).toBe(reference.hash);
  });

  it('has an end that may be moved, but not before what is saved', async () => {
    using folder = await saved();
    expect((await run(FILE, { ...INLINE, cycles: 20, resume: folder.path })).cycles).toBe(20);
    await expect(run(FILE, { ...INLINE, cycles: 19, resume: folder.path })).rejects.toThrow(
      /the saved state is that after 20 cycles, and the run is to end after 19/,
    );
  });

  it('what it may not change is refused', async () => {
    using folder = await saved();
    const resume = folder.path;
    await expect(run(FILE, { ...INLINE, resume, parts: 6 })).rejects.toThrow(
      /--parts 6 with --resume .*: checkpoint-20\.hwc holds the parts that the run had \(4\)/,
    );
    await expect(run(FILE, { ...INLINE, resume, args: { shape: '24x21' } })).rejects.toThrow(
      /was saved with other arguments: 'shape' was "24x20" and is "24x21"/,
    );
    await expect(run(exampleFile('life'), { ...INLINE, resume, args: ARGS })).rejects.toThrow(
      /was saved by another program: .*heat\.ts with the bundle [0-9a-f]{12}, and this is .*life\.ts with [0-9a-f]{12}; .* --force-resume$/,
    );
    // The same parts by the same words are no other parts.
    expect((await run(FILE, { ...INLINE, resume, parts: 4 })).resumedFrom).toBe(20);
  });

  it('forced, other arguments are a warning', async () => {
    using folder = await saved();
    const warnings: string[] = [];
    const after = await run(FILE, {
      ...INLINE,
      resume: folder.path,
      forceResume: true,
      cycles: 25,
      args: { ...ARGS, r: 0.1 },
      onWarning: (w) => warnings.push(w),
    });
    expect(after.cycles).toBe(25);
    expect(warnings).toEqual([
      expect.stringMatching(/'r' was not given and is 0\.1; going on all the same$/),
    ]);
  });

  it('forced upon another program, a state that does not fit is refused with both shapes', async () => {
    using folder = await saved();
    const other = { ...INLINE, args: { shape: '64x64' }, resume: folder.path, forceResume: true };
    await expect(run(exampleFile('life'), { ...other, onWarning: () => {} })).rejects.toThrow(
      /the saved state does not fit this program, whose domain differ: saved grid 24x20 in .*, now grid 64x64 in /,
    );
  });
});

describe('the folder of checkpoints', () => {
  it('keeps the last two', async () => {
    using folder = await saved({ cycles: 25, every: 5 });
    expect(readdirSync(folder.path).sort()).toEqual(['checkpoint-20.hwc', 'checkpoint-25.hwc']);
  });

  it('of an earlier run is not written to, unless the run goes on from it', async () => {
    using folder = await saved();
    const more = { checkpoint: folder.path, every: 10 };
    await expect(run(FILE, { ...INLINE, args: ARGS, cycles: 20, ...more })).rejects.toThrow(
      /an earlier run has left checkpoint-20\.hwc there; go on from it with --resume/,
    );
    const after = await run(FILE, { ...INLINE, cycles: 50, resume: folder.path, ...more });
    expect(after.checkpoints).toMatchObject({ written: 3, last: 50 });
    expect(readdirSync(folder.path).sort()).toEqual(['checkpoint-40.hwc', 'checkpoint-50.hwc']);
  });

  it('what a killed run has left half written is taken away', async () => {
    using folder = new ScratchFolder();
    folder.write('checkpoint-90.hwc.aside', 'half');
    await run(FILE, { ...INLINE, args: ARGS, cycles: 5, checkpoint: folder.path, every: 5 });
    expect(readdirSync(folder.path)).toEqual(['checkpoint-5.hwc']);
  });
});

describe('wrong usage', () => {
  it.each<[string, RunOptions, RegExp]>([
    [
      'no period',
      { checkpoint: '/tmp/none' },
      /--checkpoint \/tmp\/none says where to, --every CYCLES how often/,
    ],
    ['no folder', { every: 5 }, /--every 5 says how often, --checkpoint DIR where to/],
    ['a period of 0', { checkpoint: '/tmp/none', every: 0 }, /use a whole number of cycles of 1 or more/],
    ['checked', { check: true, resume: '/tmp/none' }, /a run is checked, or saved and resumed, not both/],
  ])('%s', async (_, options, message) => {
    await expect(run(FILE, { ...INLINE, args: ARGS, cycles: 5, ...options })).rejects.toThrow(message);
  });

  it('a program of ranks and messages', async () => {
    using folder = new ScratchFolder();
    await expect(
      run(programFile('echo.ts'), { ranks: 2, checkpoint: folder.path, every: 5 }),
    ).rejects.toThrow(/a function of ranks and messages, whose state only it knows/);
  });
});
