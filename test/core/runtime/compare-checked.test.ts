import { describe, expect, it } from 'vitest';
import { compareChecked } from '../../../core/runtime/compare-checked.js';

const plain = { cycles: 5, hash: '0a', measures: { heat: 1.5, wrong: Number.NaN } };

describe('compareChecked', () => {
  it('accepts the same, NaN too', () => {
    expect(() => compareChecked(plain, { ...plain, measures: { ...plain.measures } })).not.toThrow();
  });

  it.each([
    [{ cycles: 6 }, '5 cycles, and 6'],
    [{ measures: { heat: -1.5, wrong: Number.NaN } }, 'heat = 1.5, and -1.5'],
    [{ hash: '0b' }, 'the state hash 0a, and 0b'],
  ])('refuses %o by name', (change, text) => {
    expect(() => compareChecked(plain, { ...plain, ...change })).toThrow(
      expect.objectContaining({
        code: 'program',
        message: `the program gave ${text} when its partitions moved between ranks: what it remembers of a partition must be in the partition, and nothing may depend on chance, time, or the rank`,
      }),
    );
  });
});
