import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HaloweaveError } from '../../../core/base/errors.js';
import { ExactSum } from '../../../core/base/exact-sum.js';
import * as cell from '../../../core/wire/cell.js';
import { decode, encode } from '../../../core/wire/codec.js';
import { serialiseError } from '../../../core/wire/host-messages.js';
import { MAX_TAG } from '../../../core/wire/tags.js';

const roundTrip = (value: unknown): unknown => decode(encode(value));

describe('the codec', () => {
  it('gives back any structured value', () => {
    const value = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withTypedArray: true,
      withNullPrototype: false,
      maxDepth: 3,
      // −0 inside a structure becomes 0, and __proto__ another name: see below.
      key: fc.string().filter((k) => k !== '__proto__'),
      values: [
        fc.boolean(),
        fc.integer(),
        fc.double().map((x) => (x === 0 ? 0 : x)),
        fc.string(),
        fc.constant(null),
        fc.constant(undefined),
      ],
    });
    fc.assert(
      fc.property(value, (v) => {
        expect(roundTrip(v)).toEqual(v);
      }),
      { numRuns: 400 },
    );
  });

  it('gives back an ExactSum, unrounded, alone and inside', () => {
    const sum = new ExactSum();
    for (const x of [1e300, 1, 2 ** -1000]) sum.add(x);
    for (const got of [roundTrip(sum), (roundTrip({ list: [sum] }) as { list: unknown[] }).list[0]]) {
      expect(got).toBeInstanceOf(ExactSum);
      const rest = got as ExactSum;
      rest.add(-1e300);
      rest.add(-1);
      expect(rest.value()).toBe(2 ** -1000);
    }
    for (const special of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const s = new ExactSum();
      s.add(special);
      expect((roundTrip(s) as ExactSum).value()).toBe(special);
    }
  });

  it('keeps Maps and plain objects apart', () => {
    for (const v of [new Map([['a', 1]]), { a: 1 }, new Map(), {}, [new Map([[1, { b: new Map() }]])]])
      expect(roundTrip(v)).toEqual(v);
  });

  it('writes bytes that depend on the value alone', () => {
    const v = { kind: 'x', list: [1, { y: 2 }] };
    const first = Buffer.from(encode(v));
    for (let k = 0; k < 50; k++) encode({ [`other${k}`]: k, kind: k });
    expect(Buffer.from(encode(v)).equals(first)).toBe(true);
  });

  it('does not reuse the bytes of an earlier value', () => {
    const kept = Array.from({ length: 500 }, (_, k) => encode({ k, pad: 'x'.repeat(k) }));
    kept.forEach((bytes, k) => {
      expect((decode(bytes) as { k: number }).k).toBe(k);
    });
  });

  it('keeps −0, alone', () => {
    expect(Object.is(roundTrip(-0), -0)).toBe(true);
    expect(Object.is(roundTrip(0), 0)).toBe(true);
  });

  it('lets no key reach a prototype', () => {
    const got = roundTrip(JSON.parse('{"__proto__": {"polluted": true}, "a": {"constructor": 1}}'));
    expect(Object.getPrototypeOf(got)).toBe(Object.prototype);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it('refuses functions and symbols', () => {
    expect(() => encode(() => 1)).toThrow('a function cannot be sent');
    expect(() => encode(Symbol('s'))).toThrow('a symbol cannot be sent');
  });

  it('refuses incomplete bytes', () => {
    const bytes = encode({ a: [1, 2, 3], b: 'text' });
    for (let n = 0; n < bytes.length; n++) expect(() => decode(bytes.slice(0, n)), `${n} bytes`).toThrow();
  });
});

describe('the header of a record', () => {
  it('holds kind, dtype, mode and mark side by side', () => {
    for (const kind of Object.values(cell.Kind))
      for (const mode of Object.values(cell.Mode))
        for (const mark of [0, 1, 0x7fff, 0x8000, 0xffff])
          for (let dtype = 0; dtype < 10; dtype++) {
            const word = cell.packKind(kind, dtype, mode, mark);
            expect([cell.kindOf(word), cell.dtypeCodeOf(word), cell.modeOf(word), cell.markOf(word)]).toEqual(
              [...[kind, dtype, mode, mark]],
            );
            expect(word).toBe(word | 0);
          }
  });

  it('leaves 96 bytes for the payload, at a multiple of 8, and 15 extents in a shape record', () => {
    expect([cell.CELL_BYTES, cell.INLINE_BYTES, (cell.PAYLOAD * 4) % 8]).toEqual([128, 96, 0]);
    expect(cell.MAX_DIMENSIONS).toBe(15);
    expect(MAX_TAG).toBe(2 ** 31 - 1);
  });
});

describe('errors that cross a thread', () => {
  it('keep message, stack, causes, code and place', () => {
    const cause = new RangeError('deep');
    const error = new HaloweaveError('truncated', 'what happened', { rank: 3, tag: 4 }, { cause });
    const s = serialiseError(error);
    expect(s).toMatchObject({
      name: 'HaloweaveError',
      message: 'what happened',
      code: 'truncated',
      place: { rank: 3, tag: 4 },
      aborted: false,
    });
    expect(s.stack).toContain('codec.test.ts');
    expect(s.stack).toContain('caused by RangeError: deep');
    expect(structuredClone(s)).toEqual(s);
  });

  it('have no code of ours when they are not ours', () => {
    const error = Object.assign(new Error('no such file'), { code: 'ENOENT', place: () => 1 });
    expect(serialiseError(error)).toMatchObject({ code: null, place: {}, aborted: false });
    expect(serialiseError(Object.assign(new Error('mine'), { code: 'aborted' })).aborted).toBe(false);
    expect(serialiseError(new HaloweaveError('aborted', 'x')).aborted).toBe(true);
  });

  it('say what was thrown when it was no error', () => {
    for (const value of ['text', 7, null, undefined])
      expect(serialiseError(value).message).toContain(String(value));
  });

  it('refuses a function anywhere in a structure', () => {
    expect(() => encode({ list: [1, () => 2] })).toThrow(/a function cannot be sent/);
    const shared = { a: 1 };
    expect(decode(encode([shared, shared]))).toEqual([{ a: 1 }, { a: 1 }]);
  });
});
