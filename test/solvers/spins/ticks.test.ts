import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Axis, linearAxis, logAxis, powerOfTen } from '../../../solvers/spins/ticks.js';

const labels = (axis: Axis): string[] => axis.ticks.map((t) => t.label);

describe('linearAxis', () => {
  it.each([
    [0, 1, 5, ['0.0', '0.2', '0.4', '0.6', '0.8', '1.0'], 0],
    [-2.3, -1.9, 5, ['-2.3', '-2.2', '-2.1', '-2.0', '-1.9'], 0],
    [-0.05, 0.13, 4, ['-0.05', '0.00', '0.05', '0.10', '0.15'], 0],
    [0, 4e-7, 4, ['0', '1', '2', '3', '4'], -7],
    [0, 2e6, 4, ['0.0', '0.5', '1.0', '1.5', '2.0'], 6],
    [2, 2, 4, ['1.90', '1.95', '2.00', '2.05', '2.10'], 0],
    [0, 0, 4, ['-1.0', '-0.5', '0.0', '0.5', '1.0'], 0],
  ])('marks %d … %d', (low, high, most, expected, exponent) => {
    const axis = linearAxis(low, high, most);
    expect(labels(axis)).toEqual(expected);
    expect(axis.exponent).toBe(exponent);
  });

  it('ends at the values when tight', () => {
    const axis = linearAxis(3, 97, 5, true);
    expect([axis.low, axis.high]).toEqual([3, 97]);
    expect(labels(axis)).toEqual(['20', '40', '60', '80']);
  });

  it('encloses any values with a few rising marks whose labels say where they are', () => {
    const value = fc.double({ min: -1e300, max: 1e300, noNaN: true });
    fc.assert(
      fc.property(value, value, fc.integer({ min: 3, max: 10 }), fc.boolean(), (a, b, most, tight) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)];
        const axis = linearAxis(low, high, most, tight);
        const size = Math.max(Math.abs(axis.low), Math.abs(axis.high));
        const slack = 1e-13 * size + 2e-9 * (axis.high - axis.low);
        expect(axis.low).toBeLessThanOrEqual(low + slack);
        expect(axis.high).toBeGreaterThanOrEqual(high - slack);
        expect(axis.high).toBeGreaterThan(axis.low);
        expect(axis.ticks.length).toBeGreaterThanOrEqual(1);
        expect(axis.ticks.length).toBeLessThanOrEqual(most + 3);
        const read = axis.ticks.map((t) => Number(t.label));
        for (let i = 1; i < read.length; i++) expect(read[i]).toBeGreaterThan(read[i - 1]!);
        axis.ticks.forEach((t, i) => {
          expect(Math.abs(Number(`${read[i]}e${axis.exponent}`) - t.value)).toBeLessThanOrEqual(1e-12 * size);
        });
      }),
      {
        numRuns: 1000,
        examples: [
          [1e15, 1e15 + 1, 5, false],
          [5e-324, 1e-323, 5, false],
          [-1e300, 1e300, 8, true],
        ],
      },
    );
  });
});

describe('logAxis', () => {
  it.each([
    [1e-3, 1, 7, ['10⁻³', '10⁻²', '10⁻¹', '10⁰']],
    [0.02, 0.5, 7, ['10⁻²', '2·10⁻²', '5·10⁻²', '10⁻¹', '2·10⁻¹', '5·10⁻¹', '10⁰']],
    [3, 3, 7, ['10⁰', '2·10⁰', '5·10⁰', '10¹']],
    [1e-12, 1, 6, ['10⁻¹²', '10⁻¹⁰', '10⁻⁸', '10⁻⁶', '10⁻⁴', '10⁻²', '10⁰']],
  ])('marks %d … %d', (low, high, most, expected) => {
    expect(labels(logAxis(low, high, most))).toEqual(expected);
  });

  it('encloses any positive values', () => {
    const value = fc.double({ min: 5e-324, max: 1e300, noNaN: true });
    fc.assert(
      fc.property(value, value, (a, b) => {
        const axis = logAxis(Math.min(a, b), Math.max(a, b), 7);
        expect(axis.low).toBeLessThanOrEqual(Math.log10(Math.min(a, b)) + 1e-8);
        expect(axis.high).toBeGreaterThanOrEqual(Math.log10(Math.max(a, b)) - 1e-8);
        expect(axis.ticks.length).toBeGreaterThanOrEqual(2);
        expect(axis.ticks.length).toBeLessThanOrEqual(9);
      }),
    );
  });

  it('writes exponents as superscripts', () => {
    expect(powerOfTen(-120)).toBe('10⁻¹²⁰');
    expect(powerOfTen(3456789)).toBe('10³⁴⁵⁶⁷⁸⁹');
  });
});
