import { copyFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RandomStream, run } from 'haloweave';
import { beforeAll, describe, expect, it } from 'vitest';
import { newestCheckpoint } from '../../../../core/runtime/checkpoint/newest.js';
import { exampleFile } from '../../../support/kernel-programs.js';
import { ScratchFolder } from '../../../support/paths.js';

const SEED = 20261121;
const TRIALS = 200;
const NAMES = ['checkpoint-10.hwc', 'checkpoint-20.hwc'];

describe('the newest checkpoint that is whole', () => {
  const good = new Map<string, Buffer>();

  beforeAll(async () => {
    using folder = new ScratchFolder();
    await run(exampleFile('heat'), {
      args: { shape: '24x20' },
      parts: 4,
      cycles: 20,
      transport: 'inline',
      checkpoint: folder.path,
      every: 10,
    });
    for (const name of NAMES) good.set(name, readFileSync(join(folder.path, name)));
  });

  const filled = (): ScratchFolder => {
    const folder = new ScratchFolder();
    for (const [name, bytes] of good) writeFileSync(join(folder.path, name), bytes);
    return folder;
  };

  it('is the newest if nothing is wrong, without a word', async () => {
    using folder = filled();
    const warnings: string[] = [];
    const found = await newestCheckpoint(folder.path, (w) => warnings.push(w));
    expect([found.manifest.cycles, warnings]).toEqual([20, []]);
  });

  it(`${TRIALS} times damaged: the one before is used, and both are named`, async () => {
    using folder = filled();
    const path = join(folder.path, NAMES[1]!);
    const whole = good.get(NAMES[1]!)!;
    const random = new RandomStream(SEED);
    for (let trial = 0; trial < TRIALS; trial++) {
      const at = Math.floor(random.uniform(trial, 0) * whole.length);
      const place = `seed ${SEED}, trial ${trial}, ${trial % 4 === 0 ? 'cut to' : 'flipped at'} ${at}`;
      if (trial % 4 === 0) {
        writeFileSync(path, whole);
        truncateSync(path, at);
      } else {
        const bad = Buffer.from(whole);
        // One bit to all bits of up to 64 bytes.
        const bytes = 1 + Math.floor(random.uniform(trial, 1) * 64);
        for (let k = at; k < Math.min(at + bytes, bad.length); k++)
          bad[k]! ^= trial % 4 === 1 ? 0xff : 1 << Math.floor(random.uniform(trial, 2, k - at) * 8);
        writeFileSync(path, bad);
      }
      const warnings: string[] = [];
      const found = await newestCheckpoint(folder.path, (w) => warnings.push(w));
      expect(found.manifest.cycles, place).toBe(10);
      expect(warnings, place).toHaveLength(1);
      expect(warnings[0], place).toMatch(
        /checkpoint-20\.hwc is damaged: .*; going on from checkpoint-10\.hwc instead$/,
      );
    }
  });

  it('with all of them damaged there is an error that says what is wrong with each', async () => {
    using folder = filled();
    truncateSync(join(folder.path, NAMES[0]!), 100);
    const bad = Buffer.from(good.get(NAMES[1]!)!);
    bad[2]! ^= 1;
    writeFileSync(join(folder.path, NAMES[1]!), bad);
    const found = newestCheckpoint(folder.path, () => {});
    await expect(found).rejects.toMatchObject({ code: 'format' });
    await expect(found).rejects.toThrow(
      /no checkpoint is whole: checkpoint-20\.hwc is damaged: it does not begin .*; checkpoint-10\.hwc is damaged: it has 100 bytes and should have \d+/,
    );
  });

  it('without any, or without a folder, the user is told', async () => {
    using folder = new ScratchFolder();
    await expect(newestCheckpoint(folder.path, () => {})).rejects.toThrow(/there is no checkpoint in it/);
    await expect(newestCheckpoint(join(folder.path, 'no'), () => {})).rejects.toMatchObject({
      code: 'usage',
    });
  });

  it('a run goes on from the one before with the same end', async () => {
    using folder = filled();
    copyFileSync(join(folder.path, NAMES[0]!), join(folder.path, NAMES[1]!));
    const warnings: string[] = [];
    const options = { args: { shape: '24x20' }, cycles: 30 } as const;
    const after = await run(exampleFile('heat'), {
      ...options,
      ranks: 2,
      resume: folder.path,
      onWarning: (w) => warnings.push(w),
    });
    expect(after.resumedFrom).toBe(10);
    expect(warnings).toEqual([
      expect.stringMatching(/checkpoint-20\.hwc is damaged: it is the state after 10/),
    ]);
    const reference = await run(exampleFile('heat'), { ...options, parts: 4, transport: 'inline' });
    expect(after.hash).toBe(reference.hash);
  });
});
