import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { RunError, run } from 'haloweave';
import { afterAll, describe, expect, it } from 'vitest';
import { readTrace, type Slice } from '../../../support/chrome-trace.js';
import { haloweave } from '../../../support/command-line.js';
import { kernelProgramFile } from '../../../support/kernel-programs.js';
import { inCheckout, programFile, ScratchFolder } from '../../../support/paths.js';

const folder = new ScratchFolder();
afterAll(() => folder[Symbol.dispose]());
const heat = inCheckout('examples/heat.ts');
const traced = programFile('traced.ts');
let files = 0;
const fresh = (): string => join(folder.path, `trace-${files++}.json`);

const count = (slices: readonly Slice[], name: string): number =>
  slices.filter((s) => s.name === name).length;

describe('the trace of a kernel', () => {
  it.each([1, 2, 3, 'inline'] as const)('has a row a rank and a slice for everything: %s', async (ranks) => {
    const file = fresh();
    const result = await run(heat, {
      ...(ranks === 'inline' ? { transport: 'inline' } : { ranks }),
      parts: '3x2',
      cycles: 12,
      args: { shape: '24x18' },
      trace: file,
    });
    const size = ranks === 'inline' ? 1 : ranks;
    const trace = readTrace(file);
    expect(trace.rows).toEqual(Array.from({ length: size }, (_, r) => `rank ${r}`));
    expect(trace.process).toBe('haloweave examples/heat.ts');
    expect(trace.other).toEqual({
      program: 'examples/heat.ts',
      transport: result.transport,
      ranks: size,
      droppedEvents: new Array(size).fill(0),
    });
    expect(result.trace).toEqual({ file, events: trace.slices.length, dropped: 0 });
    for (const r of result.perRank) {
      const mine = trace.slices.filter((s) => s.tid === r.rank);
      // One workunit and one share a step; the halos of the first are there, those of the final state are unpacked.
      expect(count(mine, 'workunit')).toBe(r.workunits);
      expect(count(mine, 'publish')).toBe(r.workunits);
      expect(count(mine, 'unpack')).toBe(r.workunits);
      expect(count(mine, 'barrier')).toBeGreaterThan(2);
    }
    const places = trace.slices
      .filter((s) => s.name === 'workunit')
      .map((s) => `${s.args!.partition} ${s.args!.cycle} ${s.args!.phase}`);
    expect(new Set(places).size).toBe(6 * 12);
    // Every part has two neighbours and more on other ranks; an arrow for each of its 12 unpackings.
    if (size === 1) expect(trace.arrows).toEqual([]);
    else expect(trace.arrows.length).toBeGreaterThan(6 * 12);
    for (const { name, from, to } of trace.arrows) {
      expect([name, from.name, to.name]).toEqual(['halo', 'publish', 'unpack']);
      expect(from.tid).not.toBe(to.tid);
      // What cycle c publishes is unpacked for the next one.
      expect(to.args!.cycle).toBe(Number(from.args!.cycle) + 1);
      expect(from.ts).toBeLessThanOrEqual(to.ts + to.dur);
    }
    const untraced = await run(heat, { ranks: 2, parts: '3x2', cycles: 12, args: { shape: '24x18' } });
    expect([untraced.hash, untraced.trace]).toEqual([result.hash, null]);
  });

  it('names the partitions of a graph, and draws arrows along its edges', async () => {
    const file = fresh();
    const named = kernelProgramFile('graph/named');
    const result = await run(named, { ranks: 2, cycles: 6, args: { count: 5 }, trace: file });
    const trace = readTrace(file);
    const names = (list: readonly Slice[]) => [...new Set(list.map((s) => s.args!.partition))].sort();
    const units = trace.slices.filter((s) => s.name === 'workunit');
    expect(units).toHaveLength(5 * 6);
    expect(names(units)).toEqual([0, 1, 2, 3, 4].map((k) => `piece ${k}`));
    // One edge of the line joins the ranks: an arrow each way, for every unpacking.
    expect(trace.arrows).toHaveLength(2 * 6);
    const ends = trace.arrows.map(({ from, to }) => `${from.args!.partition} to ${to.args!.partition}`);
    expect(new Set(ends).size).toBe(2);
    expect((await run(named, { ranks: 1, cycles: 6, args: { count: 5 } })).hash).toBe(result.hash);
  });

  it('keeps the newest events and says how many were dropped', async () => {
    const file = fresh();
    const words = ['run', heat, '-n', '2', '--parts', '4', '--cycles', '50', '--trace', file];
    const { code, out } = await haloweave([...words, '--trace-events', '40', '--', '--shape', '20x20']);
    expect(code).toBe(0);
    const trace = readTrace(file);
    const dropped = trace.other.droppedEvents as number[];
    expect(dropped.every((n) => n > 200)).toBe(true);
    expect(trace.rows).toEqual(dropped.map((n, r) => `rank ${r} (the last 40 events, ${n} dropped)`));
    expect(trace.slices).toHaveLength(80);
    expect(trace.slices.some((s) => s.args?.cycle === 49)).toBe(true);
    expect(trace.slices.some((s) => s.args?.cycle === 0)).toBe(false);
    expect(out).toContain(
      `  trace of 80 events in ${file}, ${dropped[0]! + dropped[1]!} older ones dropped (--trace-events keeps more): open it at ui.perfetto.dev\n`,
    );
  });
});

describe('the trace of messages', () => {
  it.each([1, 2, 3])('has every call, every message, and an arrow for each: %i ranks', async (ranks) => {
    const file = fresh();
    const rounds = 4;
    await run(traced, { ranks, args: { rounds }, trace: file });
    const trace = readTrace(file);
    for (let r = 0; r < ranks; r++) {
      const mine = trace.slices.filter((s) => s.tid === r);
      // As the program calls them; isend and irecv are waited for, all in all four a round.
      for (const [name, times, cat] of [
        ['send', 2, 'message'],
        ['recvInto', 1, 'message'],
        ['recv', 1, 'message'],
        ['isend', 2, 'message'],
        ['irecv', 1, 'message'],
        ['irecvInto', 1, 'message'],
        ['allreduce', 1, 'collective'],
        ['bcast', 1, 'collective'],
      ] as const) {
        expect([name, count(mine, name)]).toEqual([name, times * rounds]);
        for (const s of mine) if (s.name === name) expect(s.cat).toBe(cat);
      }
      for (const name of ['split', 'cartesian', 'neighbourAllgather', 'free'])
        expect([name, mine.filter((s) => s.name === name).map((s) => s.cat)]).toEqual([name, ['collective']]);
      // Those of `split` and `cartesian` too, two each; and one of a communicator that `within` gave.
      expect(count(mine, 'allgather')).toBe(rounds + 2 * 2 + 1);
      // Arithmetic is no event.
      for (const name of ['coords', 'within', 'deadline']) expect(count(mine, name)).toBe(0);
      expect(mine.filter((s) => s.name === 'wait' && s.cat === 'message')).toHaveLength(4 * rounds);
      const parked = mine.filter((s) => s.cat === 'wait');
      for (const s of parked)
        expect(s.args).toMatchObject({ for: expect.stringMatching(/^[a-zA-Z. ]+$/) as string });
      if (ranks > 1) expect(count(mine, 'message out')).toBeGreaterThanOrEqual(4 * rounds + 2);
      else expect(count(mine, 'message out')).toBe(0);
    }
    expect(count(trace.slices, 'message in')).toBe(count(trace.slices, 'message out'));
    expect(trace.arrows).toHaveLength(count(trace.slices, 'message out'));
    expect(trace.arrows.filter(({ to }) => to.args!.context === 0)).toHaveLength(
      ranks === 1 ? 0 : 4 * rounds * ranks,
    );
    for (const { name, from, to } of trace.arrows) {
      expect([name, from.name, to.name]).toEqual(['message', 'message out', 'message in']);
      expect([from.args!.to, to.args!.from]).toEqual([to.tid, from.tid]);
      for (const key of ['tag', 'context', 'bytes']) expect(to.args![key]).toBe(from.args![key]);
    }
  });

  it('is written when the run fails, up to the failure, by the command too', async () => {
    const file = fresh();
    const failed = run(traced, { ranks: 3, args: { fails: true }, trace: file });
    const error = await failed.then(
      () => null,
      (e: unknown) => e as RunError,
    );
    expect(error).toBeInstanceOf(RunError);
    expect(error!.message).toBe('planted');
    const trace = readTrace(file);
    expect(error!.trace).toEqual({ file, events: trace.slices.length, dropped: 0 });
    for (let r = 0; r < 3; r++)
      expect(
        count(
          trace.slices.filter((s) => s.tid === r),
          'allreduce',
        ),
      ).toBe(3);
    // The others were in a receive that never came to its end in the program.
    const last = trace.slices.filter((s) => s.tid === 0 && s.name === 'recv').at(-1)!;
    expect(
      count(
        trace.slices.filter((s) => s.tid === 0),
        'recv',
      ),
    ).toBe(4);
    expect(trace.slices.every((s) => s.tid !== 0 || s.ts + s.dur <= last.ts + last.dur + 0.001)).toBe(true);

    const other = fresh();
    const user = kernelProgramFile('faults');
    const { code, err } = await haloweave([
      ...['run', user, '-n', '2', '--cycles', '5', '--trace', other],
      ...['--', '--fault', 'workunit throws'],
    ]);
    expect(code).toBe(1);
    expect(err).toMatch(/^trace of \d+ events in .*: open it at ui.perfetto.dev$/m);
    const parts = readTrace(other).slices.filter((s) => s.name === 'workunit');
    // The failing one too: part 2 in cycle 3.
    expect(parts.some((s) => s.args!.partition === 2 && s.args!.cycle === 3)).toBe(true);
  });
});

describe('the trace of a rank that dies', () => {
  it.each(['exit', 'rejection'])('is there as far as it came: %s', async (how) => {
    const file = fresh();
    await expect(
      run(programFile('ends/dies.ts'), { ranks: 2, args: { how }, trace: file }),
    ).rejects.toMatchObject({
      rank: 1,
      trace: { file },
    });
    const { slices } = readTrace(file);
    expect(slices.filter((s) => s.tid === 1).map((s) => s.name)).toContain('barrier');
    expect(slices.filter((s) => s.tid === 0).at(-1)!.cat).toMatch(/wait|message/);
  });
});

describe('a trace that cannot be written', () => {
  it('is refused before the run', async () => {
    const far = join(folder.path, 'no', 'trace.json');
    await expect(run(heat, { ranks: 1, cycles: 1, trace: far })).rejects.toMatchObject({
      code: 'usage',
      message: `--trace ${far} cannot be written: there is no such file or folder (a relative path starts at the working folder)`,
    });
    await expect(run(heat, { ranks: 1, cycles: 1, trace: folder.path })).rejects.toThrow(
      `--trace ${folder.path} cannot be written: it is a folder: name a file`,
    );
    await expect(run(heat, { ranks: 1, cycles: 1, trace: fresh(), traceEvents: 0.5 })).rejects.toThrow(
      'traceEvents is 0.5: use a whole number of 1 or more',
    );
    const { code, err } = await haloweave(['run', heat, '--trace', fresh(), '--trace-events', '0']);
    expect([code, err]).toEqual([
      2,
      expect.stringContaining('--trace-events 0: use a whole number of 1 or more'),
    ]);
  });

  it('leaves nothing behind', () => {
    expect(readdirSync(folder.path).filter((name) => !name.endsWith('.json'))).toEqual([]);
    expect(existsSync(folder.path)).toBe(true);
  });
});
