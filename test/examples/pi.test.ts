import { describe, expect, it } from 'vitest';
import { exampleHeader, haloweave, jsonSummary } from '../support/kernel-examples.js';

interface Results {
  pi: number;
  error: number;
  integral: number[];
}

describe('examples/pi.ts', () => {
  const { commands, text } = exampleHeader('pi');

  it('gives the number its header says, and the running integral', () => {
    const promised = text.match(/prints pi ([\d.]+)/)?.[1];
    const summary = jsonSummary(commands[0]);
    const results = summary.results as Results;
    expect(String(results.pi).startsWith(promised!)).toBe(true);
    expect(results.error).toBeLessThan(1e-13);
    expect(results.integral).toHaveLength(100);
    for (const [k, value] of results.integral.entries())
      expect(Math.abs(value - 4 * Math.atan((k + 1) / 100))).toBeLessThan(1e-12);
    expect(summary.hash).toMatch(/^[0-9a-f]{32}$/);
  });

  it('converges with the square of the step', () => {
    const errors = [5, 10, 20].map((steps) => {
      const words = ['run', 'examples/pi.ts', '-n', '2', '--', '--steps', String(steps)];
      return (jsonSummary(words).results as Results).error;
    });
    // h²/12 with h = 1/(100·steps).
    for (const [k, steps] of [5, 10, 20].entries())
      expect(errors[k]! / (1 / (100 * steps) ** 2 / 12)).toBeCloseTo(1, 3);
    expect(errors[0]! / errors[1]!).toBeCloseTo(4, 3);
    expect(errors[1]! / errors[2]!).toBeCloseTo(4, 2);
  });

  it('has the same bits on 1, 2, 3, 5 and more ranks than pieces', () => {
    const runs = [1, 2, 3, 5].map((n) =>
      jsonSummary(['run', 'examples/pi.ts', '-n', String(n), '--', '--steps', '200']),
    );
    for (const r of runs) {
      expect(r.hash).toBe(runs[0]!.hash);
      expect(r.results).toEqual(runs[0]!.results);
    }
  });

  it('prints pi for people', () => {
    const { stdout, status } = haloweave(commands[0]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/pi: 3\.14159/);
  });
});
