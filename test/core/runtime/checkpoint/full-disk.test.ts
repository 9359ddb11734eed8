import { readdirSync } from 'node:fs';
import { run } from 'haloweave';
import { describe, expect, it } from 'vitest';
import { exampleFile } from '../../../support/kernel-programs.js';
import { SmallDisk, smallDiskMissing } from '../../../support/small-disk.js';

const missing = smallDiskMissing();
if (missing) console.log(`skipped: ${missing}`);

const FILE = exampleFile('heat');

describe.skipIf(missing !== null)('a disk without room', () => {
  it('is a warning, the run goes on, and the checkpoints before stay valid', async () => {
    const common = { args: { shape: '100x100' }, parts: 4, cycles: 50 } as const;
    const reference = await run(FILE, { ...common, transport: 'inline' });
    // A state has 170 KiB: two fit, and while two are kept no third.
    using disk = new SmallDisk(420 * 1024);
    const warnings: string[] = [];
    const result = await run(FILE, {
      ...common,
      transport: 'inline',
      checkpoint: disk.path,
      every: 10,
      onWarning: (w) => warnings.push(w),
    });
    expect(result.hash).toBe(reference.hash);
    expect(result.checkpoints).toMatchObject({ written: 2, failed: 3, last: 20 });
    expect(warnings).toHaveLength(3);
    expect(warnings[0]).toMatch(
      /^the checkpoint after 30 cycles could not be written to .*: ENOSPC.*; the run goes on, checkpoint-20\.hwc stays valid$/,
    );
    expect(readdirSync(disk.path).sort()).toEqual(['checkpoint-10.hwc', 'checkpoint-20.hwc']);
    const after = await run(FILE, { ranks: 3, resume: disk.path });
    expect([after.resumedFrom, after.hash]).toEqual([20, reference.hash]);
  });

  it('from the beginning: there is none, and it is said', async () => {
    using disk = new SmallDisk(64 * 1024);
    const warnings: string[] = [];
    const result = await run(FILE, {
      args: { shape: '100x100' },
      cycles: 20,
      ranks: 2,
      checkpoint: disk.path,
      every: 15,
      onWarning: (w) => warnings.push(w),
    });
    expect(result.checkpoints).toMatchObject({ written: 0, failed: 1, last: null });
    expect(warnings).toEqual([expect.stringMatching(/ENOSPC.*; the run goes on, there is none yet$/)]);
    expect(readdirSync(disk.path)).toEqual([]);
  });
});
