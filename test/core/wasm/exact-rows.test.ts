import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ExactSum } from '../../../core/base/exact-sum.js';
import { RandomStream } from '../../../core/base/random.js';
import { sharedMemory } from '../../../core/memory/shared-memory.js';
import { WasmRowSums } from '../../../core/wasm/exact-rows.js';

const memory = sharedMemory(2);
const data = new Float64Array(memory.buffer);
const sums = new WasmRowSums(memory);

/** The words of a sum, which are equal exactly if the unrounded sums are. */
function words(fill: (s: ExactSum) => void): Int32Array {
  const s = new ExactSum();
  fill(s);
  const w = new Int32Array(ExactSum.WORDS);
  s.write(w, 0);
  return w;
}

function compare(first: number, rows: number, length: number, stride: number): void {
  const fast = words((s) => s.addRows(sums, data, first, rows, length, stride));
  const slow = words((s) => {
    for (let r = 0; r < rows; r++) for (let k = 0; k < length; k++) s.add(data[first + r * stride + k]!);
  });
  expect(fast).toEqual(slow);
}

describe('addRows', () => {
  it('sums any rows as one by one', () => {
    const numbers = new RandomStream(7);
    for (let k = 0; k < data.length; k++) data[k] = numbers.uniform(k, 0) * 4 - 2;
    for (let length = 1; length <= 70; length++) compare(length % 5, 40, length, length + (length % 3));
    compare(3, 2, 5000, 5001);
    compare(0, 1, data.length, data.length);
    compare(9, 0, 10, 10);
    compare(9, 3, 0, 10);
  });

  it('takes zeros of either sign along', () => {
    data.fill(0);
    data[5] = -0;
    compare(0, 4, 100, 110);
    data[17] = 3;
    data[118] = -1e-3;
    compare(0, 4, 100, 110);
  });

  it.each<[string, number[]]>([
    ['NaN', [Number.NaN]],
    ['infinities', [Number.POSITIVE_INFINITY]],
    ['both infinities', [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]],
    ['subnormals', [5e-324, -3e-320]],
    ['huge ones', [1.7e308, 1.7e308, -1e308]],
    ['far apart', [1e200, 1e-200, 1]],
    ['just below and above the window', [2 ** -31, 2 ** -32 * 1.5, 8, 7.999999]],
  ])('gives what lies outside the window to the long way: %s', (_, odd) => {
    const numbers = new RandomStream(8);
    for (let k = 0; k < 4000; k++) data[k] = numbers.uniform(k, 0);
    odd.forEach((x, k) => {
      data[37 * (k + 1)] = x;
    });
    compare(0, 30, 65, 100);
    compare(1, 3, 1300, 1300);
  });

  it('of doubles drawn from all of them', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double(), { minLength: 1, maxLength: 300 }),
        fc.integer({ min: 1, max: 40 }),
        (values, length) => {
          data.set(values, 8);
          compare(8, Math.floor(values.length / length), length, length);
        },
      ),
    );
  });

  it('refuses rows outside the array', () => {
    const s = new ExactSum();
    expect(() => s.addRows(sums, data, data.length - 5, 1, 6, 6)).toThrow(
      'ExactSum.addRows: rows outside the array',
    );
    expect(() => s.addRows(sums, data, -1, 1, 6, 6)).toThrow('rows outside');
    expect(() => s.addRows(sums, data, 0, 2, 6, 5)).toThrow('rows outside');
  });
});
