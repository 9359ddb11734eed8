import { describe, expect, it } from 'vitest';
import { spanAll } from '../../../../core/runtime/cluster/cluster-outcome.js';
import type { RunResult } from '../../../../core/runtime/run-options.js';

/** 100 cycles of 50 cells; `restored`: where it went on from, and what its last stretch said. */
function ran(restored: number[], seconds: number, cellsPerSecond: number): RunResult {
  const from = restored.map((cycles) => ({ cycles, from: 'memory' }));
  return { cycles: 100, seconds, cellsPerSecond, restored: from } as unknown as RunResult;
}

describe('time and speed of a run', () => {
  it('are those that its ranks told, if it was never restored', () => {
    const result = ran([], 2, 2500);
    spanAll(result, 7, 0);
    expect(result).toMatchObject({ seconds: 2, cellsPerSecond: 2500 });
  });

  it('are of all of it, if it was', () => {
    // The last 20 cycles took two seconds.
    const result = ran([40, 80], 2, 500);
    spanAll(result, 10, 0);
    expect(result).toMatchObject({ seconds: 10, cellsPerSecond: 500 });
    const resumed = ran([80], 2, 500);
    spanAll(resumed, 10, 60);
    expect(resumed).toMatchObject({ seconds: 10, cellsPerSecond: 200 });
  });

  it('know no cells if nothing was left to do', () => {
    const result = ran([100], 0.5, 0);
    spanAll(result, 10, 0);
    expect(result).toMatchObject({ seconds: 10, cellsPerSecond: 0 });
  });
});
