import { describe, expect, it } from 'vitest';
import { HIGH, LOW, PER_TWO32, powerOfTwo, TWO32, threefry4x32 } from '../../../core/base/words.js';

/** Eight words, counter then key, as the vectors list them. */
function cipher(input: string, groups = 5): string {
  const out = new Uint32Array(4);
  const [c0, c1, c2, c3, k0, k1, k2, k3] = input.split(' ').map((word) => Number.parseInt(word, 16));
  threefry4x32(out, groups, c0, c1, c2, c3, k0, k1, k2, k3);
  return [...out].map((word) => word.toString(16).padStart(8, '0')).join(' ');
}

describe('threefry4x32', () => {
  // Known-answer vectors of Random123, tests/kat_vectors: zeros, ones, digits of pi.
  const known = [
    [new Array(8).fill('00000000').join(' '), '9c6ca96a e17eae66 fc10ecd4 5256a7d8'],
    [new Array(8).fill('ffffffff').join(' '), '2a881696 57012287 f6c7446e a16a6732'],
    [
      '243f6a88 85a308d3 13198a2e 03707344 a4093822 299f31d0 082efa98 ec4e6c89',
      '59cd1dbb b8879579 86b5d00c ac8b6d84',
    ],
  ];
  for (const [input, output] of known) {
    it(`20 rounds of ${input.slice(0, 8)}…`, () => expect(cipher(input)).toBe(output));
  }

  it('72 rounds of zeros, which pass through every phase of the key schedule', () => {
    const zeros = new Array(8).fill('00000000').join(' ');
    expect(cipher(zeros, 18)).toBe('93171da6 9220326d b392b7b1 ff58a002');
  });

  it('takes an index above 2^32 as its two words', () => {
    const index = 0x1234_89abcdef;
    const split = new Uint32Array(4);
    const whole = new Uint32Array(4);
    // A key with the sign bit: where adding before cutting the fraction off would go wrong.
    threefry4x32(split, 3, 0x89abcdef, 0x1234, 0, 0, 0xfffffff0, 0xfffffff0, 0, 0);
    threefry4x32(whole, 3, index, index * PER_TWO32, 0, 0, 0xfffffff0, 0xfffffff0, 0, 0);
    expect(whole).toEqual(split);
    const largest = 2 ** 53 - 1;
    threefry4x32(split, 3, 0xffffffff, 0x1fffff, 0, 0, 1, 1, 0, 0);
    threefry4x32(whole, 3, largest, largest * PER_TWO32, 0, 0, 1, 1, 0, 0);
    expect(whole).toEqual(split);
  });
});

describe('words of doubles', () => {
  it('powerOfTwo is exact over the whole range', () => {
    let power = Number.MIN_VALUE;
    for (let exponent = -1074; exponent <= 1023; exponent++, power *= 2) {
      if (powerOfTwo(exponent) !== power) expect.fail(`2^${exponent}`);
    }
  });

  it('HIGH and LOW find the words', () => {
    const words = new Uint32Array(Float64Array.of(-1 - 2 ** -52).buffer);
    expect([words[HIGH], words[LOW]]).toEqual([0xbff00000, 1]);
    expect(TWO32 * PER_TWO32).toBe(1);
  });
});
