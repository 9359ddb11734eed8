import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunOptions, run } from 'haloweave';
import { describe, expect, it } from 'vitest';
import { countingStates } from '../support/kernel-counting.js';
import { exampleFile, kernelProgramFile } from '../support/kernel-programs.js';
import { steeredRun } from '../support/kernel-steered.js';

const on = (apart: number[]): RunOptions => ({ ranks: apart.reduce((a, b) => a + b), apart });
/** Ranks of each host, and parts. */
const WAYS: [number[], number][] = [
  [[1, 1], 6],
  [[2, 1], 1],
  [[1, 2, 1], 3],
  [[2, 1, 2], 7],
];
const CELLS = 23;

describe('reductions between phases, control, measures and output between hosts: what one loop gives', () => {
  /** Lag, cycles from one measure to the next, and the ways that run it: each way has two. */
  const cases: [lag: number, measureEvery: number, ways: number[]][] = [
    [0, 1, [0, 3]],
    [0, 3, [1]],
    [1, 1, [2]],
    [2, 1, [0]],
    [2, 3, [3]],
    [3, 2, [1, 2]],
  ];
  it.each(cases)('lag %i, measured every %i cycles', async (lag, measureEvery, ways) => {
    const { cycles: _, ...expected } = steeredRun({ cells: CELLS, lag, measureEvery, cycles: 13 });
    for (const [apart, parts] of ways.map((w) => WAYS[w]!)) {
      const args = { cells: CELLS, lag, measureEvery };
      const result = await run(kernelProgramFile('steered'), { cycles: 13, parts, args, ...on(apart) });
      expect(result.results, `hosts of ${apart}`).toEqual(expected);
      expect(result.control).toEqual(expected.control);
    }
  });

  it.each(cases.filter((_, k) => k % 2 === 0))(
    'lag %i, every %i, until a time',
    async (lag, measureEvery, ways) => {
      const end = 777;
      const expected = steeredRun({ cells: CELLS, lag, measureEvery, end });
      for (const [apart, parts] of ways.slice(-1).map((w) => WAYS[w]!)) {
        const args = { cells: CELLS, lag, measureEvery, end };
        const result = await run(kernelProgramFile('steered'), { parts, args, ...on(apart) });
        expect(result.cycles).toBe(expected.cycles);
        expect((result.results as { u: number[] }).u).toEqual(expected.u);
        expect(result.control).toEqual(expected.control);
      }
    },
  );

  it('more hosts than a root has children', async () => {
    const { cycles: _, ...expected } = steeredRun({ cells: CELLS, lag: 1, measureEvery: 1, cycles: 9 });
    const args = { cells: CELLS, lag: 1, measureEvery: 1 };
    const options = { cycles: 9, parts: 11, args, ...on([1, 1, 2, 1, 1, 1, 1]) };
    expect((await run(kernelProgramFile('steered'), options)).results).toEqual(expected);
  });

  it('no cycle at all', async () => {
    const args = { cells: CELLS, lag: 1, measureEvery: 1 };
    const expected = steeredRun({ cells: CELLS, lag: 1, measureEvery: 1, cycles: 0 });
    const result = await run(kernelProgramFile('steered'), { cycles: 0, parts: 4, args, ...on([2, 1]) });
    expect(result.results).toMatchObject({ u: expected.u, reduced: expected.reduced });
  });
});

it('conjugate gradients between hosts: the same bits and cycles', async () => {
  const options = { args: { n: 13 } };
  const one = await run(kernelProgramFile('conjugate-gradient'), {
    transport: 'inline',
    parts: 1,
    ...options,
  });
  for (const [apart, parts] of WAYS.slice(1, 3)) {
    const other = await run(kernelProgramFile('conjugate-gradient'), { parts, ...options, ...on(apart) });
    expect([other.hash, other.cycles]).toEqual([one.hash, one.cycles]);
    expect(other.results).toEqual(one.results);
  }
});

it('sums that round have the bits of the same ranks on one host', async () => {
  const values = Array.from({ length: 61 }, (_, k) => Math.sin(k * k) * 10 ** ((k * 7) % 19));
  const options: RunOptions = { cycles: 3, parts: 11, args: { values } };
  for (const [apart] of WAYS.slice(3)) {
    const here = await run(kernelProgramFile('values'), { ...options, ...on(apart), apart: undefined });
    const there = await run(kernelProgramFile('values'), { ...options, ...on(apart) });
    expect(there.measures).toEqual(here.measures);
  }
});

describe('output', () => {
  const states = countingStates(CELLS, 40);

  it.each<[number, number, number | undefined, [number[], number]]>([
    [1, 1, undefined, [[1, 1], 7]],
    [3, 0, undefined, [[1, 2, 1], 2]],
    [2, 1, 9, [[2, 1, 2], 9]],
    [2, 0, 9, [[2, 1], 4]],
  ])('every %i cycles, lag %i, ending by itself: %s', async (every, lag, stopAt, [apart, parts]) => {
    const frames = new SharedArrayBuffer(8 * (1 + 60 * (2 * CELLS + 1)));
    const result = await run(kernelProgramFile('counting'), {
      ...(stopAt === undefined ? { cycles: 13 } : {}),
      args: { cells: CELLS, parts, frames, every, lag, stopAt },
      ...on(apart),
    });
    expect(result.cycles).toBe(stopAt === undefined ? 13 : stopAt + lag);
    const data = new Float64Array(frames);
    const due = states.slice(0, result.cycles + 1).flatMap((u, c) => (c % every === 0 ? [[c, ...u]] : []));
    const got = Array.from({ length: data[0]! }, (_, k) =>
      Array.from(data.subarray(1 + k * (CELLS + 1), 1 + (k + 1) * (CELLS + 1))),
    );
    expect(got).toEqual(due);
  });
});

describe('a run on several hosts that is stopped from outside ends at a whole cycle', () => {
  it.each<[string, Record<string, unknown>, number[]]>([
    ['with lag 1', {}, [1, 1]],
    ['with lag 0', { lag: 0 }, [2, 1]],
    ['with lag 3, every 2', { lag: 3, measureEvery: 2 }, [1, 2, 1]],
    ['without measures', { measure: false }, [1, 2]],
    ['with more ranks than parts', { parts: 2 }, [1, 1, 2]],
  ])('%s', async (_, given, apart) => {
    const args = { cells: 50, parts: 9, ...given };
    const stop = new AbortController();
    const result = await run(kernelProgramFile('counting'), {
      // Out of reach: only the signal ends the run.
      args: { ...args, stopAt: 2 ** 40 },
      signal: stop.signal,
      progressEvery: 5,
      onProgress: ({ cycle }) => {
        if (cycle >= 20) stop.abort();
      },
      ...on(apart),
    });
    expect(result.interrupted).toBe(true);
    const reference = await run(kernelProgramFile('counting'), {
      cycles: result.cycles,
      transport: 'inline',
      args,
    });
    expect(result.hash).toBe(reference.hash);
    const { interrupted: _i, ...results } = result.results as Record<string, unknown>;
    expect(reference.results).toMatchObject(results);
  });
});

describe('what is left of a run on several hosts', () => {
  const heat = exampleFile('heat');
  const options: RunOptions = { cycles: 3, parts: 6, args: { shape: '18x20' } };

  it('files of its state: those of one host', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'haloweave-apart-'));
    try {
      const [here, there] = [join(folder, 'here'), join(folder, 'there')];
      await run(heat, { ...options, ranks: 2, save: here });
      await run(heat, { ...options, ...on([1, 2]), save: there });
      const files = readdirSync(here, { recursive: true, withFileTypes: true }).filter((f) => f.isFile());
      expect(files.length).toBeGreaterThan(6);
      for (const { name, parentPath } of files) {
        const path = join(parentPath, name);
        const other = path.replace(here, there);
        expect(readFileSync(other).equals(readFileSync(path)), other).toBe(true);
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('fields that are not kept are gathered by report, and then gone', async () => {
    const program = kernelProgramFile('counting');
    const args = { cells: CELLS, parts: 5 };
    const result = await run(program, { cycles: 4, keep: false, args, ...on([1, 2]) });
    expect((result.results as { u: number[] }).u).toEqual(countingStates(CELLS, 4)[4]);
    expect(() => result.gather('u')).toThrow(
      "gather: field 'u' was not kept when the run on several hosts ended: run with keep",
    );
    const here = await run(program, { cycles: 4, keep: false, args, ranks: 2 });
    expect(Array.from(here.gather('u').data as Float64Array)).toEqual(countingStates(CELLS, 4)[4]);
  });

  it('counts of halos: inside a rank, inside a host, between hosts', async () => {
    const cycles = 5;
    const result = await run(kernelProgramFile('counting'), {
      cycles,
      args: { cells: 40, parts: 8, measure: false },
      ...on([2, 2]),
    });
    // A ring of eight parts in four pairs; a pair has an edge to either side, of one cell of 8 bytes, in one phase.
    for (const r of result.perRank)
      expect([r.haloBytes, r.haloBytesBetweenRanks, r.haloBytesBetweenHosts]).toEqual([
        8 * 4 * cycles,
        8 * 2 * cycles,
        8 * cycles,
      ]);
    expect(result.perRank.map((r) => r.messages)).toEqual([0, 0, 0, 0].map(() => 2 * 2 * cycles));
  });

  it('a check is refused', async () => {
    await expect(run(heat, { ...options, ...on([1, 1]), check: true })).rejects.toMatchObject({
      code: 'usage',
      message:
        '--check: the ranks are on 2 hosts, and parts that move share memory: run it with threads on one host',
    });
  });
});
