import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HaloweaveError } from '../../../core/base/errors.js';
import { ExactSum } from '../../../core/base/exact-sum.js';
import * as cell from '../../../core/wire/cell.js';
import { decode, encode } from '../../../core/wire/codec.js';
import { serialiseError } from '../../../core/wire/host-messages.js';
import { MAX_TAG } from '../../../core/wire/tags.js';

/** Left and right by turns. */
let turn = 0;
const k0 = (_: unknown[]): number => turn++ % 2;

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
      // __proto__ becomes another name: see below.
      key: fc.string().filter((k) => k !== '__proto__'),
      values: [
        fc.boolean(),
        fc.integer(),
        fc.double(),
        fc.constant(-0),
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

  it('keeps −0 at any depth, in whatever holds it', () => {
    const inner = { z: -0, list: [0, -0, 1, [-0]] };
    const values: unknown[] = [
      [-0],
      { a: { b: { c: -0 } } },
      [inner, inner],
      new Map<unknown, unknown>([
        ['a', -0],
        [inner, [-0]],
        [[-0], 0],
      ]),
      new Set([inner, [-0]]),
      { 'a.b': [{ '': -0 }], '0': -0 },
      Array.from({ length: 50_000 }, (_, k) => (k % 1000 === 7 ? -0 : 0)),
      Array.from({ length: 40_000 }, (_, k) => ({ x: k, y: k === 39_999 ? -0 : 0 })),
    ];
    for (const v of values) expect(isDeepStrictEqual(roundTrip(v), v)).toBe(true);
    const [first, second] = roundTrip([inner, inner]) as unknown[];
    expect(first).toBe(second);
    const key = roundTrip(JSON.parse('{"__proto__": [0]}', (_, x) => (x === 0 ? -0 : x))) as object;
    expect(Object.values(key)).toEqual([[-0]]);
  });

  it('keeps −0 in what refers to itself, and is not led astray by what refers often to the same', () => {
    const ring: { next?: unknown; z: number; all: unknown[] } = { z: -0, all: [] };
    ring.next = { back: ring, z: 0 };
    ring.all.push(ring, ring.next, -0);
    const got = roundTrip(ring) as typeof ring;
    expect([Object.is(got.z, -0), Object.is(got.all[2], -0)]).toEqual([true, true]);
    expect([(got.next as { back: unknown }).back, got.all[0], got.all[1]]).toEqual([got, got, got.next]);
    // 2^60 ways lead to the innermost.
    let twice: unknown = { z: -0 };
    for (let k = 0; k < 60; k++) twice = [twice, twice];
    let deep = roundTrip(twice);
    while (Array.isArray(deep)) deep = deep[k0(deep)];
    expect(Object.is((deep as { z: number }).z, -0)).toBe(true);
  });

  it('refuses places of −0 that a value does not have, and reaches nothing inherited', () => {
    const signed = (places: unknown, value: unknown): Uint8Array =>
      // Extension 2, one byte of filler, then places and value.
      Uint8Array.of(0xd4, 2, 0, ...encode([places, value]));
    expect(decode(signed([['a']], { a: 0 }))).toEqual({ a: -0 });
    for (const [places, value] of [
      [[['b']], { a: 0 }],
      [[['a']], { a: 1 }],
      [[['a']], { a: null }],
      [[['__proto__', 'polluted']], {}],
      [[['constructor', 'length']], [0]],
      [[[]], 0],
      [[[0]], 0],
      [[[0, 0]], [Float64Array.of(0)]],
      [[[5]], new Map([[1, 0]])],
      [[[0]], new Map([[0, 0]])],
      [[[0]], new Set([0])],
      [[[1]], new Set([0])],
      ['a', { a: 0 }],
      [['a'], { a: 0 }],
      [null, null],
    ])
      expect(() => decode(signed(places, value)), JSON.stringify(places)).toThrow(
        /names a −0 where it has no zero/,
      );
    expect(() => decode(Uint8Array.of(0xd4, 2, 0, 7))).toThrow(/names a −0/);
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
