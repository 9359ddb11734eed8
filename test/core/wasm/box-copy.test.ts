import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Heap } from '../../../core/memory/heap.js';
import { copyBoxOn } from '../../../core/wasm/box-copy.js';

const heap = Heap.create({ arenaBytes: 16 << 20 });
const BYTES = 1 << 20;
const base = heap.allocate(BYTES);
const arena = heap.arenaOf(base);
const bytes = new Uint8Array(arena.buffer, base % 2 ** 32, BYTES);
const at = bytes.byteOffset;
const copyBox = copyBoxOn(arena.buffer)!;

describe('copyBox', () => {
  it('copies the rows it is told and nothing else, of any length that is a multiple of 4', () => {
    const size = fc.integer({ min: 1, max: 6 });
    const gap = fc.integer({ min: 0, max: 5 });
    fc.assert(
      fc.property(
        size,
        size,
        fc.integer({ min: 1, max: 40 }),
        gap,
        gap,
        gap,
        gap,
        (planes, rows, words, ...gaps) => {
          const length = 4 * words;
          const [fromRow, toRow] = [length + 4 * gaps[0]!, length + 4 * gaps[1]!];
          const [fromPlane, toPlane] = [rows * fromRow + 4 * gaps[2]!, rows * toRow + 4 * gaps[3]!];
          const to = BYTES / 2 + 12;
          for (let k = 0; k < BYTES; k++) bytes[k] = k * 7 + (k >> 8);
          const expected = bytes.slice();
          for (let p = 0; p < planes; p++)
            for (let r = 0; r < rows; r++)
              for (let b = 0; b < length; b++)
                expected[to + p * toPlane + r * toRow + b] = expected[4 + p * fromPlane + r * fromRow + b]!;
          copyBox(at + 4, at + to, planes, rows, length, fromPlane, fromRow, toPlane, toRow);
          expect(Buffer.compare(bytes, expected)).toBe(0);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('is there for arrays of the heap only, once a memory', () => {
    expect(copyBoxOn(new ArrayBuffer(64))).toBeNull();
    expect(copyBoxOn(new SharedArrayBuffer(64))).toBeNull();
    expect(copyBoxOn(arena.buffer)).toBe(copyBox);
  });
});
