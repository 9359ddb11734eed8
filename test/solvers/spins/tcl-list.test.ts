import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatTclList, parseTclList } from '../../../solvers/spins/tcl-list.js';

describe('Tcl lists', () => {
  it.each([
    ['', []],
    ['  a  b\tc ', ['a', 'b', 'c']],
    ['{a b} c', ['a b', 'c']],
    ['{a {b c} d}', ['a {b c} d']],
    ['"a b" {} x', ['a b', '', 'x']],
    ['a\\ b "c\\"d" {e\\}f}', ['a b', 'c"d', 'e\\}f']],
  ])('parses %j', (text, elements) => {
    expect(parseTclList(text)).toEqual(elements);
  });

  it.each(['{a', '"a', '{a}b', '"a"b', '{a\\}'])('refuses %j', (text) => {
    expect(parseTclList(text)).toBeNull();
  });

  it('reads back what it writes', () => {
    const nasty = fc.string({ unit: fc.constantFrom('a', ' ', '{', '}', '"', '\\', '#', '$', '\t') });
    fc.assert(
      fc.property(fc.array(fc.oneof(nasty, fc.string({ unit: 'binary' }))), (list) => {
        expect(parseTclList(formatTclList(list))).toEqual(list);
      }),
    );
  });
});
