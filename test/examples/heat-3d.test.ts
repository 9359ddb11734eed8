import { describe, expect, it } from 'vitest';
import { exampleHeader, jsonSummary } from '../support/kernel-examples.js';

describe('examples/heat-3d.ts', () => {
  const { commands } = exampleHeader('heat-3d');
  const [plain, small] = commands;

  it('the first command: the exact solution', () => {
    const summary = jsonSummary(plain);
    expect(summary.cycles).toBe(400);
    expect((summary.results as { maxError: number }).maxError).toBeLessThan(1e-13);
    expect(summary.results).toEqual(summary.measures);
  });

  it('the second command: one hash on 1, 2, 3 and 5 ranks, and the exact solution of another wave', () => {
    const runs = ['1', '2', '3', '5'].map((n) =>
      jsonSummary([...small.slice(0, 2), '-n', n, ...small.slice(2)]),
    );
    for (const { hash, results } of runs) {
      expect(hash).toMatch(/^[0-9a-f]{32}$/);
      expect(hash).toBe(runs[0].hash);
      expect(results).toEqual(runs[0].results);
      expect((results as { maxError: number }).maxError).toBeLessThan(1e-13);
    }
  });

  it('one cycle more is another state', () => {
    const other = [...small.map((word) => (word === '100' ? '101' : word))];
    expect(jsonSummary(other).hash).not.toBe(jsonSummary(small).hash);
  });
});
