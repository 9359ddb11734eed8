import { describe, expect, it } from 'vitest';
import { exampleHeader, haloweave, jsonSummary } from '../support/kernel-examples.js';

describe('examples/deadlock.ts', () => {
  const { commands } = exampleHeader('deadlock');

  it('ends with the list of who waits for whom', () => {
    const { status, stderr } = haloweave(commands[0]);
    expect(status).toBe(1);
    const lines = stderr.trim().split('\n');
    expect(lines[0]).toBe('deadlock: every rank that has not ended waits for another');
    for (let r = 0; r < 3; r++) {
      expect(lines[1 + 2 * r]).toBe(`  rank ${r} waits in recv for rank ${(r + 2) % 3}, tag 1`);
      expect(lines[2 + 2 * r]).toMatch(/^ {6}at .*examples\/deadlock\.ts:\d+:\d+\)$/);
    }
    expect(lines.length).toBe(7);
  });

  it('mended, gives the sum its header says', () => {
    expect(jsonSummary(commands[1])).toMatchObject({ ranks: 3, results: 3 });
    expect(jsonSummary(['run', 'examples/deadlock.ts', '-n', '5', '--', '--mend']).results).toBe(10);
  });
});
