import { type RunOptions, type RunResult, run } from 'haloweave';
import { describe, expect, it } from 'vitest';
import { countingStates, total } from '../../../support/kernel-counting.js';
import { kernelProgramFile } from '../../../support/kernel-programs.js';

const CELLS = 23;
const CYCLES = 14;
const states = countingStates(CELLS, 60);
const totals = states.map(total);

function counting(args: Record<string, unknown>, options: RunOptions): Promise<RunResult> {
  return run(kernelProgramFile('counting'), { args: { cells: CELLS, ...args }, ...options });
}

interface Report {
  cycles: number;
  history: { cycle: number; measures: Record<string, number> }[];
  interrupted: boolean;
  u: number[];
}

const report = (result: RunResult): Report => result.results as Report;
const measuresOf = (c: number, lag: number, every: number): Record<string, number> => ({
  total: totals[c],
  least: Math.min(...states[c]),
  newest: Math.max(-1, Math.floor((c - 1 - lag) / every) * every),
});

describe('what a workunit sees of the measures', () => {
  const lags = [0, 1, 2, 3];
  const everies = [1, 3];
  const cases = lags.flatMap((lag) => everies.map((every) => [lag, every] as const));

  it.each(cases)('lag %i, every %i: exactly the state it may see', async (lag, measureEvery) => {
    // In one thread, and on one of two numbers of ranks, with which both ways of measuring and all lags come.
    const threads = (lag + measureEvery) % 4 < 2 ? [2, 6] : [3, 7];
    for (const [ranks, parts] of [[1, 5], threads]) {
      const log = new SharedArrayBuffer(8 * 2 * 2 * parts * CYCLES);
      const result = await counting(
        { parts, lag, measureEvery, log, logged: CYCLES },
        ranks === 1 ? { transport: 'inline', cycles: CYCLES } : { ranks, cycles: CYCLES },
      );
      const seen = new Float64Array(log);
      for (let id = 0; id < parts; id++)
        for (let c = 0; c < CYCLES; c++)
          for (const phase of [0, 1]) {
            const at = 2 * (2 * (id * CYCLES + c) + phase);
            const due = c < lag ? -1 : Math.floor((c - lag) / measureEvery) * measureEvery;
            const place = `part ${id}, cycle ${c}, phase ${phase}, ${ranks} ranks`;
            expect(seen[at], `state measured, ${place}`).toBe(due);
            expect(seen[at + 1], `its total, ${place}`).toEqual(due < 0 ? Number.NaN : totals[due]);
          }
      expect(result.measures).toEqual(measuresOf(CYCLES, lag, measureEvery));
    }
  });

  it('sees none without measures', async () => {
    const log = new SharedArrayBuffer(8 * 2 * 2 * 4 * 6);
    await counting(
      { parts: 4, measure: false, stopAt: 100, log, logged: 6 },
      { transport: 'inline', cycles: 6 },
    );
    const seen = new Float64Array(log);
    for (let k = 0; k < seen.length; k += 2) expect([seen[k], seen[k + 1]]).toEqual([-1, Number.NaN]);
  });
});

describe('history', () => {
  it.each([
    [0, 1, 6],
    [3, 1, 6],
    [1, 3, 12],
    [2, 3, 13],
    [1, 1, 0],
  ])('lag %i, every %i, %i cycles: every due state, the last one too', async (lag, measureEvery, cycles) => {
    const expected = [];
    for (let c = 0; c <= cycles; c += measureEvery)
      expected.push({ cycle: c, measures: measuresOf(c, lag, measureEvery) });
    for (const options of [{ transport: 'inline' }, { ranks: 4 }] as RunOptions[]) {
      const result = await counting({ parts: 3, lag, measureEvery }, { cycles, ...options });
      expect(report(result).history).toEqual(expected);
    }
  });
});

describe('until', () => {
  const runs: RunOptions[] = [{ transport: 'inline' }, { ranks: 3 }];

  it.each([0, 1, 2])('decided on state 5 with lag %i: stops with state 5 + lag on all ranks', async (lag) => {
    for (const options of runs) {
      const result = await counting({ parts: 6, lag, stopAt: 5 }, options);
      expect(result.cycles).toBe(5 + lag);
      expect(report(result).u).toEqual(states[5 + lag]);
      expect(report(result).interrupted).toBe(false);
      expect(result.measures.total).toBe(totals[5 + lag]);
      expect(result.perRank.map((r) => r.workunits)).toEqual(
        result.perRank.map((r) => r.partitions * 2 * (5 + lag)),
      );
    }
  });

  it.each([0, 1, 2])('by value, every third state, lag %i', async (lag) => {
    const limit = totals[9] - 0.5;
    const decided = totals.findIndex((t, c) => c % 3 === 0 && t > limit);
    for (const options of runs) {
      const result = await counting({ parts: 5, lag, measureEvery: 3, stopAbove: limit }, options);
      expect(result.cycles).toBe(decided + lag);
      expect(report(result).u).toEqual(states[decided + lag]);
    }
  });

  it.each([0, 1, 2])('without measures, lag %i', async (lag) => {
    for (const options of runs) {
      const result = await counting({ parts: 6, measure: false, lag, stopAt: 4 }, options);
      expect(result.cycles).toBe(4 + lag);
      expect(report(result).u).toEqual(states[4 + lag]);
      expect(report(result).history).toEqual([]);
    }
  });

  it('on the first state with lag 0: no cycle at all', async () => {
    for (const options of runs) {
      const result = await counting({ parts: 6, lag: 0, stopAt: 0 }, options);
      expect(result.cycles).toBe(0);
      expect(report(result).u).toEqual(states[0]);
    }
  });

  it('ends no later than the cycles asked for', async () => {
    for (const options of runs) {
      const early = await counting({ parts: 6, stopAt: 5 }, { ...options, cycles: 4 });
      const late = await counting({ parts: 6, stopAt: 5 }, { ...options, cycles: 40 });
      expect([early.cycles, late.cycles]).toEqual([4, 6]);
    }
  });
});

describe('the end', () => {
  it('zero cycles: the state that setup left, measured and hashed', async () => {
    const inline = await counting({ parts: 3 }, { transport: 'inline', cycles: 0 });
    const threads = await counting({ parts: 5 }, { ranks: 3, cycles: 0 });
    expect(inline.measures).toEqual(measuresOf(0, 1, 1));
    expect(threads.measures).toEqual(inline.measures);
    expect(threads.hash).toBe(inline.hash);
    expect(report(threads).u).toEqual(states[0]);
    expect(threads.perRank.map((r) => r.workunits)).toEqual([0, 0, 0]);
  });

  it('gather after the run gives what report got', async () => {
    const result = await counting({ parts: 5 }, { ranks: 2, cycles: 9 });
    expect(Array.from(result.gather('u').data as Float64Array)).toEqual(report(result).u);
    expect(report(result).u).toEqual(states[9]);
    expect(report(result).cycles).toBe(9);
  });
});
