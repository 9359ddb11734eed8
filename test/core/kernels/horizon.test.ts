import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { beginClose, closeHorizon, Horizon, settleClose } from '../../../core/kernels/horizon.js';

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

  it('on several hosts is closed in two rounds: no cycle is started between them, all end at the highest', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 60 }),
        fc.nat(60),
        fc.nat(20),
        (turns, close, gap) => {
          // Two hosts of two ranks; each host has words of its own.
          const hosts = [words(2), words(2)];
          const ranks = [0, 1, 2, 3].map((r) => new Horizon(hosts[r >> 1]!, r & 1));
          const started = [0, 0, 0, 0];
          const turn = (r: number): void => {
            if (ranks[r]!.mayStart(started[r]!)) started[r]!++;
          };
          const told: number[] = [];
          const at = Math.min(close, turns.length);
          turns.forEach((r, k) => {
            if (k === at) told.push(beginClose(hosts[0]!, 2));
            if (k === at + gap) told.push(beginClose(hosts[1]!, 2));
            const before = started[r]!;
            turn(r);
            if (told.length > r >> 1) expect(started[r]).toBe(before);
          });
          while (told.length < 2) told.push(beginClose(hosts[told.length]!, 2));
          for (const [h, w] of hosts.entries()) expect(beginClose(w, 2)).toBeGreaterThanOrEqual(told[h]!);
          started.forEach((n, r) => {
            expect(n).toBeLessThanOrEqual(told[r >> 1]!);
          });
          const stop = Math.max(...told);
          for (const w of hosts) expect(settleClose(w, stop)).toBe(stop);
          for (let r = 0; r < 4; r++) for (let k = 0; k <= 61; k++) turn(r);
          expect(started).toEqual([stop, stop, stop, stop]);
          // Too late for another word.
          for (const w of hosts) expect([beginClose(w, 2), settleClose(w, stop + 5)]).toEqual([stop, stop]);
        },
      ),
    );
  });
});
