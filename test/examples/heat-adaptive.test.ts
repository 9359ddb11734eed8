import { type RunResult, run } from 'haloweave';
import { describe, expect, it } from 'vitest';
import { exampleHeader, jsonSummary } from '../support/kernel-examples.js';
import { exampleFile } from '../support/kernel-programs.js';

interface Results {
  time: number;
  steps: [number, number];
  heat: [number, number];
  meanError: number;
}

const FILE = exampleFile('heat-adaptive');
const small = { n: 48, until: 2 };
const results = (result: RunResult): Results => result.results as Results;

describe('examples/heat-adaptive.ts', () => {
  const { text, commands } = exampleHeader('heat-adaptive');

  it('the first command gives what the header says', () => {
    const summary = jsonSummary(commands[0]!);
    const { time, steps, heat, meanError } = summary.results as Results;
    expect(text).toContain(`${summary.cycles} cycles`);
    expect(text).toContain(`from ${steps[0].toFixed(4)} to ${steps[1].toFixed(4)}`);
    expect(time).toBe(4);
    expect(Math.abs(heat[1] / heat[0] - 1)).toBeLessThan(1e-12);
    expect(meanError).toBeLessThan(1e-4);
  });

  it('the second command ends at its time', () => {
    const summary = jsonSummary(commands[1]!);
    expect((summary.results as Results).time).toBe(2);
  });

  it('one hash on 1, 2, 3, 5 ranks, inline, and under check', async () => {
    const one = await run(FILE, { ranks: 1, args: small });
    for (const ranks of [2, 3, 5]) {
      const result = await run(FILE, { ranks, args: small });
      expect(result.hash).toBe(one.hash);
      expect(result.results).toEqual(one.results);
      expect(result.control).toEqual(one.control);
    }
    const inline = await run(FILE, { transport: 'inline', parts: 7, args: small });
    expect(inline.hash).toBe(one.hash);
    const checked = await run(FILE, { ranks: 2, args: small, check: true });
    expect(checked.hash).toBe(one.hash);
  });

  it('the step grows as the peak sinks, and is never beyond its limit', async () => {
    const result = await run(FILE, { ranks: 2, args: small });
    const { time, steps } = results(result);
    expect(time).toBe(2);
    expect(result.control.time).toBe(2);
    expect(result.control.dt).toBe(0);
    // The peak sinks as 1/√t.
    expect(steps[1] / steps[0]).toBeGreaterThan(0.98 * Math.SQRT2);
    expect(steps[1] / steps[0]).toBeLessThan(1.02 * Math.SQRT2);
  });

  it('comes closer to the solution on a finer grid', async () => {
    const errors: number[] = [];
    for (const n of [32, 64, 128])
      errors.push(results(await run(FILE, { ranks: 2, args: { n, until: 2 } })).meanError);
    // Second order inside, the edge of the spot costs some of it.
    expect(errors[0]! / errors[1]!).toBeGreaterThan(2.5);
    expect(errors[1]! / errors[2]!).toBeGreaterThan(2.5);
  });
});
