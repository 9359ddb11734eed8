import { describe, expect, it } from 'vitest';
import { nearest } from '../../../solvers/spins/nearest.js';

const known = ['exchange', 'alpha', 'gamma', 'mu', 'dt', 'measureEvery', 'picturesEvery'];

describe('nearest', () => {
  it.each([
    ['exchnage', 'exchange'],
    ['Alpha', 'alpha'],
    ['alhpa', 'alpha'],
    ['measure_every', 'measureEvery'],
    ['pictureEvery', 'picturesEvery'],
    ['DT', 'dt'],
    ['damping', null],
    ['q', null],
    ['x'.repeat(1000), null],
  ])('takes %j for %j', (word, meant) => {
    expect(nearest(word, known)).toBe(meant);
  });
});
