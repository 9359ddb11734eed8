import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findJsonFault } from '../../../solvers/spins/json-text.js';

describe('findJsonFault', () => {
  it.each([
    ['', 1, 1, /expected a value, found the end/],
    ['{"a": 1,}', 1, 9, /expected a key in double quotes, found "}"/],
    ['{\n  "a" 1\n}', 2, 7, /expected ":", found "1"/],
    ['[1, x]', 1, 5, /expected a value, found "x"/],
    ['[1 2]', 1, 4, /expected "," or the closing bracket, found "2"/],
    ['{"a": [1}', 1, 9, /closing bracket, found "}"/],
    ['[,1]', 1, 2, /expected a value or "]", found ","/],
    ['{a: 1}', 1, 2, /a key in double quotes or "}", found "a"/],
    ['{"a": 1', 1, 8, /found the end/],
    ['{} {}', 1, 4, /expected the end of the text, found "{"/],
    ['[01]', 1, 3, /found "1"/],
    ['{"a": 1,\r\n "b": 2, "\\u0061": 3}', 2, 10, /the key "\\u0061" is given twice/],
  ])('finds the fault of %j', (text, line, column, message) => {
    const fault = findJsonFault(text);
    expect(fault).toMatchObject({ line, column });
    expect(fault!.message).toMatch(message);
  });

  it('lets equal keys of different objects pass', () => {
    expect(findJsonFault('{"a": {"a": 1, "b": [{"a": 2}, {"a": 3}]}, "b": "a"}')).toBeNull();
  });

  it('does not overflow on deep nesting', () => {
    expect(findJsonFault('['.repeat(200_000))!.offset).toBe(200_000);
    expect(findJsonFault('['.repeat(200_000) + ']'.repeat(200_000))).toBeNull();
  });

  const agrees = (text: string): void => {
    let fails = false;
    try {
      JSON.parse(text);
    } catch {
      fails = true;
    }
    const fault = findJsonFault(text);
    // The one thing that JSON.parse lets pass and this does not.
    if (fault?.message.includes('given twice')) return;
    expect(fault !== null).toBe(fails);
  };

  it('agrees with JSON.parse about valid texts, also after changes', () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(), fc.nat(2), fc.string({ maxLength: 2 }), (text, at, remove, insert) => {
        agrees(text);
        const place = at % (text.length + 1);
        agrees(text.slice(0, place) + insert + text.slice(place + remove));
      }),
    );
  });

  it('agrees with JSON.parse about texts made of its tokens', () => {
    const token = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"a"',
      '"b"',
      '1',
      '-',
      '0',
      '.',
      'e',
      'true',
      'nul',
      ' ',
      '\n',
      '"\t"',
      '\v',
    );
    fc.assert(
      fc.property(fc.array(token, { maxLength: 8 }), (tokens) => agrees(tokens.join(''))),
      { numRuns: 2000 },
    );
  });
});
