import { type RunResult, run } from 'haloweave';
import { describe, expect, it } from 'vitest';
import { exampleFile, kernelProgramFile } from '../support/kernel-programs.js';

/** Observed orders between neighbours of a list of errors at given steps. */
function orders(steps: readonly number[], errors: readonly number[]): number[] {
  return steps.slice(1).map((h, k) => Math.log(errors[k] / errors[k + 1]) / Math.log(steps[k] / h));
}

function heat(shape: string, r: number, mode: string, cycles: number, parts = 4): Promise<RunResult> {
  return run(exampleFile('heat'), { cycles, parts, transport: 'inline', args: { shape, r, mode } });
}

/** Largest difference from exp(−(2π)²(k² + l²)κt)·cos(2πki/N)·cos(2πlj/N) on the unit square at κt = TIME. */
const TIME = 1 / 64;
async function heatError(n: number, r: number, k: number, l: number): Promise<number> {
  // Δt = r h²/κ: the time step falls with the square of the cell.
  const result = await heat(`${n}x${n}`, r, `${k},${l}`, Math.round((TIME * n * n) / r));
  const u = result.gather('u').data as Float64Array;
  const amplitude = Math.exp(-((2 * Math.PI) ** 2) * (k * k + l * l) * TIME);
  let largest = 0;
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) {
      const exact = amplitude * Math.cos((2 * Math.PI * k * i) / n) * Math.cos((2 * Math.PI * l * j) / n);
      largest = Math.max(largest, Math.abs(u[i * n + j] - exact));
    }
  return largest;
}

describe('heat converges to the solution of the differential equation', () => {
  const sizes = [16, 32, 64];
  const steps = sizes.map((n) => 1 / n);

  it.each([
    [1, 1],
    [2, 1],
  ])('with second order: mode %i, %i', async (k, l) => {
    const errors = [];
    for (const n of sizes) errors.push(await heatError(n, 0.2, k, l));
    const seen = orders(steps, errors);
    for (const p of seen) expect(p).toBeGreaterThan(1.9);
    for (const p of seen) expect(p).toBeLessThan(2.2);
  });

  it('with fourth order along one axis at r = 1/6, where the errors of time and space cancel', async () => {
    const errors = [];
    for (const n of sizes) errors.push(await heatError(n, 1 / 6, 1, 0));
    for (const p of orders(steps, errors)) expect(p).toBeGreaterThan(3.8);
  });
});

describe('heat multiplies a mode by its exact factor', () => {
  it.each([
    ['64x48', 0.2, '3,2', 100],
    ['37x53', 0.25, '5,7', 60],
    ['20x20', 0.1, '10,10', 40],
    ['16x16', 0.2, '0,0', 50],
  ])('%s, r = %f, mode %s, %i cycles', async (shape, r, mode, cycles) => {
    for (const parts of [1, 6]) {
      const { maxError } = (await heat(shape, r, mode, cycles, parts)).measures;
      // Values are at most 1. A cycle rounds seven operations on values up to 4, and none of the factors is
      // above 1: below 7·4·ε a cycle, and a few ε for the cosines at the start.
      expect(maxError).toBeLessThan((28 * cycles + 10) * Number.EPSILON);
    }
  });

  it('loses no heat', async () => {
    const start = await run(exampleFile('heat'), { cycles: 0, ranks: 2, args: { shape: '40x30' } });
    const end = await run(exampleFile('heat'), { cycles: 200, ranks: 2, args: { shape: '40x30' } });
    const bound = 200 * 1200 * 28 * Number.EPSILON;
    expect(Math.abs(end.measures.heat - start.measures.heat)).toBeLessThan(bound);
  });
});

describe('−Δu = 1 on the unit square, u = 0 on its edge', () => {
  // Series solution: u(centre) = 0.0736713533, ∫u = 0.0351442537.
  const sizes = [9, 19, 39];
  const steps = sizes.map((n) => 1 / n);

  it('converges with second order, at the centre and in the mean', async () => {
    const centre = [];
    const integral = [];
    for (const n of sizes) {
      const result = await run(kernelProgramFile('poisson'), { parts: 4, transport: 'inline', args: { n } });
      const values = result.results as { centre: number; integral: number };
      centre.push(Math.abs(values.centre - 0.0736713533));
      integral.push(Math.abs(values.integral - 0.0351442537));
    }
    for (const p of [...orders(steps, centre), ...orders(steps, integral)]) {
      expect(p).toBeGreaterThan(1.85);
      expect(p).toBeLessThan(2.15);
    }
  });

  it('stops at the same sweep with the same bits on ranks', async () => {
    const args = { n: 19 };
    const inline = await run(kernelProgramFile('poisson'), { parts: 1, transport: 'inline', args });
    const ranks = await run(kernelProgramFile('poisson'), { parts: 9, ranks: 3, args });
    expect(ranks.cycles).toBe(inline.cycles);
    expect(ranks.hash).toBe(inline.hash);
    expect(ranks.results).toEqual(inline.results);
  });
});
