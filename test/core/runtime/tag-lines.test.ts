import { describe, expect, it } from 'vitest';
import { tagLines } from '../../../core/runtime/tag-lines.js';
import { haloweave } from '../../support/command-line.js';
import { programFile } from '../../support/paths.js';

const tagged = (text: string, where: 'begin' | 'go on' | 'end another' = 'begin'): string =>
  Buffer.from(tagLines(Buffer.from(text), '> ', where)).toString();

describe('tagLines', () => {
  it.each([
    ['one\n', '> one\n'],
    ['one\ntwo\n', '> one\n> two\n'],
    ['one\n\ntwo', '> one\n> \n> two'],
    ['\n', '> \n'],
    ['grüße ∂u\n', '> grüße ∂u\n'],
  ])('%j', (text, lines) => {
    expect(tagged(text)).toBe(lines);
  });

  it('goes on in the own line, and ends one of another', () => {
    expect(tagged('on\nnew', 'go on')).toBe('on\n> new');
    expect(tagged('mine\n', 'end another')).toBe('\n> mine\n');
  });
});

describe('--tag-output', () => {
  it.each([
    ['-n', '3'],
    ['--transport', 'inline'],
  ])('every line has its rank: %s %s', async (...options) => {
    const r = await haloweave(['run', programFile('prints-pieces.ts'), ...options, '--tag-output']);
    expect(r.code).toBe(0);
    const ranks = options[0] === '-n' ? [0, 1, 2] : [0];
    const lines = r.out.split('\n').filter((line) => line.startsWith('['));
    for (const rank of ranks) {
      const own = lines.filter((line) => line.startsWith(`[rank ${rank}] `)).map((line) => line.slice(9));
      expect(own.join('')).toBe(`begin ${rank}, end ${rank}`.replace(', ', own.length > 1 ? ', ' : ', '));
    }
    // Nothing but tagged lines comes before the summary.
    expect(r.out.slice(0, r.out.indexOf('prints-pieces.ts: done')).split('\n').slice(0, -1)).toEqual(lines);
  });
});
