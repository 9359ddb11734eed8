import { describe, expect, it } from 'vitest';
import { exampleHeader, haloweave, jsonSummary } from '../support/kernel-examples.js';

describe('examples/heat.ts', () => {
  const { commands } = exampleHeader('heat');
  const [plain, mode] = commands;

  it('the first command, on a smaller grid: one hash, the heat it began with', () => {
    const small = [...plain, '--', '--shape', '48x40'];
    const { stdout, status } = haloweave(small);
    expect(status).toBe(0);
    const hash = stdout.match(/^ {2}hash ([0-9a-f]{32})$/m)?.[1];
    const other = jsonSummary([
      ...small.slice(0, 2),
      '-n',
      '1',
      '--cycles',
      '1000',
      '--',
      '--shape',
      '48x40',
    ]);
    expect(other.hash).toBe(hash);
    const start = jsonSummary([...small.slice(0, 2), '-n', '1', '--cycles', '0', '--', '--shape', '48x40']);
    const lost = Math.abs(Number(other.measures.heat) - Number(start.measures.heat));
    expect(lost).toBeLessThan(1e-12 * Number(start.measures.heat));
  });

  it('the second command: each cycle multiplies the mode by its exact factor', () => {
    const summary = jsonSummary(mode);
    expect(summary.cycles).toBe(100);
    expect((summary.results as { maxError: number }).maxError).toBeLessThan(1e-12);
    expect(summary.results).toEqual(summary.measures);
  });
});
