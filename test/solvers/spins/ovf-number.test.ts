import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatOvfNumber, parseOvfNumber } from '../../../solvers/spins/ovf-number.js';

describe('numbers in OVF text', () => {
  it('reads back every double', () => {
    fc.assert(
      fc.property(fc.double(), (value) => {
        expect(Object.is(parseOvfNumber(formatOvfNumber(value)), value)).toBe(true);
      }),
      { examples: [[-0], [Number.NaN], [-Infinity], [5e-324]] },
    );
  });

  it.each([
    ['+1.', 1],
    ['.5E+2', 50],
    ['-0', -0],
    ['1e-400', 0],
    ['-NaN', Number.NaN],
    ['+Inf', Infinity],
    ['-infinity', -Infinity],
  ])('reads %s', (text, value) => {
    expect(Object.is(parseOvfNumber(text), value)).toBe(true);
  });

  it.each(['', '.', '1e', '0x10', '1,5', '1e999', '--1', '1_000', 'x', '1n'])('refuses %j', (text) => {
    expect(parseOvfNumber(text)).toBeNull();
  });
});
