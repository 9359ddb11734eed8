import { expect, it } from 'vitest';
import { Repeats } from '../../../core/observe/repeats.js';

it('the first passes, then one an interval with the number of those held back', () => {
  const repeats = new Repeats(100, 8);
  expect(repeats.pass('a', 0)).toBe(0);
  expect([repeats.pass('a', 1), repeats.pass('a', 99)]).toEqual([null, null]);
  expect(repeats.pass('b', 50)).toBe(0);
  expect(repeats.pass('a', 100)).toBe(2);
  expect(repeats.pass('a', 150)).toBeNull();
  expect(repeats.pass('a', 500)).toBe(1);
  expect(repeats.pass('a', 600)).toBe(0);
});

it('remembers so many kinds, those that passed last', () => {
  const repeats = new Repeats(1000, 2);
  for (const [k, kind] of ['a', 'b', 'c'].entries()) expect(repeats.pass(kind, k)).toBe(0);
  expect(repeats.pass('b', 4)).toBeNull();
  expect(repeats.pass('a', 5)).toBe(0);
  expect(repeats.pass('c', 6)).toBeNull();
  expect(repeats.pass('b', 7)).toBe(0);
});
