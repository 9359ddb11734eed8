import { readdirSync } from 'node:fs';
import { Cluster, RunError, type RunOptions, type RunResult, run } from 'haloweave';
import { describe, expect, it } from 'vitest';
import { WorkerProcesses } from '../support/faults/worker-processes.js';
import { kernelProgramFile } from '../support/kernel-programs.js';
import { ScratchFolder } from '../support/paths.js';

const FILE = kernelProgramFile('timed');
const CYCLES = 120;
const PARTS = 6;

interface Killed {
  result: RunResult;
  log: string;
  notices: string[];
}

/** Runs on workers of one rank each, and kills some of them as soon as so many cycles have been seen. */
async function killing(
  file: string,
  hosts: number,
  killed: readonly { host: number; after: number }[],
  options: RunOptions,
): Promise<Killed> {
  await using workers = new WorkerProcesses();
  await Promise.all(Array.from({ length: hosts }, () => workers.listen(1)));
  const notices: string[] = [];
  await using cluster = await Cluster.start({
    hosts: workers.all.map((w) => w.address),
    onNotice: (text) => notices.push(text),
  });
  const left = [...killed];
  const result = await cluster.run(file, {
    ...options,
    progressEvery: 10,
    onProgress: ({ cycle }) => {
      while (left[0] && cycle >= left[0].after)
        process.kill(workers.all[left.shift()!.host - 1]!.pid, 'SIGKILL');
    },
  });
  const log = `${notices.join('\n')}\n${workers.log}`;
  expect(left, log).toEqual([]);
  return { result, log, notices };
}

describe('a killed worker', () => {
  it('of three: the run goes on from memory, with the same hash', async () => {
    const reference = await run(FILE, { ranks: 1, parts: PARTS, cycles: CYCLES, args: { ms: 0 } });
    const { result, log, notices } = await killing(FILE, 3, [{ host: 2, after: 30 }], {
      parts: PARTS,
      cycles: CYCLES,
      args: { ms: 4 },
      buddy: 5,
    });
    expect(result.hash, log).toBe(reference.hash);
    expect(result.measures).toEqual(reference.measures);
    expect(result.recoveries).toBe(1);
    expect(result.restored, log).toHaveLength(1);
    const [{ cycles, from }] = result.restored as [RunResult['restored'][0]];
    expect(from).toBe('memory');
    // At least the state before the one that was seen: two of them are kept.
    expect(cycles).toBeGreaterThanOrEqual(20);
    expect(cycles % 5).toBe(0);
    expect(notices.join('\n')).toContain(`going on: restored to cycle ${cycles} from memory`);
  });

  it('and its buddy: the run goes on from disk, to the same hash, and leaves whole checkpoints', async () => {
    using folder = new ScratchFolder();
    const reference = await run(FILE, { ranks: 1, parts: PARTS, cycles: CYCLES, args: { ms: 0 } });
    const both = [
      { host: 2, after: 40 },
      { host: 3, after: 40 },
    ];
    const { result, log } = await killing(FILE, 3, both, {
      parts: PARTS,
      cycles: CYCLES,
      args: { ms: 4 },
      buddy: 5,
      checkpoint: folder.path,
      every: 10,
    });
    expect(result.hash, log).toBe(reference.hash);
    expect(result.ranks).toBe(1);
    expect(
      result.restored.map((r) => r.from),
      log,
    ).toContain('disk');
    for (const { cycles } of result.restored) expect(cycles, log).toBeGreaterThanOrEqual(10);
    expect(result.checkpoints).toMatchObject({ last: CYCLES, failed: 0 });
    expect(readdirSync(folder.path).sort()).toEqual(
      ['checkpoint-110.hwc', 'checkpoint-120.hwc', 'delivered'].sort(),
    );
  });

  it('before anything is saved: the run begins again', async () => {
    const reference = await run(FILE, { ranks: 1, parts: PARTS, cycles: 20, args: { ms: 0 } });
    const { result, log } = await killing(FILE, 2, [{ host: 1, after: 5 }], {
      parts: PARTS,
      cycles: 20,
      args: { ms: 4 },
      buddy: 1000,
    });
    expect(result.hash, log).toBe(reference.hash);
    expect(result.restored).toEqual([{ cycles: 0, from: 'beginning' }]);
  });

  it('that leaves too few ranks ends the run, and the checkpoint is named', async () => {
    using folder = new ScratchFolder();
    const options = { parts: PARTS, cycles: CYCLES, args: { ms: 4 } };
    const saving = { checkpoint: folder.path, every: 10, minRanks: 2 };
    const error = (await killing(FILE, 2, [{ host: 2, after: 40 }], { ...options, ...saving }).then(
      () => null,
      (e: unknown) => e,
    )) as RunError;
    expect(error).toBeInstanceOf(RunError);
    expect(error.code).toBe('lost');
    const { last } = error.checkpoints!;
    expect(error.message).toMatch(/^there is room for 1 ranks, fewer than the 2 it takes; checkpoint-/);
    expect(error.message).toContain(
      `checkpoint-${last}.hwc is whole: go on from it with --resume ${folder.path}`,
    );
    const resumed = await run(FILE, { ranks: 2, resume: folder.path, args: { ms: 4 } });
    expect(resumed.resumedFrom).toBe(last);
    const reference = await run(FILE, { ranks: 1, parts: PARTS, cycles: CYCLES, args: { ms: 0 } });
    expect(resumed.hash).toBe(reference.hash);
  });
});
