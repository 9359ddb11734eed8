import { run } from 'haloweave';
import { describe, expect, it } from 'vitest';
import { kernelProgramFile } from '../../../support/kernel-programs.js';

interface Solution {
  residuals: number[];
  after: number;
  residual: number;
  error: number;
}

describe('conjugate gradients, two dot products a cycle', () => {
  const FILE = kernelProgramFile('conjugate-gradient');

  it('the same bits on any ranks and parts', async () => {
    const args = { n: 21 };
    const one = await run(FILE, { transport: 'inline', parts: 1, args });
    for (const [ranks, parts] of [
      [1, 6],
      [2, 4],
      [3, 25],
      [4, 3],
      [5, 7],
    ]) {
      const other = await run(FILE, { ranks, parts, args });
      expect(other.hash, `${ranks} ranks, ${parts} parts`).toBe(one.hash);
      expect(other.results).toEqual(one.results);
      expect(other.cycles).toBe(one.cycles);
    }
  });

  it('ends with the solution in fewer cycles than unknowns, its error of second order', async () => {
    const errors: number[] = [];
    for (const n of [8, 16, 32]) {
      const result = await run(FILE, { ranks: 2, parts: 4, args: { n } });
      const { residuals, after, residual, error } = result.results as Solution;
      expect(residuals.at(-1)).toBeLessThan(1e-12);
      expect(residuals[0]! / residuals.at(-1)!).toBeGreaterThan(1e9);
      expect(result.cycles).toBeLessThan(n * n);
      // What the last phase reduced is what the measure of the final state says.
      expect(after).toBe(residual);
      errors.push(error);
    }
    for (const k of [1, 2]) expect(Math.log2(errors[k - 1]! / errors[k]!)).toBeGreaterThan(1.95);
  });
});
