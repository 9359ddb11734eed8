import { describe, expect, it } from 'vitest';
import { HaloweaveError } from '../../../core/base/errors.js';
import { programArguments, wholeNumber } from '../../../core/cli/arguments.js';

describe('what follows -- on the command line', () => {
  it.each<[string, Record<string, unknown>]>([
    ['', {}],
    ['--rounds 3', { rounds: 3 }],
    ['--rounds=3', { rounds: 3 }],
    ['--name heat', { name: 'heat' }],
    ['--flag', { flag: true }],
    ['--flag --other', { flag: true, other: true }],
    ['--no-flag', { flag: false }],
    ['--no-flag --x 1', { flag: false, x: 1 }],
    ['--on true --off false', { on: true, off: false }],
    ['--offset -5 --y -.5 --z +2', { offset: -5, y: -0.5, z: 2 }],
    ['--r 1e-3 --h 0x10 --big 1e400', { r: 1e-3, h: 16, big: Number.POSITIVE_INFINITY }],
    ['--shape 64x48 --mode 3,2 --v 1.2.3 --t 12abc', { shape: '64x48', mode: '3,2', v: '1.2.3', t: '12abc' }],
    ['--k 1 --k 2 --k three', { k: [1, 2, 'three'] }],
    ['--path=a=b=c --empty=', { path: 'a=b=c', empty: '' }],
    ['a 1 --k v b', { k: 'v', _: ['a', 1, 'b'] }],
    ['--Infinity Infinity --NaN NaN', { Infinity: 'Infinity', NaN: 'NaN' }],
    ['--constructor 1 --toString x', { constructor: 1, toString: 'x' }],
  ])('%s', (line, args) => {
    expect(programArguments(line.split(' ').filter((w) => w !== ''))).toEqual(args);
  });

  it('keeps spaces and empty words', () => {
    expect(programArguments(['--title', 'two words', '--nothing', ''])).toEqual({
      title: 'two words',
      nothing: '',
    });
  });

  it.each(['--', '--1=2', '--__proto__=1', '--=x', '--a.b'])('refuses %s', (word) => {
    expect(() => programArguments([word])).toThrow("a program's option starts with a letter");
  });
});

describe('whole numbers', () => {
  it('are taken as they are', () => {
    const parse = wholeNumber('-n', 1);
    expect(['1', '25', ' 7 ', '1e3'].map(parse)).toEqual([1, 25, 7, 1000]);
  });

  it.each(['', ' ', '0', '-1', '1.5', 'four', 'NaN', 'Infinity', '9007199254740993', '3x'])(
    'are not %j',
    (text) => {
      let error: unknown;
      try {
        wholeNumber('-n', 1)(text);
      } catch (e) {
        error = e;
      }
      expect(error).toBeInstanceOf(HaloweaveError);
      expect((error as HaloweaveError).code).toBe('usage');
      expect((error as HaloweaveError).message).toBe(`-n ${text}: use a whole number of 1 or more`);
    },
  );
});
