import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { A, multiply, power } from '../../../bench/npb/random.js';

const STATES = 2n ** 46n;
const state = fc.bigInt(0n, STATES - 1n);

describe('arithmetic modulo 2^46', () => {
  it('multiplies as whole numbers do', () => {
    fc.assert(
      fc.property(state, state, (a, b) => {
        expect(multiply(Number(a), Number(b))).toBe(Number((a * b) % STATES));
      }),
      { examples: [[STATES - 1n, STATES - 1n]] },
    );
  });

  it('jumps ahead by a power of the multiplier as by single steps', () => {
    let x = 314159265;
    for (let n = 0; n < 200; n++) {
      expect(multiply(314159265, power(A, n))).toBe(x);
      x = multiply(x, A);
    }
    fc.assert(
      fc.property(state, fc.nat(2 ** 31 - 1), fc.nat(2 ** 31 - 1), (a, m, n) => {
        expect(power(Number(a), m + n)).toBe(multiply(power(Number(a), m), power(Number(a), n)));
      }),
    );
  });

  it('has the multiplier and the period of the report: 5^13, and 2^44 for odd states', () => {
    expect(A).toBe(5 ** 13);
    expect(power(A, 2 ** 44)).toBe(1);
    expect(power(A, 2 ** 43)).not.toBe(1);
  });
});
