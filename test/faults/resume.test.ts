import { readdirSync } from 'node:fs';
import { RandomStream, run } from 'haloweave';
import { describe, expect, it } from 'vitest';
import { haloweave, lastObject, start } from '../support/command-line.js';
import { exampleFile, kernelProgramFile } from '../support/kernel-programs.js';
import { ScratchFolder } from '../support/paths.js';

const SEED = 20261122;

describe('a rank thread that is gone', () => {
  const file = kernelProgramFile('mortal');
  const CYCLES = 400;
  const died = ['run', file, '-n', '2', '--parts', '6', '--cycles', String(CYCLES)];

  it('is exit code 3 and names the checkpoint, from which the run goes on to the same hash', async () => {
    using folder = new ScratchFolder();
    const ended = await haloweave([...died, '--checkpoint', folder.path, '--every', '10'], {
      env: { HALOWEAVE_TEST_EXIT: '333' },
    });
    expect(ended.code, ended.err).toBe(3);
    const named =
      /the thread of rank 0 ended before its work was done: .*; checkpoint-(\d+)\.hwc is whole: go on from it with --resume (\S+)\n/.exec(
        ended.err,
      );
    expect(named, ended.err).not.toBeNull();
    expect(named![2]).toBe(folder.path);
    const resumed = await haloweave(['run', file, '-n', '3', '--resume', folder.path, '--json']);
    expect(resumed.code, resumed.err).toBe(0);
    const reference = await run(file, { transport: 'inline', parts: 6, cycles: CYCLES });
    expect(lastObject(resumed)).toMatchObject({ hash: reference.hash, cycles: CYCLES, parts: 6 });
  });

  it('without checkpoints is exit code 3 too', async () => {
    const ended = await haloweave(died, { env: { HALOWEAVE_TEST_EXIT: '33' } });
    expect(ended.err).toMatch(/^the thread of rank 0 ended before its work was done: .*7\n$/m);
    expect(ended.code).toBe(3);
  });

  it('before the first checkpoint: says that there is none', async () => {
    using folder = new ScratchFolder();
    const ended = await haloweave([...died, '--checkpoint', folder.path, '--every', '300'], {
      env: { HALOWEAVE_TEST_EXIT: '33' },
    });
    expect(ended.err).toMatch(/; no checkpoint had been written to .* yet\n/);
    expect(ended.code).toBe(3);
  });

  it('an exception of the program stays exit code 1, and its checkpoints stay', async () => {
    using folder = new ScratchFolder();
    const ended = await haloweave([...died, '--checkpoint', folder.path, '--every', '10'], {
      env: { HALOWEAVE_TEST_THROW: '333' },
    });
    expect(ended.err).toMatch(/RangeError in workunit of partition 0, cycle 333, phase 0: enough/);
    expect(ended.code).toBe(1);
    const resumed = await run(file, { ranks: 1, resume: folder.path });
    const reference = await run(file, { transport: 'inline', parts: 6, cycles: CYCLES });
    expect(resumed.hash).toBe(reference.hash);
  });
});

describe('a process that is killed while it writes a checkpoint', () => {
  const file = exampleFile('heat');
  const random = new RandomStream(SEED);
  const shape = '240x160';
  const CYCLES = 150;
  let hash: string | null = null;

  it.each(Array.from({ length: 10 }, (_, k) => k))(
    'kill %i: the run goes on from the last that is whole',
    async (k) => {
      hash ??= (await run(file, { args: { shape }, parts: 7, cycles: CYCLES, transport: 'inline' })).hash;
      using folder = new ScratchFolder();
      const every = 1 + Math.floor(random.uniform(k, 0) * 8);
      const started = start([
        ...['run', file, '-n', '2', '--parts', '7', '--cycles', String(1000 * CYCLES)],
        ...['--checkpoint', folder.path, '--every', String(every), '--', '--shape', shape],
      ]);
      // At one of the first looks that find a half-written file beside a whole one.
      let looks = 1 + Math.floor(random.uniform(k, 1) * 12);
      while (looks > 0 && started.child.exitCode === null) {
        const names = readdirSync(folder.path);
        const writing = names.some((n) => n.endsWith('.aside'));
        if (writing && names.some((n) => n.endsWith('.hwc'))) looks--;
        await new Promise((resolve) => setImmediate(resolve));
      }
      started.interrupt('SIGKILL');
      const ended = await started.ended;
      const left = readdirSync(folder.path);
      const place = `seed ${SEED}, kill ${k}, every ${every}, left ${left.join(', ')}: ${ended.err}`;
      expect(ended.signal, place).toBe('SIGKILL');
      const newest = Math.max(...left.map((n) => Number(/^checkpoint-(\d+)\.hwc$/.exec(n)?.[1] ?? 0)));
      const warnings: string[] = [];
      const resumed = await run(file, {
        ranks: 1 + (k % 3),
        cycles: Math.max(CYCLES, newest),
        resume: folder.path,
        checkpoint: folder.path,
        every: 1000,
        onWarning: (w) => warnings.push(w),
      });
      // A rename leaves no half of a file behind.
      expect(warnings, place).toEqual([]);
      expect(resumed.resumedFrom, place).toBe(newest);
      expect(readdirSync(folder.path).filter((n) => n.endsWith('.aside'))).toEqual([]);
      if (newest <= CYCLES) expect(resumed.hash, place).toBe(hash);
      else {
        const reference = await run(file, { args: { shape }, parts: 7, cycles: newest, transport: 'inline' });
        expect(resumed.hash, place).toBe(reference.hash);
      }
    },
  );
});
