import { describe, expect, it } from 'vitest';
import { PieceMemory } from '../../../../core/runtime/cluster/piece-memory.js';

const bytes = (n: number, value: number): Uint8Array => new Uint8Array(n).fill(value);

describe('memory of pieces', () => {
  it('holds copies in shared memory', () => {
    const memory = new PieceMemory();
    const frame = bytes(10, 1);
    const kept = memory.hold(frame);
    frame.fill(2);
    expect(kept).toEqual(bytes(10, 1));
    expect(kept.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(memory.held).toBe(10);
  });

  it('uses what was given back for the next of the same size, and never what is held', () => {
    const memory = new PieceMemory();
    const first = [10, 20, 10].map((n) => memory.hold(bytes(n, 1)));
    const second = [10, 20, 10].map((n) => memory.hold(bytes(n, 2)));
    expect(new Set([...first, ...second].map((c) => c.buffer)).size).toBe(6);
    memory.giveBack(first);
    const third = [20, 10, 10].map((n) => memory.hold(bytes(n, 3)));
    expect(new Set(third.map((c) => c.buffer))).toEqual(new Set(first.map((c) => c.buffer)));
    for (const [k, n] of [10, 20, 10].entries()) expect(second[k]).toEqual(bytes(n, 2));
    expect(memory.held).toBe(80);
  });

  it('keeps no more free than is held', () => {
    const memory = new PieceMemory();
    const all = Array.from({ length: 4 }, () => memory.hold(bytes(10, 1)));
    memory.giveBack(all.slice(0, 3));
    // Ten bytes are held: one of the three was kept.
    const again = Array.from({ length: 3 }, () => memory.hold(bytes(10, 2)));
    const buffers = new Set(all.map((c) => c.buffer));
    expect(again.filter((c) => buffers.has(c.buffer))).toHaveLength(1);
    memory.giveBack([...again, all[3]!]);
    expect(memory.held).toBe(0);
    expect(buffers.has(memory.hold(bytes(10, 3)).buffer)).toBe(false);
  });
});
