import { run } from 'haloweave';
import { describe, expect, it } from 'vitest';
import { Costs, estimateCosts } from '../../../../core/kernels/partition/costs.js';
import { kernelProgramFile } from '../../../support/kernel-programs.js';

/** Lets a rank sweep its parts, each with its own ms a workunit. */
function sweeps(costs: Costs, ms: readonly number[], times: number): { compute: number; halo: number } {
  const total = { compute: 0, halo: 0, wait: 0 };
  for (let t = 0; t < times; t++)
    for (const [part, compute] of ms.entries())
      if (costs.due()) costs.sample(total, part, compute / 10, compute);
  return total;
}

describe('costs by part', () => {
  // 46 is the mean distance of two samples, 31 and 61 its least and greatest: no count may favour a part.
  it.each([1, 7, 31, 46, 61, 62, 93, 128])('%i parts are timed equally often', (parts) => {
    const costs = new Costs(parts);
    const times = 20_000;
    sweeps(costs, Array(parts).fill(0.001), times);
    const expected = times / 46;
    for (const n of costs.table.samples) {
      expect(n).toBeGreaterThan(0.8 * expected);
      expect(n).toBeLessThan(1.2 * expected);
    }
  });

  it('a long workunit is timed every time, and all of it counts', () => {
    const costs = new Costs(3);
    const total = sweeps(costs, [1, 2, 3], 100);
    expect([...costs.table.samples]).toEqual([100, 100, 100]);
    const estimated = [...estimateCosts([costs.table], 100)];
    for (const part of [0, 1, 2]) expect(estimated[part]).toBeCloseTo(0.1 * (part + 1), 12);
    expect(total.compute).toBeCloseTo(0.6, 12);
    expect(total.halo).toBeCloseTo(0.06, 12);
  });

  it('a short one stands for those that were not timed', () => {
    const costs = new Costs(2);
    const total = sweeps(costs, [0.001, 0.003], 50_000);
    const [light, heavy] = estimateCosts([costs.table], 50_000);
    expect(light).toBeCloseTo(0.05, 12);
    expect(heavy).toBeCloseTo(0.15, 12);
    expect(total.compute / 0.2).toBeGreaterThan(0.9);
    expect(total.compute / 0.2).toBeLessThan(1.1);
  });

  it('adds up what several ranks have timed of a part, and gives the mean to one that was not', () => {
    const table = (seconds: number[], samples: number[]) => ({
      seconds: Float64Array.from(seconds),
      samples: Float64Array.from(samples),
    });
    const estimated = estimateCosts([table([2, 0, 0], [2, 0, 0]), table([4, 6, 0], [1, 3, 0])], 10);
    expect([...estimated]).toEqual([20, 20, 20]);
    expect([...estimateCosts([table([2, 9, 0], [1, 3, 0])], 2)]).toEqual([4, 6, 5.5]);
    expect([...estimateCosts([], 3)]).toEqual([]);
  });

  it('a result has one number a part, a program of messages none', async () => {
    const options = { cycles: 30, ranks: 2, args: { cells: 40, parts: 6 } };
    const { costs } = await run(kernelProgramFile('counting'), options);
    expect(costs).toHaveLength(6);
    for (const c of costs) expect(c).toBeGreaterThanOrEqual(0);
  });
});
