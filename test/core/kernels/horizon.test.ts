import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { closeHorizon, Horizon } from '../../../core/kernels/horizon.js';

function words(ranks: number): Int32Array {
  return new Int32Array(new SharedArrayBuffer(Horizon.bytes(ranks)));
}

describe('Horizon', () => {
  it('holds nobody back while it is open', () => {
    const w = words(3);
    for (let r = 0; r < 3; r++) {
      const h = new Horizon(w, r);
      for (let c = 0; c < 5; c++) expect(h.mayStart(c)).toBe(true);
      expect(h.stop).toBeNull();
    }
  });

  it('ends after the highest cycle that anybody has started', () => {
    const w = words(3);
    const ranks = [0, 1, 2].map((r) => new Horizon(w, r));
    for (let c = 0; c <= 4; c++) ranks[0].mayStart(c);
    for (let c = 0; c <= 6; c++) ranks[2].mayStart(c);
    expect(closeHorizon(w, 3)).toBe(7);
    for (const h of ranks) {
      expect(h.stop).toBe(7);
      expect(h.mayStart(6)).toBe(true);
      expect(h.mayStart(7)).toBe(false);
    }
    // What ranks asked for since cannot move it.
    expect(closeHorizon(w, 3)).toBe(7);
  });

  it('ends at once when nothing has been started', () => {
    const w = words(2);
    expect(closeHorizon(w, 2)).toBe(0);
    expect(new Horizon(w, 1).mayStart(0)).toBe(false);
    expect(new Horizon(w, 1).stop).toBe(0);
  });

  it('lets all ranks end at one cycle, wherever it is closed', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 40 }), fc.nat(40), (turns, close) => {
        const w = words(3);
        const ranks = [0, 1, 2].map((r) => new Horizon(w, r));
        const started = [0, 0, 0];
        const turn = (r: number): void => {
          if (ranks[r].mayStart(started[r])) started[r]++;
        };
        turns.forEach((r, k) => {
          if (k === close) closeHorizon(w, 3);
          turn(r);
        });
        const end = closeHorizon(w, 3);
        expect(Math.max(...started)).toBeLessThanOrEqual(end);
        for (let r = 0; r < 3; r++) for (let k = 0; k <= 40; k++) turn(r);
        expect(started).toEqual([end, end, end]);
      }),
    );
  });
});
