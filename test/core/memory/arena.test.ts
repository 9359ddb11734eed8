import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ARENA_OVERHEAD, Arena } from '../../../core/memory/arena.js';
import { sharedMemory } from '../../../core/memory/shared-memory.js';

const UNIT = 64;
const PAGE = 65_536;

function arenaOf(pages: number): Arena {
  const memory = sharedMemory(pages);
  Arena.format(memory);
  return new Arena(memory, () => {});
}

/** Sizes from nothing to megabytes, small ones and those next to a class boundary more often. */
const size = fc.oneof(
  fc.integer({ min: 0, max: 300 }),
  fc.integer({ min: 0, max: 100_000 }),
  fc.integer({ min: 0, max: 3_000_000 }),
  fc.tuple(fc.integer({ min: 6, max: 21 }), fc.integer({ min: -65, max: 65 })).map(([e, d]) => 2 ** e + d),
);
/** Allocate that many bytes, or release the live block of that place in the list. */
const step = fc.oneof(
  { weight: 3, arbitrary: size.map((bytes) => ({ bytes, which: -1 })) },
  { weight: 2, arbitrary: fc.nat(1000).map((which) => ({ bytes: -1, which })) },
);

describe('the allocator of an arena', () => {
  it('gives aligned blocks that do not overlap, and takes all of them back as one', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const arena = arenaOf(160);
        const whole = arena.largestFree();
        const live: { at: number; bytes: number; mark: number }[] = [];
        const u8 = arena.views[3] as Uint8Array;
        const marked = (b: (typeof live)[number]): boolean =>
          b.bytes === 0 || (u8[b.at] === b.mark && u8[b.at + b.bytes - 1] === b.mark);
        let next = 1;
        for (const s of steps) {
          if (s.bytes >= 0) {
            const largest = arena.largestFree();
            const at = arena.allocate(s.bytes);
            if (at < 0) {
              // Only some blocks of the largest class are looked at; a refusal is wrong if a whole class more was free.
              expect(largest).toBeLessThan((s.bytes + UNIT) * (1 + 1 / 8) + UNIT);
              continue;
            }
            expect(at % UNIT).toBe(0);
            expect(arena.sizeOf(at)).toBeGreaterThanOrEqual(s.bytes);
            expect(at + arena.sizeOf(at)).toBeLessThanOrEqual(arena.buffer.byteLength);
            for (const b of live)
              expect(at + s.bytes <= b.at || b.at + b.bytes <= at, `${at} in a live block`).toBe(true);
            const block = { at, bytes: s.bytes, mark: next++ % 251 };
            u8.fill(block.mark, at, at + s.bytes);
            live.push(block);
          } else if (live.length > 0) {
            const [b] = live.splice(s.which % live.length, 1);
            expect(marked(b!)).toBe(true);
            arena.release(b!.at);
          }
          arena.verify();
          expect(arena.blocks).toBe(live.length);
        }
        for (const b of live) {
          expect(marked(b)).toBe(true);
          arena.release(b.at);
        }
        arena.verify();
        expect(arena.used).toBe(0);
        expect(arena.blocks).toBe(0);
        expect(arena.largestFree()).toBe(whole);
      }),
      { numRuns: 60 },
    );
  });

  it('gives the whole of fresh memory as one block, and nothing more, at every size of arena', () => {
    for (const pages of [1, 2, 3, 5, 16, 17, 31, 64, 100, 1000]) {
      const arena = arenaOf(pages);
      const whole = pages * PAGE - ARENA_OVERHEAD;
      expect(arena.largestFree()).toBe(whole);
      expect(arena.allocate(whole + 1)).toBe(-1);
      const at = arena.allocate(whole);
      expect(at).toBe(ARENA_OVERHEAD);
      expect(arena.allocate(0)).toBe(-1);
      expect(arena.largestFree()).toBe(0);
      arena.verify();
      arena.release(at);
      arena.verify();
      expect(arena.largestFree()).toBe(whole);
    }
  });

  it('says no to requests beyond 32 bits of units instead of wrapping around', () => {
    const arena = arenaOf(16);
    arena.allocate(100);
    for (const bytes of [2 ** 32, 2 ** 38, 2 ** 38 + 6400, 2 ** 45, 2 ** 52])
      expect(arena.allocate(bytes)).toBe(-1);
    arena.verify();
  });

  it('merges in every order of three neighbours', () => {
    for (const order of [
      [0, 1, 2],
      [0, 2, 1],
      [1, 0, 2],
      [1, 2, 0],
      [2, 0, 1],
      [2, 1, 0],
    ]) {
      const arena = arenaOf(1);
      const at = [100, 200, 300].map((bytes) => arena.allocate(bytes));
      const end = arena.allocate(10);
      for (const k of order) {
        arena.release(at[k]!);
        arena.verify();
      }
      const all = arena.allocate(100 + 200 + 300);
      expect(all).toBe(at[0]);
      arena.release(all);
      arena.release(end);
      arena.verify();
      expect(arena.used).toBe(0);
    }
  });

  it('refuses to release a block twice, merged with a neighbour or not, and an offset inside a block', () => {
    const arena = arenaOf(1);
    const a = arena.allocate(1000);
    const b = arena.allocate(1000);
    const c = arena.allocate(1000);
    arena.release(b);
    expect(() => arena.release(b)).toThrow('freed already');
    arena.release(c);
    expect(() => arena.release(c)).toThrow('freed already');
    for (const offset of [a + 64, a + 8, a + 1, 0, 64, -64, arena.buffer.byteLength + 64])
      expect(() => arena.release(offset)).toThrow('not the start of a heap block');
    arena.release(a);
    arena.verify();
  });

  it('loses at most a sixteenth and a header to rounding', () => {
    const arena = arenaOf(64);
    for (const bytes of [0, 1, 64, 65, 1000, 4096, 4097, 100_000, 1_000_001]) {
      const before = arena.used;
      const at = arena.allocate(bytes);
      expect(arena.used - before).toBeLessThanOrEqual(bytes * (1 + 1 / 16) + 3 * UNIT);
      expect(arena.used - before).toBe(arena.sizeOf(at) + UNIT);
      arena.release(at);
    }
  });
});
