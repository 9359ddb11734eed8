import { readdirSync, readFileSync } from 'node:fs';
import { HaloweaveError } from 'haloweave';
import { describe, expect, it } from 'vitest';
import { parseRle } from '../../examples/patterns/rle.js';

const FOLDER = new URL('../../examples/patterns/', import.meta.url);
const LIFE = { birth: [3], survival: [2, 3] };

function picture(text: string): string[] {
  const { rows, columns, cells } = parseRle(text);
  const row = (i: number): number[] => [...cells.subarray(i * columns, (i + 1) * columns)];
  return Array.from({ length: rows }, (_, i) =>
    row(i)
      .map((c) => (c === 1 ? 'o' : '.'))
      .join(''),
  );
}

describe('parseRle', () => {
  it('reads a glider as it is published', () => {
    const text = '#C This is a glider.\nx = 3, y = 3\nbo$2bo$3o!\n';
    expect(parseRle(text)).toMatchObject({ rows: 3, columns: 3, name: '', ...LIFE });
    expect(picture(text)).toEqual(['.o.', '..o', 'ooo']);
  });

  it('breaks lines anywhere but inside a count, and skips rows by a count of $', () => {
    const glider = ['.o.', '..o', 'ooo'];
    expect(picture('x=3,y=3\nb\no$\r\n2bo\n$3o\n!')).toEqual(glider);
    expect(picture('x = 3, y = 3\n  bo $ 2b o$3o  ! what follows is not read $$99z')).toEqual(glider);
    expect(picture('x = 2, y = 5\no3$\nbo$!')).toEqual(['o.', '..', '..', '.o', '..']);
    expect(picture('x = 2, y = 2\n4$!')).toEqual(['..', '..']);
    expect(picture('x = 0, y = 0\n!')).toEqual([]);
    expect(picture('x = 12, y = 1\n12o!')).toEqual(['oooooooooooo']);
  });

  it('takes the name from its line, and other comments for what they are', () => {
    const text = '#N  Two words \n#O Somebody\n#CXRLE Pos=0,0\n\n#r 23/3\nx = 1, y = 1, rule = B36/S23\no!';
    expect(parseRle(text)).toMatchObject({ name: 'Two words', birth: [3, 6], survival: [2, 3] });
  });

  it.each<[string, number[], number[]]>([
    ['B3/S23', [3], [2, 3]],
    ['b3/s23', [3], [2, 3]],
    ['B3S23', [3], [2, 3]],
    ['23/3', [3], [2, 3]],
    ['1357/1357', [1, 3, 5, 7], [1, 3, 5, 7]],
    ['B2/S', [2], []],
    ['/2', [2], []],
    ['B0864/S8', [0, 4, 6, 8], [8]],
    ['Life', [3], [2, 3]],
  ])('rule %s', (rule, birth, survival) => {
    expect(parseRle(`x = 1, y = 1, rule = ${rule}\no!`)).toMatchObject({ birth, survival });
    expect(parseRle(`x=1,y=1,rule=${rule}  \no!`)).toMatchObject({ birth, survival });
  });

  it.each<[string, string, string]>([
    [
      'no header',
      '#C nothing\n#N else',
      'line 2, column 8: the file ends before its header: expected x = …, y = …',
    ],
    ['an empty file', '', 'line 1, column 1: the file ends before its header: expected x = …, y = …'],
    [
      'another header',
      '\nbo$2bo$3o!',
      "line 2, column 1: 'bo$2bo$3o!' is no header: expected x = columns, y = rows, rule = B3/S23",
    ],
    [
      'a negative size',
      'x = -3, y = 3\n!',
      "line 1, column 1: 'x = -3, y = 3' is no header: expected x = columns, y = rows, rule = B3/S23",
    ],
    [
      'a huge size',
      'x = 99999, y = 99999\n!',
      'line 1, column 5: a pattern of 99999 by 99999 cells: at most 268435456 in all',
    ],
    [
      'something after the size',
      'x = 3, y = 3; rule = B3/S23\n!',
      "line 1, column 13: '; rule = B3/S23' after the size: expected , rule = B3/S23",
    ],
    [
      'an unknown rule',
      'x = 3, y = 3, rule = B9/S23\n!',
      "line 1, column 22: the rule 'B9/S23' is unknown: expected digits from 0 to 8, as in B3/S23 or 23/3",
    ],
    [
      'a bounded grid',
      'x = 3, y = 3, rule = B3/S23:T9,9\n!',
      "line 1, column 22: the rule 'B3/S23:T9,9' is unknown: expected digits from 0 to 8, as in B3/S23 or 23/3",
    ],
    [
      'a third state',
      'x = 3, y = 1\nbA2B!',
      "line 2, column 2: 'A' is no cell of two states: expected b, o, $ or !, a count before it",
    ],
    [
      'a row too long',
      'x = 3, y = 2\n3o$\n2b 2o!',
      'line 3, column 4: row 2 goes on to cell 4, but the header says x = 3',
    ],
    [
      'a row too many',
      'x = 3, y = 2\n3o2$o!',
      'line 2, column 5: row 3 has cells, but the header says y = 2',
    ],
    [
      'a count before nothing',
      'x = 3, y = 1\n2\nbo!',
      'line 2, column 1: the count 2 stands before nothing: write it with its tag on one line',
    ],
    ['a count of 0', 'x = 3, y = 1\nb0o!', 'line 2, column 2: a run of 0: counts begin at 1'],
    ['no end', 'x = 3, y = 1\n3o$', 'line 2, column 4: the file ends inside the pattern: expected !'],
  ])('refuses %s', (_, text, message) => {
    let error: unknown;
    try {
      parseRle(text);
    } catch (e) {
      error = e;
    }
    expect(error).toBeInstanceOf(HaloweaveError);
    expect(error).toMatchObject({ code: 'format', message });
  });

  it('reads every pattern of the folder', () => {
    const files = readdirSync(FOLDER).filter((f) => f.endsWith('.rle'));
    expect(files).toContain('gosper-glider-gun.rle');
    for (const f of files) {
      const pattern = parseRle(readFileSync(new URL(f, FOLDER), 'utf8'));
      expect(pattern.name).not.toBe('');
      expect(pattern.cells.some((c) => c === 1)).toBe(true);
    }
  });
});
