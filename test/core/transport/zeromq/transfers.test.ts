import { describe, expect, it } from 'vitest';
import { Transfers } from '../../../../core/transport/zeromq/transfers.js';

const MIB = 2 ** 20;

describe('large messages as the host of their sender sees them', () => {
  const pumped = (t: Transfers): [number, number, number][] => {
    const pieces: [number, number, number][] = [];
    t.pump((it, at, bytes) => pieces.push([it.transfer, at, bytes]));
    return pieces;
  };

  it('are met once, by the rank that they are for, and refused only before', () => {
    const t = new Transfers();
    expect(t.matched(0, 2, 1, true)).toBe(null);
    t.announce(0, 2, 1, 4096, 100);
    expect(t.matched(0, 3, 1, true)).toBe(null);
    expect(t.matched(1, 2, 1, true)).toBe(null);
    expect(t.matched(0, 2, 1, true)).toBe('host');
    expect(t.matched(0, 2, 1, true)).toBe(null);
    expect(t.refused(0, 2, 1)).toBe(false);
    t.announce(0, 2, 2, 4096, 100);
    expect(t.refused(0, 2, 2)).toBe(true);
    expect(t.refused(0, 2, 2)).toBe(false);
    expect(t.matched(0, 2, 2, true)).toBe(null);
  });

  it('are sent by the rank unless both arrays lie in heaps, and end with its last piece', () => {
    const t = new Transfers();
    t.announce(0, 2, 1, -1, 100);
    t.announce(0, 2, 2, 4096, 100);
    expect([t.matched(0, 2, 1, true), t.matched(0, 2, 2, false)]).toEqual(['rank', 'rank']);
    expect(pumped(t)).toEqual([]);
    t.passed(0, 2, 1, 60);
    expect(t.size).toBe(2);
    t.passed(0, 2, 1, 100);
    t.passed(0, 2, 2, 100);
    expect(t.size).toBe(0);
  });

  it('go from the heap in pieces of 1 MiB, four of each at once, the next as one arrives', () => {
    const t = new Transfers();
    t.announce(0, 2, 7, 4096, 5 * MIB + 8);
    t.announce(1, 2, 7, 0, 10);
    for (const rank of [0, 1]) expect(t.matched(rank, 2, 7, true)).toBe('host');
    const seen: Parameters<Parameters<Transfers['pump']>[0]>[0][] = [];
    t.pump((it) => seen.push(it));
    expect(seen.map((it) => it.rank)).toEqual([0, 0, 0, 0, 1]);
    expect([t.isReady, pumped(t)]).toEqual([false, []]);
    expect(t.acknowledged(seen[4]!, 10)).toBe(true);
    expect(t.acknowledged(seen[0]!, MIB)).toBe(false);
    expect(t.isReady).toBe(true);
    expect(pumped(t)).toEqual([[7, 4 * MIB, MIB]]);
    expect(t.acknowledged(seen[0]!, MIB)).toBe(false);
    expect(pumped(t)).toEqual([[7, 5 * MIB, 8]]);
    expect(t.acknowledged(seen[0]!, 3 * MIB)).toBe(false);
    expect(t.size).toBe(1);
    expect(t.acknowledged(seen[0]!, 8)).toBe(true);
    expect(t.size).toBe(0);
  });
});
