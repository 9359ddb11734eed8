import fc from 'fast-check';
import { Packr } from 'msgpackr';
import { describe, expect, it } from 'vitest';
import {
  CONTROL_LIMITS,
  decodeBounded,
  encodeBounded,
  type RefusalReason,
  RefusedMessage,
} from '../../../core/wire/bounded-decode.js';
import { mutated, random } from '../../support/mutate.js';

/** Bytes from hexadecimal digits. */
const hex = (digits: string): Uint8Array => new Uint8Array(Buffer.from(digits.replaceAll(' ', ''), 'hex'));

function reasonOf(bytes: Uint8Array, limits = {}): RefusalReason {
  try {
    decodeBounded(bytes, limits);
  } catch (error) {
    expect(error).toBeInstanceOf(RefusedMessage);
    return (error as RefusedMessage).reason;
  }
  throw new Error(`${Buffer.from(bytes).toString('hex')} was decoded`);
}

describe('what every form of the specification means', () => {
  const text32 = 'a'.repeat(32);
  it.each<[string, string, unknown]>([
    ['nil', 'c0', null],
    ['false', 'c2', false],
    ['true', 'c3', true],
    ['positive fixint', '7f', 127],
    ['positive fixint where records would begin', '40', 64],
    ['negative fixint', 'e0', -32],
    ['uint 8', 'cc ff', 255],
    ['uint 16', 'cd ff fe', 65534],
    ['uint 32', 'ce ff ff ff ff', 2 ** 32 - 1],
    ['uint 64', 'cf 00 1f ff ff ff ff ff ff', Number.MAX_SAFE_INTEGER],
    ['int 8', 'd0 80', -128],
    ['int 16', 'd1 80 00', -32768],
    ['int 32', 'd2 80 00 00 00', -(2 ** 31)],
    ['int 64', 'd3 ff e0 00 00 00 00 00 01', Number.MIN_SAFE_INTEGER],
    ['float 32', 'ca 3f 80 00 00', 1],
    ['float 64', 'cb 3f f0 00 00 00 00 00 00', 1],
    ['float 64, −0', 'cb 80 00 00 00 00 00 00 00', -0],
    ['float 64, NaN', 'cb 7f f8 00 00 00 00 00 00', Number.NaN],
    ['fixstr', 'a2 c3 a9', 'é'],
    ['str 8', `d9 20 ${Buffer.from(text32).toString('hex')}`, text32],
    ['str 16', 'da 00 01 61', 'a'],
    ['str 32', 'db 00 00 00 01 61', 'a'],
    ['fixarray', '92 01 c0', [1, null]],
    ['array 16', 'dc 00 01 05', [5]],
    ['array 32', 'dd 00 00 00 01 05', [5]],
    ['fixmap', '81 a1 61 01', { a: 1 }],
    ['map 16', 'de 00 01 a1 61 01', { a: 1 }],
    ['map 32', 'df 00 00 00 01 a1 61 01', { a: 1 }],
    [
      'map with keys of every form',
      '83 d9 01 61 01 da 00 01 62 02 db 00 00 00 01 63 03',
      { a: 1, b: 2, c: 3 },
    ],
  ])('%s', (_, digits, value) => {
    expect(decodeBounded(hex(digits))).toEqual(value);
    // Every beginning of it is incomplete, never something else.
    const bytes = hex(digits);
    for (let n = 0; n < bytes.length; n++) expect(reasonOf(bytes.subarray(0, n))).toBe('incomplete');
  });

  it.each(['c4 02 07 08', 'c5 00 02 07 08', 'c6 00 00 00 02 07 08'])('bytes: %s, as a view', (digits) => {
    const bytes = hex(digits);
    const value = decodeBounded(bytes) as Uint8Array;
    expect([...value]).toEqual([7, 8]);
    expect(value.buffer).toBe(bytes.buffer);
  });

  it('reads from the middle of a buffer, and nothing beside it', () => {
    const around = hex('ffff 81 a1 61 a1 62 ffff');
    expect(decodeBounded(around.subarray(2, 7))).toEqual({ a: 'b' });
    expect(reasonOf(around.subarray(2, 6))).toBe('incomplete');
  });

  it('gives back what encodeBounded was given', () => {
    const value = fc.jsonValue({ maxDepth: 6, noUnicodeString: false });
    const sound = (v: unknown): boolean =>
      !/"(__proto__|constructor|prototype)":/.test(JSON.stringify(v)) && !JSON.stringify(v).includes('-0');
    fc.assert(
      fc.property(value.filter(sound), (v) => {
        expect(decodeBounded(encodeBounded(v))).toEqual(JSON.parse(JSON.stringify(v)));
      }),
      { numRuns: 500 },
    );
  });

  it('members that are undefined are left out', () => {
    expect(decodeBounded(encodeBounded({ a: undefined, b: 1 }))).toEqual({ b: 1 });
  });
});

describe('what is refused', () => {
  it.each<[RefusalReason, string, string]>([
    ['incomplete', 'nothing', ''],
    ['incomplete', 'an array of 2^32 − 1 items in five bytes', 'dd ff ff ff ff'],
    ['incomplete', 'a count of items that the message has no bytes for', '9f 00'],
    ['incomplete', 'a map of 2^16 members in a few bytes', 'de 01 00 a1 61 01'],
    ['incomplete', 'bytes beyond the end', 'c6 ff ff ff ff 00'],
    ['incomplete', 'text beyond the end', 'db ff ff ff ff 61'],
    ['bytes left over', 'two values', '01 02'],
    ['unknown type', 'the byte that is never used', 'c1'],
    ['unknown type', 'the same within an array', '92 01 c1'],
    ['key', 'a number as a key', '81 01 01'],
    ['key', 'an array as a key', '81 90 01'],
    ['key', 'the same key twice', '82 a1 61 01 a1 61 02'],
    ['key', 'the same key twice, in two forms', '82 a1 61 01 d9 01 61 02'],
    ['text', 'text that is no UTF-8', 'a2 c3 28'],
    ['text', 'a surrogate', 'a3 ed a0 80'],
    ['text', 'a key that is no UTF-8', '81 a1 ff 01'],
    ['number', 'an unsigned integer of 2^53', 'cf 00 20 00 00 00 00 00 00'],
    ['number', 'a signed integer of −2^53', 'd3 ff e0 00 00 00 00 00 00'],
    ['extension', 'fixext 1', 'd4 00 00'],
    ['extension', 'fixext 16', `d8 01 ${'00'.repeat(16)}`],
    ['extension', 'ext 8', 'c7 01 72 00'],
    ['extension', 'ext 32', 'c9 00 00 00 01 62 00'],
    ['extension', 'a time', 'd6 ff 00 00 00 00'],
  ])('%s: %s', (reason, _, digits) => {
    expect(reasonOf(hex(digits))).toBe(reason);
  });

  it.each(['__proto__', 'constructor', 'prototype'])('the key %s, at any depth', (key) => {
    const plain = new Packr({ useRecords: false, variableMapSize: true });
    const member = plain.pack(new Map<string, unknown>([[key, { polluted: true }]]));
    expect(reasonOf(member)).toBe('key');
    expect(reasonOf(new Uint8Array([0x91, 0x81, 0xa1, 0x61, ...member]))).toBe('key');
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    expect(() => encodeBounded(JSON.parse(`{"${key}": 1}`))).toThrow(RefusedMessage);
  });

  it('limits hold exactly', () => {
    expect(decodeBounded(hex('93 01 02 03'), { bytes: 4, depth: 1, elements: 3 })).toEqual([1, 2, 3]);
    expect(reasonOf(hex('93 01 02 03'), { bytes: 3 })).toBe('too long');
    expect(reasonOf(hex('93 01 02 03'), { elements: 2 })).toBe('too many elements');
    expect(reasonOf(hex('91 90'), { depth: 1 })).toBe('too deep');
    expect(decodeBounded(hex('91 90'), { depth: 2 })).toEqual([[]]);
    expect(reasonOf(hex('82 a1 61 01 a1 62 91 01'), { elements: 4 })).toBe('too many elements');
    expect(decodeBounded(hex('82 a1 61 01 a1 62 91 01'), { elements: 5 })).toEqual({ a: 1, b: [1] });
  });

  it('a tower of arrays does not end the stack', () => {
    expect(reasonOf(new Uint8Array(2 ** 20).fill(0x91))).toBe('too deep');
  });

  it('a sender is told before it sends', () => {
    expect(() => encodeBounded([undefined])).toThrow(/extension type at byte 1/);
    expect(() => encodeBounded(2n ** 60n)).toThrow(RefusedMessage);
    expect(() => encodeBounded('x'.repeat(100), { bytes: 50 })).toThrow(/102 bytes: 50 are allowed/);
  });
});

describe('a million random, cut and mutated messages', () => {
  const COUNT = 1_000_000;
  /** What the issue allows a process to grow by. */
  const GROWTH = 64 * 2 ** 20;

  it('are decoded or refused, all counted, in flat memory', () => {
    const draw = random(20261120);
    const sound = [
      { type: 'hello', version: 1, host: 3, keys: ['a', 'b'], slots: 4, engine: 'v20.1.0' },
      {
        type: 'reading',
        ranks: [
          [1, 2, 3, -1],
          [4, 5, 6, 7],
        ],
        moved: true,
        seconds: 0.25,
      },
      { type: 'bundle', bytes: new Uint8Array(40).fill(7), sha: 'f'.repeat(64), next: null },
      [[[[1.5, -2, 2 ** 40]]], { a: { b: { c: { d: 'é€𝄞' } } } }],
    ].map((v) => encodeBounded(v));
    const counts = new Map<RefusalReason | 'decoded', number>();
    const count = (what: RefusalReason | 'decoded'): void =>
      void counts.set(what, (counts.get(what) ?? 0) + 1);
    const small = { ...CONTROL_LIMITS, elements: 20, depth: 6 };
    const one = (): void => {
      const bytes = mutated(sound, draw);
      try {
        decodeBounded(bytes, small);
        count('decoded');
      } catch (error) {
        if (!(error instanceof RefusedMessage)) throw error;
        count(error.reason);
      }
    };
    // The first tenth fills caches and lets the compiler settle.
    for (let i = 0; i < COUNT / 10; i++) one();
    const before = process.memoryUsage().rss;
    for (let i = COUNT / 10; i < COUNT; i++) one();
    expect(process.memoryUsage().rss - before).toBeLessThan(GROWTH);
    expect([...counts.values()].reduce((a, b) => a + b)).toBe(COUNT);
    // None of the reasons but the length stays unused, and not everything is refused.
    const expected: (RefusalReason | 'decoded')[] = [
      ...(['decoded', 'incomplete', 'bytes left over', 'key', 'extension', 'text'] as const),
      ...(['number', 'unknown type', 'too deep', 'too many elements'] as const),
    ];
    expect([...counts.keys()].sort()).toEqual(expected.sort());
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    // Ten seconds on a machine that does nothing else.
  }, 300_000);
});
