import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { Cluster, run } from 'haloweave';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DTYPES, STATE, TYPED } from '../../../programs/kernel/mixed.js';
import { haloweave, lastObject } from '../../../support/command-line.js';
import { WorkerProcesses } from '../../../support/faults/worker-processes.js';
import { exampleFile, kernelProgramFile } from '../../../support/kernel-programs.js';
import { programFile, ScratchFolder } from '../../../support/paths.js';
import { bytesOf } from '../../../support/values.js';

const heat = exampleFile('heat');
const mixed = kernelProgramFile('mixed');

const sameBytes = (a: ArrayBufferView, b: ArrayBufferView): boolean =>
  Buffer.compare(bytesOf(a), bytesOf(b)) === 0;

describe('the final state of a run on workers', () => {
  let workers: WorkerProcesses;
  let cluster: Cluster | null = null;
  const notices: string[] = [];
  beforeAll(async () => {
    workers = await WorkerProcesses.start(1, 2);
    cluster = await Cluster.start({
      hosts: workers.addresses,
      onNotice: (text) => notices.push(text),
    });
  });
  afterAll(async () => {
    await cluster?.close();
    await workers[Symbol.asyncDispose]();
    expect(notices).toEqual([]);
  });

  it('is that of threads: cells and vertices, vectors, every dtype', async () => {
    expect(Object.keys(TYPED)).toHaveLength(DTYPES.length);
    const options = { cycles: 4, parts: '2x3x2' };
    const there = await cluster!.run(mixed, options);
    const here = await run(mixed, { ...options, ranks: 2 });
    expect(there.hash).toBe(here.hash);
    for (const name of STATE) {
      const [a, b] = [there.gather(name), here.gather(name)];
      expect(a.shape).toEqual(b.shape);
      expect(a.dtype).toBe(b.dtype);
      expect(sameBytes(a.data, b.data)).toBe(true);
    }
    expect(() => there.gather('w')).toThrow(/gather: there is no field 'w'; the fields are u, p, m, t_f64/);
  });

  it('comes in many messages if it is large', async () => {
    // 8 MiB a field: eight messages, of which four are under way at once.
    const options = { cycles: 2, args: { shape: '1024x1024' } };
    const there = await cluster!.run(heat, options);
    const here = await run(heat, { ...options, ranks: 2 });
    expect(there.gather('u').shape).toEqual([1024, 1024]);
    expect(sameBytes(there.gather('u').data, here.gather('u').data)).toBe(true);
  });

  it('stays there unless it is wanted', async () => {
    const result = await cluster!.run(heat, { cycles: 2, keep: false });
    expect(() => result.gather('u')).toThrow(
      "gather: field 'u' was not kept when the run on several hosts ended: run with keep",
    );
  });

  it('on one worker stays there too unless it is wanted', async () => {
    const result = await cluster!.run(heat, { cycles: 2, keep: false, ranks: 1 });
    expect(result.hosts).toHaveLength(1);
    expect(() => result.gather('u')).toThrow(
      "gather: field 'u' was not kept when the run on workers ended: run with keep",
    );
    const kept = await cluster!.run(heat, { cycles: 2, ranks: 1 });
    const here = await run(heat, { cycles: 2, ranks: 1 });
    expect(sameBytes(kept.gather('u').data, here.gather('u').data)).toBe(true);
  });

  it('is written by save as by a run on threads, file by file', async () => {
    using folder = new ScratchFolder();
    const [a, b] = [`${folder.path}/workers`, `${folder.path}/threads`];
    const options = { cycles: 3, parts: 6 };
    const there = await cluster!.run(heat, { ...options, save: a });
    const here = await run(heat, { ...options, ranks: 2, save: b });
    const names = (files: string[], of: string): string[] => files.map((f) => relative(of, f));
    expect(names(there.saved, a)).toEqual(names(here.saved, b));
    expect(there.saved.length).toBe(8);
    for (const name of names(there.saved, a))
      expect(readFileSync(`${a}/${name}`).equals(readFileSync(`${b}/${name}`))).toBe(true);
  });

  it('is refused for a program without a grid, and for a folder that cannot be written to', async () => {
    using folder = new ScratchFolder();
    await expect(cluster!.run(exampleFile('ring'), { save: folder.path })).rejects.toThrow(
      /--save: .*ring\.ts is a function of ranks and messages/,
    );
    const file = folder.write('taken', '');
    await expect(cluster!.run(heat, { cycles: 1, save: file })).rejects.toThrow(/--save .*taken/);
  });

  it('is not brought for a program that has failed, whose error comes', async () => {
    await expect(
      cluster!.run(programFile('ends/throws.ts'), { args: { state: 'recv', bad: 1 } }),
    ).rejects.toThrow(/rank 1 has had enough/);
  });
});

describe('--save on the command line', () => {
  it('writes the state of a run on workers', async () => {
    using folder = new ScratchFolder();
    await using workers = await WorkerProcesses.start(1, 1);
    const words = ['run', heat, '--cycles', '3', '--parts', '4', '--json', '--save'];
    const there = await haloweave([...words, `${folder.path}/a`, '--host', workers.hosts]);
    expect(there.err).toBe(`  saved 6 files to ${folder.path}/a\n`);
    const here = await haloweave([...words, `${folder.path}/b`, '-n', '2']);
    expect(lastObject(there).hash).toBe(lastObject(here).hash);
    expect(readFileSync(`${folder.path}/a/u.npy`).equals(readFileSync(`${folder.path}/b/u.npy`))).toBe(true);
  });
});
