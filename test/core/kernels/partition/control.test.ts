import { type RunOptions, run } from 'haloweave';
import { describe, expect, it } from 'vitest';
import { kernelProgramFile } from '../../../support/kernel-programs.js';
import { steeredRun } from '../../../support/kernel-steered.js';

const CELLS = 23;
const FILE = kernelProgramFile('steered');
/** Ranks (0: inline) and parts. */
const WAYS: [number, number][] = [
  [0, 5],
  [2, 6],
  [3, 2],
  [3, 7],
];
const optionsOf = (ranks: number, parts: number): RunOptions =>
  ranks === 0 ? { transport: 'inline', parts } : { ranks, parts };

describe('phases with reduce, control, measures and output: what one loop gives', () => {
  const cases = [0, 1, 2, 3].flatMap((lag) => [1, 3].map((every) => [lag, every] as const));

  it.each(cases)('lag %i, measured every %i cycles', async (lag, measureEvery) => {
    const expected = steeredRun({ cells: CELLS, lag, measureEvery, cycles: 13 });
    for (const [ranks, parts] of WAYS) {
      const args = { cells: CELLS, lag, measureEvery };
      const result = await run(FILE, { ...optionsOf(ranks, parts), cycles: 13, args });
      const { u, history, control, reduced, written } = expected;
      expect(result.results, `${ranks} ranks, ${parts} parts`).toEqual({
        u,
        history,
        control,
        reduced,
        written,
      });
      expect(result.control).toEqual(control);
    }
  });

  it.each(cases)('lag %i, every %i, until a time: the last step hits it', async (lag, measureEvery) => {
    const end = 777;
    const expected = steeredRun({ cells: CELLS, lag, measureEvery, end });
    expect(expected.control.time).toBe(end);
    for (const [ranks, parts] of WAYS) {
      const args = { cells: CELLS, lag, measureEvery, end };
      const result = await run(FILE, { ...optionsOf(ranks, parts), args });
      expect(result.cycles).toBe(expected.cycles);
      expect((result.results as { u: number[] }).u).toEqual(expected.u);
      expect(result.control).toEqual(expected.control);
    }
  });

  it('no cycle at all: the values before the first', async () => {
    const args = { cells: CELLS, lag: 1, measureEvery: 1 };
    const expected = steeredRun({ cells: CELLS, lag: 1, measureEvery: 1, cycles: 0 });
    const result = await run(FILE, { ranks: 2, parts: 4, cycles: 0, args });
    expect(result.results).toMatchObject({ u: expected.u, control: expected.control });
    expect((result.results as { reduced: unknown }).reduced).toEqual(expected.reduced);
  });

  it('more cycles than a rank keeps values of', async () => {
    const args = { cells: 6, lag: 1, measureEvery: 5 };
    const expected = steeredRun({ ...args, cycles: 2600 });
    const result = await run(FILE, { ranks: 2, parts: 3, cycles: 2600, args });
    expect((result.results as { u: number[] }).u).toEqual(expected.u);
    expect(result.control).toEqual(expected.control);
  });
});

it.each<[string, string, string]>([
  [
    'a value that is missing',
    'missing',
    "control.next gave no number 'dt' for cycle 2: it must give one for each name in control.start (time, dt)",
  ],
  ['an error in next', 'throws', 'no step is small enough'],
  [
    'an error in the source of a reduction',
    'reduce throws',
    "reduce 'largest' of partition 0, cycle 2, phase 0: no largest",
  ],
])('%s ends the run', async (_, fault, text) => {
  for (const options of [{ transport: 'inline' }, { ranks: 2 }] as RunOptions[]) {
    const error = await run(kernelProgramFile('control-faults'), {
      cycles: 5,
      parts: 2,
      args: { fault },
      ...options,
    }).catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 'program', message: text });
  }
});
