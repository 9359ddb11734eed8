import { describe, expect, it } from 'vitest';
import { EP_CLASSES, epVerified } from '../../../bench/npb/classes.js';
import { haloweave, lastObject } from '../../support/command-line.js';

describe('bench npb-ep', () => {
  // Class S: published sums (classes.ts), and the counts that the reference implementation prints.
  const COUNTS = [6140517, 5865300, 1100361, 68546, 1648, 17, 0, 0, 0, 0];

  it('verifies class S, with the same bits on 1, 2 and 3 ranks', async () => {
    const bits: unknown[] = [];
    for (const ranks of [1, 2, 3]) {
      const ended = await haloweave(['bench', 'npb-ep', '--class', 'S', '-n', String(ranks), '--json']);
      expect(ended.err).toBe('');
      expect(ended.code).toBe(0);
      const line = lastObject(ended);
      expect(line).toMatchObject({
        bench: 'npb-ep',
        case: 'class S',
        unit: 'Mop/s',
        class: 'S',
        ranks,
        verified: true,
        counts: COUNTS,
      });
      expect(line.seconds).toBeGreaterThan(0);
      expect(line.mops).toBeCloseTo(2 ** 25 / (line.seconds as number) / 1e6, 6);
      bits.push([line.sx, line.sy]);
    }
    expect(bits[1]).toEqual(bits[0]);
    expect(bits[2]).toEqual(bits[0]);
    // To the last bit, whatever the engine and the machine: haloweave/math and exact sums.
    expect(bits[0]).toEqual([-3247.834652034616, -6958.407078382824]);
  });

  it('does not verify other sums', () => {
    const { S } = EP_CLASSES as { S: { m: number; sx: number; sy: number } };
    expect(epVerified(S, S.sx, S.sy)).toBe(true);
    expect(epVerified(S, S.sx * (1 + 2e-8), S.sy)).toBe(false);
    expect(epVerified(S, S.sx, S.sy * (1 - 2e-8))).toBe(false);
    expect(epVerified(S, Number.NaN, S.sy)).toBe(false);
  });

  it('refuses a class that is none, and options where they mean nothing', async () => {
    const strange = await haloweave(['bench', 'npb-ep', '--class', 'Q']);
    expect(strange.code).toBe(2);
    expect(strange.err).toContain('--class Q: npb-ep has S, W, A, B');
    for (const [words, text] of [
      [['heat', '--class', 'A'], 'bench heat has no option --class'],
      [['latency', '-n', '3'], 'bench latency has no option -n'],
      [['all', '-n', '3'], 'bench all has no option -n'],
    ] as const) {
      const ended = await haloweave(['bench', ...words]);
      expect(ended.code).toBe(2);
      expect(ended.err).toContain(text);
    }
  });
});
