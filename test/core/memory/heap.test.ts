import { describe, expect, it } from 'vitest';
import { HaloweaveError } from '../../../core/base/errors.js';
import { ARENA_OVERHEAD } from '../../../core/memory/arena.js';
import { empty, free, viewAt } from '../../../core/memory/array.js';
import { dtypeInfo } from '../../../core/memory/dtype.js';
import { ARENA_SPAN, Heap } from '../../../core/memory/heap.js';
import { rankThreads } from '../../support/rank-threads.js';

const MIB = 1 << 20;
const GIB = 2 ** 30;

function memoryError(act: () => unknown): HaloweaveError {
  try {
    act();
  } catch (error) {
    if (error instanceof HaloweaveError && error.code === 'memory') return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

function verify(heap: Heap): void {
  for (let k = 0; k < heap.arenas; k++) heap.arena(k).verify();
}

describe('Heap', () => {
  it('makes arenas only when the ones before are full, and uses their room again', () => {
    const heap = Heap.create({ arenaBytes: MIB });
    expect(heap.arenas).toBe(0);
    const blocks = Array.from({ length: 10 }, () => heap.allocate(300_000));
    // Three fit in an arena.
    expect(blocks.map((a) => Math.floor(a / ARENA_SPAN))).toEqual([0, 0, 0, 1, 1, 1, 2, 2, 2, 3]);
    expect(new Set(blocks).size).toBe(10);
    expect(heap.blocks).toBe(10);
    verify(heap);
    for (const a of blocks.slice(3, 6)) heap.release(a);
    for (let k = 0; k < 3; k++) expect(Math.floor(heap.allocate(300_000) / ARENA_SPAN)).toBe(1);
    expect(heap.arenas).toBe(4);
    heap.close();
  });

  it('serves the largest request that fits in an arena with one arena', () => {
    for (const less of [0, 1, 63, 64, 100, 1000, 2000, 30_000, 60_000, 100_000]) {
      const heap = Heap.create({ arenaBytes: MIB });
      const bytes = MIB - ARENA_OVERHEAD - 64 - less;
      const address = heap.allocate(bytes);
      expect(heap.arenas, `${bytes} bytes`).toBe(1);
      heap.release(address);
      expect(heap.allocate(bytes)).toBe(address);
      verify(heap);
      heap.close();
    }
  });

  it('says that one array must fit in one arena, and makes none in vain', () => {
    const heap = Heap.create({ arenaBytes: MIB, limit: 100 * MIB });
    const error = memoryError(() => heap.allocate(2 * MIB));
    expect(error.message).toContain('asked for 2.00 MiB');
    expect(error.message).toContain('must fit in one arena of 1.00 MiB');
    expect(heap.arenas).toBe(0);
    heap.close();
  });

  it('holds 5 GiB and more over several arenas, touching one page at either end of each array', () => {
    const heap = Heap.create({ limit: 8 * GIB });
    const n = (0.9 * GIB) / 8;
    const arrays = Array.from({ length: 6 }, (_, k) => {
      const a = empty(heap, Math.floor(n), 'f64');
      a.data[0] = k + 1;
      a.data[a.data.length - 1] = -k - 1;
      return a;
    });
    expect(heap.used).toBeGreaterThan(5 * GIB);
    expect(heap.arenas).toBe(2);
    expect(arrays.map((a) => [a.data[0], a.data[a.data.length - 1]])).toEqual(
      Array.from({ length: 6 }, (_, k) => [k + 1, -k - 1]),
    );
    expect(arrays.map((a) => Math.floor(heap.locate(a.data) / ARENA_SPAN))).toEqual([0, 0, 0, 0, 1, 1]);
    for (const a of arrays) free(heap, a);
    expect(heap.used).toBe(0);
    verify(heap);
    heap.close();
  });

  it('says, out of memory, what was asked and what is left of what', () => {
    const heap = Heap.create({ arenaBytes: MIB, limit: 2 * MIB });
    const first = heap.allocate(900_000);
    heap.allocate(900_000);
    const error = memoryError(() => heap.allocate(500_000));
    expect(error.message).toContain('asked for 488.3 KiB');
    expect(error.message).toMatch(/290\.\d KiB of the heap's 2\.00 MiB left/);
    expect(error.message).toMatch(
      /arena 0: 879\.\d KiB of 1022\.\d KiB used, largest free block 14\d\.\d KiB/,
    );
    expect(error.message).toContain('arena 1: ');
    expect(error.message).toContain('the limit is reached');
    heap.release(first);
    heap.allocate(500_000);
    verify(heap);
    heap.close();
  });

  it('refuses sizes that are none', () => {
    const heap = Heap.create({ arenaBytes: MIB });
    for (const bytes of [-1, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => heap.allocate(bytes)).toThrow(`cannot allocate ${bytes} bytes`);
    for (const arenaBytes of [0, -5, Number.NaN, 4 * GIB + 1])
      expect(() => Heap.create({ arenaBytes })).toThrow('64 KiB to 4 GiB');
    for (const limit of [0, -1, Number.NaN]) expect(() => Heap.create({ limit })).toThrow('must be positive');
    heap.close();
  });

  it('knows its own memory from any other', () => {
    const heap = Heap.create({ arenaBytes: MIB });
    const other = Heap.create({ arenaBytes: MIB });
    const address = heap.allocate(64);
    const view = viewAt(heap, address, dtypeInfo('i16'), 32);
    expect(heap.locate(view)).toBe(address);
    expect(heap.locate(view.subarray(3))).toBe(address + 6);
    expect(other.locate(view)).toBe(-1);
    expect(heap.locate(new Int16Array(4))).toBe(-1);
    expect(() => heap.arena(1)).toThrow('has no arena 1');
    heap.close();
    other.close();
  });

  it('can be read after it was closed, in arenas that another thread had announced', async () => {
    const heap = Heap.create({ arenaBytes: MIB });
    const [addresses] = (await rankThreads({
      module: 'memory.ts',
      body: 'fillArenas',
      ranks: 2,
      heap,
    })) as number[][];
    heap.close();
    expect(new Set(addresses!.map((a) => Math.floor(a / ARENA_SPAN))).size).toBeGreaterThan(2);
    addresses!.forEach((a, k) => {
      expect(viewAt(heap, a, dtypeInfo('i32'), 1)[0]).toBe(k);
    });
  });

  it('lets all threads allocate and release at once', async () => {
    const heap = Heap.create({ arenaBytes: 4 * MIB });
    const counts = await rankThreads({
      module: 'memory.ts',
      body: 'hammer',
      ranks: 4,
      heap,
      args: { steps: 6000, largest: 60_000 },
    });
    expect(counts).toEqual([6000, 6000, 6000, 6000]);
    verify(heap);
    expect(heap.used).toBe(0);
    expect(heap.blocks).toBe(0);
    heap.close();
  });

  it('lets threads release what others allocated', async () => {
    const heap = Heap.create({ arenaBytes: MIB });
    await rankThreads({ module: 'memory.ts', body: 'passBlocks', ranks: 3, heap, args: { rounds: 300 } });
    verify(heap);
    expect(heap.blocks).toBe(0);
    heap.close();
  });

  it('tells a rank that is blocked of new arenas, whose arrays it gets by reference', async () => {
    const heap = Heap.create({ arenaBytes: MIB });
    const seen = (await rankThreads({ module: 'memory.ts', body: 'growWhileBlocked', ranks: 3, heap })) as {
      before: number;
      after: number;
    }[];
    for (const s of seen) expect(s.after).toBeGreaterThan(s.before + 3);
    verify(heap);
    expect(heap.blocks).toBe(0);
    heap.close();
  });
});
