import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HaloweaveError } from '../../../core/base/errors.js';
import { BlockCache } from '../../../core/memory/block-cache.js';
import { Heap } from '../../../core/memory/heap.js';

const MIB = 1 << 20;

describe('a block cache', () => {
  it('gives back what it kept, for payloads that the block can hold, and counts it', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 300_000 })), { maxLength: 200 }),
        (steps) => {
          const cache = new BlockCache();
          const held = new Map<number, number>();
          let next = 1;
          for (const [keep, bytes] of steps) {
            if (keep) {
              const size = cache.sizeFor(bytes);
              if (cache.keep(next, bytes)) held.set(next, size);
              next++;
            } else {
              const address = cache.take(bytes);
              if (address < 0) continue;
              expect(held.get(address)).toBeGreaterThanOrEqual(bytes);
              held.delete(address);
            }
            expect(cache.blocks).toBe(held.size);
            expect(cache.bytes).toBe([...held.values()].reduce((a, b) => a + b, 0));
          }
          expect(cache.empty().sort()).toEqual([...held.keys()].sort());
          expect([cache.blocks, cache.bytes]).toEqual([0, 0]);
        },
      ),
    );
  });

  it('keeps no large blocks and not many of a size', () => {
    const cache = new BlockCache();
    expect(cache.keep(1, MIB)).toBe(false);
    let kept = 0;
    while (kept < 1000 && cache.keep(kept, 1000)) kept++;
    expect(kept).toBeLessThan(100);
  });
});

describe('blocks that a heap lends', () => {
  it('are not counted while a thread keeps them, and are used again', () => {
    const heap = Heap.create({ arenaBytes: 4 * MIB });
    const other = Heap.attach(heap.handle());
    const a = heap.lend(1000);
    expect(heap.blocks).toBe(1);
    expect(heap.used).toBeGreaterThanOrEqual(1000);
    other.giveBack(a, 1000);
    expect([heap.blocks, heap.used, other.blocks]).toEqual([0, 0, 0]);
    expect(other.lend(900)).toBe(a);
    expect(heap.blocks).toBe(1);
    other.giveBack(a, 900);
    other.close();
    // What was kept went back to the arena: it is one free block again.
    expect(heap.arena(0).blocks).toBe(0);
    heap.arena(0).verify();
    heap.close();
  });

  it('are given up before the heap grows or refuses', () => {
    const heap = Heap.create({ arenaBytes: MIB, limit: MIB });
    const lent = Array.from({ length: 6 }, () => heap.lend(100_000));
    for (const address of lent) heap.giveBack(address, 100_000);
    expect(heap.arena(0).blocks).toBe(6);
    const whole = heap.allocate(900_000);
    expect([heap.blocks, heap.arenas]).toEqual([1, 1]);
    expect(() => heap.allocate(900_000)).toThrow(HaloweaveError);
    heap.release(whole);
    heap.close();
  });
});
