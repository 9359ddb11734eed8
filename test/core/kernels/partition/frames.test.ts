import { type RunOptions, run } from 'haloweave';
import { describe, expect, it } from 'vitest';
import { countingStates } from '../../../support/kernel-counting.js';
import { kernelProgramFile } from '../../../support/kernel-programs.js';

const CELLS = 23;
const states = countingStates(CELLS, 40);

interface Frame {
  cycle: number;
  u: number[];
}

async function framesOf(
  every: number,
  args: Record<string, unknown>,
  options: RunOptions,
): Promise<{ frames: Frame[]; cycles: number }> {
  const buffer = new SharedArrayBuffer(8 * (1 + 60 * (CELLS + 1)));
  const result = await run(kernelProgramFile('counting'), {
    args: { cells: CELLS, frames: buffer, every, ...args },
    ...options,
  });
  const data = new Float64Array(buffer);
  const frames = Array.from({ length: data[0] }, (_, k) => {
    const at = 1 + k * (CELLS + 1);
    return { cycle: data[at], u: [...data.subarray(at + 1, at + 1 + CELLS)] };
  });
  return { frames, cycles: result.cycles };
}

/** Frames of all states before the end that are due. */
function due(every: number, cycles: number): Frame[] {
  const list: Frame[] = [];
  for (let c = 0; c < cycles; c += every) list.push({ cycle: c, u: states[c] });
  return list;
}

const runs: RunOptions[] = [{ transport: 'inline' }, { ranks: 1 }, { ranks: 3 }];

describe('output', () => {
  it.each([1, 2, 5])('every %i cycles: in order, once each, whole states', async (every) => {
    // Ends between two frames, unless each state is one.
    for (const options of runs) {
      const { frames } = await framesOf(every, { parts: 7 }, { ...options, cycles: 13 });
      expect(frames.filter((f) => f.cycle < 13)).toEqual(due(every, 13));
    }
  });

  it('goes with measures, wherever they fall', async () => {
    for (const options of runs) {
      const { frames } = await framesOf(3, { parts: 6, measureEvery: 2, lag: 0 }, { ...options, cycles: 17 });
      expect(frames).toEqual(due(3, 17));
    }
  });

  it('with more ranks than parts', async () => {
    const { frames } = await framesOf(4, { parts: 2 }, { ranks: 4, cycles: 18 });
    expect(frames).toEqual(due(4, 18));
  });

  it('gives the same frames at an end that until decides, on any ranks', async () => {
    for (const lag of [0, 1]) {
      const all = [];
      for (const options of runs) all.push(await framesOf(2, { parts: 6, lag, stopAt: 9 }, options));
      for (const { frames, cycles } of all) {
        expect(cycles).toBe(9 + lag);
        expect(frames).toEqual(all[0].frames);
        expect(frames.filter((f) => f.cycle < cycles)).toEqual(due(2, cycles));
      }
    }
  });
});
