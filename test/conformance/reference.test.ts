import fc from 'fast-check';
import { ExactSum } from 'haloweave';
import { describe, expect, it } from 'vitest';
import { sumOf } from '../programs/comm/properties/reference.js';

// The reference of the property tests is only worth something if it is right itself.
describe('the reference sum', () => {
  it('rounds once', () => {
    expect(sumOf([2 ** 53, 1])).toBe(2 ** 53);
    expect(sumOf([2 ** 53, 1, 1])).toBe(2 ** 53 + 2);
    expect(sumOf([2 ** 53, 1, 5e-324])).toBe(2 ** 53 + 2);
    expect(sumOf([1e308, 1, -1e308])).toBe(1);
    expect(sumOf([5e-324, 5e-324])).toBe(1e-323);
    expect(sumOf([-0, -0])).toBe(0);
    expect(sumOf([0.1, 0.2, -0.3])).toBe(2 ** -55 + 0);
    expect(sumOf([-3])).toBe(-3);
  });

  it('agrees with the exact sum of any doubles', () => {
    const double = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e300, max: 1e300 });
    fc.assert(
      fc.property(fc.array(double, { minLength: 1, maxLength: 8 }), (xs) => {
        const exact = new ExactSum();
        for (const x of xs) exact.add(x);
        expect(sumOf(xs)).toBe(exact.value());
      }),
      { numRuns: 2000 },
    );
  });
});
