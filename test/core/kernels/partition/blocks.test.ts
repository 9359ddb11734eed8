import { describe, expect, it } from 'vitest';
import { BlockLayout, MEMORIES, PUBLISHED } from '../../../../core/kernels/partition/blocks.js';
import { grid, MAX_FIELDS } from '../../../../core/kernels/partition/grid.js';

const domain = grid({
  shape: [13, 9],
  parts: [3, 2],
  halo: 2,
  boundary: ['periodic', { neumann: 0 }],
  fields: {
    b: 'u8',
    u: { dtype: 'f64', centring: 'vertex' },
    s: { dtype: 'f32', components: 3 },
    w: { dtype: 'i16', centring: 'vertex', components: 2 },
  },
});
/** Two phases that share different fields. */
const shared = [[0, 1], [2]];

describe.each([0, 1, 5])('the block of part %i', (id) => {
  const block = new BlockLayout(domain, id, shared);
  const slotBytes = Math.max(...block.slots.map((s) => s.bytes));
  const regions: [number, number][] = [
    [0, 4 * (MEMORIES + MAX_FIELDS)],
    ...domain.fields.map((f, k): [number, number] => [
      block.fieldAt[k],
      block.fieldAt[k] + block.fields[k].length * f.dtype.bytes,
    ]),
    [block.slotAt(0), block.slotAt(0) + slotBytes],
    [block.slotAt(1), block.slotAt(1) + slotBytes],
  ];

  it('keeps header, fields and slots apart, each on cache lines of its own', () => {
    regions.forEach(([start, end], k) => {
      expect(start % 64).toBe(0);
      if (k > 0) expect(start).toBeGreaterThanOrEqual(regions[k - 1][1]);
      expect(end).toBeLessThanOrEqual(block.bytes);
    });
  });

  it('uses the slots in turn', () => {
    expect(block.slotAt(0)).not.toBe(block.slotAt(1));
    expect([2, 3, 1001].map((s) => block.slotAt(s))).toEqual([0, 1, 1].map((s) => block.slotAt(s)));
  });

  it('keeps the counter and the notes of memories in the header', () => {
    expect(PUBLISHED).toBeLessThan(16);
    expect(4 * MEMORIES).toBeGreaterThanOrEqual(64);
    expect(4 * (MEMORIES + MAX_FIELDS)).toBeLessThanOrEqual(block.fieldAt[0]);
  });
});
