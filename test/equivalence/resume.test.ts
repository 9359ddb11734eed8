import { type Args, RandomStream, type RunOptions, type RunResult, run } from 'haloweave';
import { describe, expect, it } from 'vitest';
import { exampleFile, kernelProgramFile } from '../support/kernel-programs.js';
import { ScratchFolder } from '../support/paths.js';

/** Where runs stop and on what they go on is drawn from it, the same every time. */
const SEED = 20261120;
const random = new RandomStream(SEED);

interface Case {
  name: string;
  file: string;
  args?: Args;
  parts?: RunOptions['parts'];
  /** Null: the program says when to end. */
  cycles: number | null;
}

const kernel = kernelProgramFile;
const steered = (lag: number, measureEvery: number): Args => ({ cells: 37, lag, measureEvery });
const counting = (more: Args): Args => ({ cells: 50, parts: 9, ...more });

const cases: Case[] = [
  { name: 'heat', file: exampleFile('heat'), args: { shape: '60x44' }, parts: '3x4', cycles: 40 },
  {
    name: 'heat in three dimensions',
    file: exampleFile('heat-3d'),
    args: { shape: '16x12x10' },
    parts: 6,
    cycles: 20,
  },
  { name: 'life, bytes', file: exampleFile('life'), parts: 12, cycles: 30 },
  {
    name: 'time steps from measures until a time',
    file: exampleFile('heat-adaptive'),
    args: { n: 24, until: 8 },
    parts: 4,
    cycles: null,
  },
  { name: 'spin wave, four phases', file: exampleFile('spin-wave'), parts: 5, cycles: 12 },
  {
    name: 'page rank until it rests',
    file: exampleFile('graph'),
    args: { pages: 400, pieces: 7 },
    cycles: null,
  },
  { name: 'two phases, lag 0', file: kernel('counting'), args: counting({ lag: 0 }), cycles: 41 },
  {
    name: 'lag 1, every 3',
    file: kernel('counting'),
    args: counting({ lag: 1, measureEvery: 3 }),
    cycles: 41,
  },
  { name: 'lag 2', file: kernel('counting'), args: counting({ lag: 2 }), cycles: 41 },
  {
    name: 'lag 5, every 2',
    file: kernel('counting'),
    args: counting({ lag: 5, measureEvery: 2 }),
    cycles: 41,
  },
  { name: 'no measures', file: kernel('counting'), args: counting({ measure: false }), cycles: 30 },
  {
    name: 'until, lag 2, every 3',
    file: kernel('counting'),
    args: counting({ lag: 2, measureEvery: 3, stopAt: 33 }),
    cycles: null,
  },
  { name: 'control, reductions, lag 0', file: kernel('steered'), args: steered(0, 1), parts: 5, cycles: 37 },
  {
    name: 'control, reductions, lag 1, every 2',
    file: kernel('steered'),
    args: steered(1, 2),
    parts: 5,
    cycles: 37,
  },
  { name: 'control, reductions, lag 3', file: kernel('steered'), args: steered(3, 1), parts: 4, cycles: 37 },
  {
    name: 'control until a time',
    file: kernel('steered'),
    args: { ...steered(1, 1), end: 1500 },
    parts: 4,
    cycles: null,
  },
  {
    name: 'conjugate gradients',
    file: kernel('conjugate-gradient'),
    args: { n: 24, tolerance: 0 },
    parts: 6,
    cycles: 20,
  },
  { name: 'every centring, dtype and boundary', file: kernel('mixed'), parts: 4, cycles: 14 },
  { name: 'several phases', file: kernel('scheme'), args: { scheme: 'phases' }, parts: 6, cycles: 17 },
  { name: 'wide halos', file: kernel('scheme'), args: { scheme: 'beam' }, parts: 5, cycles: 17 },
  { name: 'a graph', file: kernel('graph/ring'), args: { sizes: '3,1,7,2,2,5' }, cycles: 25 },
  { name: 'a graph of parcels', file: kernel('graph/parcels'), args: { parts: 13, edges: 24 }, cycles: 30 },
];

const WAYS: RunOptions[] = [{ transport: 'inline' }, { ranks: 1 }, { ranks: 2 }, { ranks: 3 }, { ranks: 5 }];

function options(c: Case, way: RunOptions): RunOptions {
  return { ...way, ...(c.args ? { args: c.args } : {}), ...(c.cycles === null ? {} : { cycles: c.cycles }) };
}

/** All that has to be the same. `written` is what a program noted of its output: it begins anew with the process. */
function outcome(r: RunResult): Record<string, unknown> {
  const { written: _written, ...results } = (r.results ?? {}) as Record<string, unknown>;
  return {
    hash: r.hash,
    measures: r.measures,
    control: r.control,
    results,
    cycles: r.cycles,
    parts: r.parts,
  };
}

function written(r: RunResult): number[][] {
  return (r.results as { written?: number[][] }).written ?? [];
}

describe('a run that was stopped and resumed elsewhere ends as one that was not', () => {
  it.each(cases.map((c, k) => [c.name, c, k] as const))('%s', async (_, c, k) => {
    using folder = new ScratchFolder();
    const parts = c.parts === undefined ? {} : { parts: c.parts };
    const reference = await run(c.file, { ...options(c, { transport: 'inline' }), ...parts });
    const draw = (n: number, what: number): number => Math.floor(random.uniform(k, what) * n);
    const stop = 3 + draw(reference.cycles - 4, 0);
    const every = 1 + draw(stop - 1, 1);
    const first = draw(WAYS.length, 2);
    const second = (first + 1 + draw(WAYS.length - 1, 3)) % WAYS.length;
    const place = `stopped after ${stop} cycles, saved every ${every}, ${JSON.stringify(WAYS[first])} then ${JSON.stringify(WAYS[second])}`;
    const before = await run(c.file, {
      ...options(c, WAYS[first]!),
      ...parts,
      cycles: stop,
      checkpoint: folder.path,
      every,
    });
    expect(before.checkpoints!.last, place).toBeGreaterThanOrEqual(every);
    const after = await run(c.file, {
      ...options(c, WAYS[second]!),
      // That of the run that was stopped is not the one that was meant.
      cycles: c.cycles ?? 2 ** 40,
      resume: folder.path,
    });
    expect(after.resumedFrom, place).toBe(before.checkpoints!.last);
    expect(outcome(after), place).toEqual(outcome(reference));
    expect([...written(before), ...written(after)], place).toEqual(written(reference));
  });
});

describe('ranks that share no memory save, and go on from what others saved', () => {
  it.each<[string, string, RunOptions]>([
    ['conjugate gradients', 'conjugate-gradient', { args: { n: 24, tolerance: 0 }, cycles: 40, parts: 6 }],
    ['with control and output', 'steered', { args: steered(1, 2), cycles: 40, parts: 5 }],
    ['lag 3', 'steered', { args: steered(3, 1), cycles: 40, parts: 5 }],
    ['a graph', 'graph/parcels', { args: { parts: 13, edges: 24 }, cycles: 40 }],
  ])('%s', async (_, name, common) => {
    using folder = new ScratchFolder();
    const file = kernelProgramFile(name);
    const reference = await run(file, { ...common, transport: 'inline' });
    const before = await run(file, {
      ...common,
      cycles: 25,
      ranks: 4,
      apart: [2, 2],
      checkpoint: folder.path,
      every: 8,
    });
    const after = await run(file, { ...common, ranks: 3, apart: [1, 2], resume: folder.path });
    expect(after.resumedFrom).toBe(before.checkpoints!.last);
    expect(outcome(after)).toEqual(outcome(reference));
    expect([...written(before), ...written(after)]).toEqual(written(reference));
  });
});

describe('an interrupt', () => {
  it.each<[string, RunOptions, RunOptions]>([
    ['on 3 ranks, resumed inline', { ranks: 3 }, { transport: 'inline' }],
    ['inline, resumed on 2 ranks', { transport: 'inline' }, { ranks: 2 }],
    ['with more ranks than parts', { ranks: 11 }, { ranks: 2 }],
  ])('%s: the state at which the run was closed is saved', async (_, way, then) => {
    using folder = new ScratchFolder();
    const file = kernelProgramFile('counting');
    const args = { cells: 50, parts: 9, lag: 2 };
    const stop = new AbortController();
    const before = await run(file, {
      ...way,
      args,
      cycles: 2 ** 40,
      checkpoint: folder.path,
      every: 2 ** 30,
      signal: stop.signal,
      progressEvery: 5,
      onProgress: ({ cycle }) => {
        if (cycle >= 20) stop.abort();
      },
    });
    expect(before.interrupted).toBe(true);
    expect(before.checkpoints).toMatchObject({ written: 1, skipped: 0, failed: 0, last: before.cycles });
    const cycles = before.cycles + 25;
    const after = await run(file, { ...then, args, cycles, resume: folder.path });
    expect(after.resumedFrom).toBe(before.cycles);
    const reference = await run(file, { args, cycles, transport: 'inline' });
    expect(outcome(after)).toEqual(outcome(reference));
  });
});
