import { readdirSync, readFileSync } from 'node:fs';
import { Cluster, RunError, type RunOptions, type RunResult, run } from 'haloweave';
import { describe, expect, it } from 'vitest';
import { haloweave, lastObject, start } from '../support/command-line.js';
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
    expect(result.checkpoints!.failed).toBe(0);
    const names = readdirSync(folder.path).filter((name) => name !== 'delivered');
    expect(names).toHaveLength(2);
    expect(names).toContain(`checkpoint-${result.checkpoints!.last}.hwc`);
    const resumed = await run(FILE, { ranks: 2, resume: folder.path, args: { ms: 4 } });
    expect(resumed.hash).toBe(reference.hash);
  });

  it('of three of which one has no parts: the run goes on from memory', async () => {
    const reference = await run(FILE, { ranks: 1, parts: 2, cycles: 60, args: { ms: 0 } });
    const { result, log } = await killing(FILE, 3, [{ host: 1, after: 20 }], {
      parts: 2,
      cycles: 60,
      args: { ms: 8 },
      buddy: 2,
    });
    expect(result.hash, log).toBe(reference.hash);
    expect(result.restored, log).toMatchObject([{ from: 'memory' }]);
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

describe('output and measures', () => {
  const file = kernelProgramFile('outputs');
  const words = ['run', file, '--parts', '6', '--cycles', '90', '--hash'];
  const wanted = (text: string): string[] =>
    text.split('\n').filter((line) => /^(frame|state) |hash/.test(line));

  it.each<[string, string[], number]>([
    ['the host of rank 0 is lost, and the state is in memory', ['--buddy', '4'], 0],
    ['another host is lost, and the state is in memory', ['--buddy', '4'], 1],
    ['the host of rank 0 is lost, and there is no saved state', [], 0],
  ])('are delivered once and in order when %s', async (_, saving, victim) => {
    const reference = await haloweave([...words, '-n', '2', '--', '--ms', '0']);
    expect(reference.code, reference.err).toBe(0);
    await using workers = new WorkerProcesses();
    await Promise.all([1, 2, 3].map(() => workers.listen(1)));
    const hosts = workers.all.map((w) => w.address).join(',');
    const command = start([...words, '--host', hosts, ...saving, '--', '--ms', '4']);
    await command.seen((text) => text.includes('frame 39:'));
    process.kill(workers.all[victim]!.pid, 'SIGKILL');
    const ended = await command.ended;
    expect(ended.code, ended.err).toBe(0);
    expect(ended.err).toMatch(/going on/);
    expect(wanted(ended.out), ended.err).toEqual(wanted(reference.out));
  });

  it('are delivered once when the host of rank 0 is lost in the middle of a frame, which is written again', async () => {
    using folder = new ScratchFolder();
    const log = `${folder.path}/frames`;
    const reference = await haloweave([...words, '-n', '2', '--', '--ms', '0', '--dies', '30']);
    await using workers = new WorkerProcesses();
    const mortal = await workers.listen(1, [], { env: { HALOWEAVE_TEST_EXIT: 'yes' } });
    const other = await workers.listen(1);
    const hosts = `${mortal.address},${other.address}`;
    const ended = await haloweave([
      ...[...words, '--host', hosts, '--buddy', '4'],
      ...['--', '--ms', '0', '--dies', '30', '--log', log],
    ]);
    expect(ended.code, ended.err).toBe(0);
    expect(ended.err).toMatch(/going on: restored to cycle \d+ from memory/);
    expect(wanted(ended.out), ended.err).toEqual(wanted(reference.out));
    // What was appended to a file before the kill is not taken back: that one frame, and no other, is there twice.
    const cycles = Array.from({ length: 31 }, (_, k) => 3 * k).flatMap((c) => (c === 30 ? [c, c] : [c]));
    expect(readFileSync(log, 'utf8').trim().split('\n').map(Number)).toEqual(cycles);
  });
});

describe('a checkpoint', () => {
  const options = { parts: PARTS, args: { ms: 0 } };

  it('of threads is gone on from on workers, and one of workers on threads, with the same hash', async () => {
    using folder = new ScratchFolder();
    const reference = await run(FILE, { ...options, ranks: 1, cycles: 60 });
    await run(FILE, { ...options, ranks: 2, cycles: 20, checkpoint: folder.path, every: 10 });
    await using workers = new WorkerProcesses();
    await Promise.all([1, 2].map(() => workers.listen(1)));
    await using cluster = await Cluster.start({
      hosts: workers.all.map((w) => w.address),
      onNotice: () => {},
    });
    const saving = { checkpoint: folder.path, every: 20, resume: folder.path };
    const middle = await cluster.run(FILE, { args: options.args, cycles: 40, ...saving });
    expect(middle).toMatchObject({ resumedFrom: 20, cycles: 40, parts: PARTS, restored: [] });
    expect(middle.checkpoints).toMatchObject({ written: 1, last: 40 });
    const end = await run(FILE, { args: options.args, ranks: 3, cycles: 60, resume: folder.path });
    expect(end.resumedFrom).toBe(40);
    expect(end.hash).toBe(reference.hash);
    const other = { args: { ms: 0, other: 1 }, cycles: 60, resume: folder.path };
    await expect(cluster.run(FILE, other)).rejects.toThrow(/was saved with other arguments/);
    const forced = await cluster.run(FILE, { ...other, forceResume: true });
    expect(forced.hash).toBe(reference.hash);
  });

  it('is written where a run on workers is interrupted, and the run goes on from it', async () => {
    using folder = new ScratchFolder();
    const reference = await run(FILE, { ...options, ranks: 1, cycles: 60 });
    await using workers = new WorkerProcesses();
    await Promise.all([1, 2].map(() => workers.listen(1)));
    await using cluster = await Cluster.start({
      hosts: workers.all.map((w) => w.address),
      onNotice: () => {},
    });
    const stop = new AbortController();
    const cut = await cluster.run(FILE, {
      parts: PARTS,
      args: { ms: 4 },
      cycles: 60,
      checkpoint: folder.path,
      every: 1000,
      signal: stop.signal,
      progressEvery: 10,
      onProgress: ({ cycle }) => cycle >= 10 && stop.abort(),
    });
    expect(cut.interrupted).toBe(true);
    expect(cut.checkpoints).toMatchObject({ written: 1, last: cut.cycles });
    const end = await cluster.run(FILE, { resume: folder.path });
    expect(end).toMatchObject({ resumedFrom: cut.cycles, cycles: 60, hash: reference.hash });
  });

  it('of a graph is gone on from after a loss, with the same hash', async () => {
    const file = kernelProgramFile('graph/ring');
    const sizes = '5,3,7,2,4,6';
    const reference = await run(file, { ranks: 1, cycles: 100, args: { sizes } });
    const { result, log } = await killing(file, 3, [{ host: 1, after: 30 }], {
      cycles: 100,
      args: { sizes, ms: 4 },
      buddy: 5,
    });
    expect(result.hash, log).toBe(reference.hash);
    expect(result.results).toEqual(reference.results);
    expect(result.measures).toEqual(reference.measures);
    expect(result.restored, log).toMatchObject([{ from: 'memory' }]);
  });
});

describe('a rank thread that is gone', () => {
  const args = { ms: 2, exits: 2 };

  it('on one of several hosts: the run goes on, and a partition that does it again is named', async () => {
    await using workers = new WorkerProcesses();
    await Promise.all([1, 2].map(() => workers.listen(1)));
    const notices: string[] = [];
    await using cluster = await Cluster.start({
      hosts: workers.all.map((w) => w.address),
      onNotice: (text) => notices.push(text),
    });
    const error = await cluster.run(FILE, { parts: PARTS, cycles: CYCLES, args, buddy: 2 }).then(
      () => null,
      (e: unknown) => e as RunError,
    );
    expect(error?.code, notices.join('\n')).toBe('lost');
    expect(error?.message).toMatch(/partition 2 was running cycle 3 when host \d was lost and again/);
    expect(notices.join('\n')).toMatch(/host \d has lost a rank/);
    expect(notices.join('\n')).toMatch(/going on: restored to cycle 2 from memory/);
  });

  it('on the only host: exit code 3, and the run is resumed', async () => {
    using folder = new ScratchFolder();
    const file = kernelProgramFile('mortal');
    await using workers = new WorkerProcesses();
    const [worker] = await Promise.all([workers.listen(2, [], { env: { HALOWEAVE_TEST_EXIT: '33' } })]);
    const words = ['run', file, '--parts', '6', '--cycles', '60', '--host', worker!.address, '--json'];
    const ended = await haloweave([...words, '--checkpoint', folder.path, '--every', '10']);
    expect(ended.code, ended.err).toBe(3);
    expect(ended.err).toMatch(/the thread of rank 0 ended before its work was done: .*, on the only host; /);
    expect(ended.err).toMatch(/checkpoint-\d+\.hwc is whole: go on from it with --resume/);
    const resumed = await haloweave(['run', file, '-n', '2', '--resume', folder.path, '--json']);
    expect(resumed.code, resumed.err).toBe(0);
    const reference = await run(file, { transport: 'inline', parts: 6, cycles: 60 });
    expect(lastObject(resumed)).toMatchObject({ hash: reference.hash, cycles: 60 });
  });
});
