import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HaloweaveError } from '../../../core/base/errors.js';
import { type FieldKey, type StateArray, StateHash } from '../../../core/base/state-hash.js';

const u = StateHash.fieldKey('u');
const v = StateHash.fieldKey('v');

function hashOf(entries: [FieldKey, number, number][]): string {
  const hash = new StateHash();
  for (const [key, index, value] of entries) hash.add(key, index, value);
  return hash.hex();
}

function rowOf(values: StateArray, key = u, firstIndex = 0): string {
  const hash = new StateHash();
  hash.addRow(key, firstIndex, values, 0, values.length, 1);
  return hash.hex();
}

/** A NaN with a payload, made as bits because arithmetic may or may not keep one. */
function nan(high: number, low: number): Float64Array {
  return new Float64Array(Uint32Array.of(low, high, low, high).buffer);
}

const entry = fc.tuple(
  fc.constantFrom(u, v),
  fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
  fc.double(),
);

describe('StateHash is a sum', () => {
  it('of any order and any split, merged as objects or as words', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(entry, fc.nat(2), fc.nat())), (plan) => {
        const whole = hashOf(plan.map(([e]) => e));
        const parts = [new StateHash(), new StateHash(), new StateHash()];
        for (const [e, part] of [...plan].sort((a, b) => a[2] - b[2])) parts[part].add(...e);
        const total = new StateHash();
        total.merge(parts[1]);
        const words = new Int32Array(6).fill(5);
        parts[0].writeWords(words, 1);
        total.mergeWords(words, 1);
        expect([words[0], words[5]]).toEqual([5, 5]);
        total.mergeWords(parts[2].words(), 0);
        expect(total.hex()).toBe(whole);
      }),
    );
  });

  it('modulo 2^128: merging carries from word to word and drops the last', () => {
    fc.assert(
      fc.property(fc.array(fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }), { maxLength: 20 }), (numbers) => {
        const hash = new StateHash();
        for (const number of numbers) {
          const words = Uint32Array.from([0n, 32n, 64n, 96n], (bits) =>
            Number((number >> bits) & 0xffffffffn),
          );
          hash.mergeWords(words, 0);
        }
        const sum = BigInt.asUintN(
          128,
          numbers.reduce((s, x) => s + x, 0n),
        );
        expect(hash.hex()).toBe(sum.toString(16).padStart(32, '0'));
      }),
    );
  });

  it('whose words stay exact past the bound of the uncarried digits', () => {
    const hash = new StateHash();
    const ones = new Int32Array(4).fill(-1);
    const times = 2 ** 21 + 5;
    for (let i = 0; i < times; i++) hash.mergeWords(ones, 0);
    expect(hash.hex()).toBe(BigInt.asUintN(128, BigInt(-times)).toString(16));
  });

  it('that merge reads without changing, and doubles with itself', () => {
    const hash = new StateHash();
    hash.add(u, 3, 4);
    const once = hash.hex();
    new StateHash().merge(hash);
    expect(hash.hex()).toBe(once);
    hash.merge(hash);
    expect(hash.hex()).toBe(
      hashOf([
        [u, 3, 4],
        [u, 3, 4],
      ]),
    );
    expect(new StateHash().hex()).toBe('0'.repeat(32));
  });
});

describe('StateHash sees', () => {
  it('field name, index and value', () => {
    const base = hashOf([[u, 1, 2]]);
    expect(hashOf([[v, 1, 2]])).not.toBe(base);
    expect(hashOf([[u, 2, 2]])).not.toBe(base);
    expect(hashOf([[u, 1, 3]])).not.toBe(base);
    expect(hashOf([[u, 2, 1]])).not.toBe(base);
    expect(hashOf([[u, 1 + 2 ** 32, 2]])).not.toBe(base);
    expect(hashOf([[u, Number.MAX_SAFE_INTEGER, 2]])).not.toBe(hashOf([[u, Number.MAX_SAFE_INTEGER - 1, 2]]));
  });

  it('two values that changed places, in a field or between fields', () => {
    expect(rowOf(Float64Array.of(1, 2))).not.toBe(rowOf(Float64Array.of(2, 1)));
    const one = hashOf([
      [u, 0, 1],
      [v, 0, 2],
    ]);
    const other = hashOf([
      [u, 0, 2],
      [v, 0, 1],
    ]);
    expect(one).not.toBe(other);
  });

  it('the sign of zero, but not the payload or sign of NaN', () => {
    expect(hashOf([[u, 0, -0]])).not.toBe(hashOf([[u, 0, 0]]));
    const canonical = rowOf(Float64Array.of(NaN, NaN));
    expect(rowOf(nan(0x7ff80000, 0))).toBe(canonical);
    expect(rowOf(nan(0xfff80000, 0))).toBe(canonical);
    expect(rowOf(nan(0x7ff00000, 1))).toBe(canonical);
    expect(rowOf(nan(0x7fffffff, 0xffffffff))).toBe(canonical);
    expect(rowOf(Float64Array.of(Infinity, Infinity))).not.toBe(canonical);
  });

  it('every one of 120,000 small inputs apart', () => {
    const seen = new Set<string>();
    for (const key of [u, v, StateHash.fieldKey('')]) {
      for (let index = 0; index < 200; index++) {
        for (let value = -100; value < 100; value++) seen.add(hashOf([[key, index, value / 4]]));
      }
    }
    expect(seen.size).toBe(120000);
  });

  it('names apart: prefixes, lengths, padding, block boundaries, other scripts', () => {
    const long = 'abcdefghijklmnop';
    const names = [
      '',
      '\0',
      '\0\0',
      'u',
      'u\0',
      'U',
      'uu',
      'é',
      'e\u0301',
      '温度',
      '🌡',
      long,
      long + '\0',
      long + long,
    ];
    names.push(long.slice(0, 15), 'abcdefghijklmnoq', long + 'x');
    const keys = new Set(names.map((name) => StateHash.fieldKey(name).words.join()));
    expect(keys.size).toBe(names.length);
    expect(StateHash.fieldKey('u').words).toEqual(u.words);
  });
});

describe('StateHash mixes', () => {
  const popcount = (a: Uint32Array, b: Uint32Array) => {
    let bits = 0;
    for (let i = 0; i < 4; i++) {
      for (let x = (a[i] ^ b[i]) >>> 0; x !== 0; x = (x & (x - 1)) >>> 0) bits++;
    }
    return bits;
  };
  const single = (index: number, low: number, high: number) => {
    const hash = new StateHash();
    // As 64-bit integers, which hash by their bits: doubles would make some flips NaN.
    hash.addRow(u, index, new BigInt64Array(Uint32Array.of(low, high).buffer), 0, 1, 1);
    return hash.words();
  };

  it('a flipped bit of index or value flips half of the 128 output bits', () => {
    const samples = 40;
    let all = 0;
    for (let bit = 0; bit < 53 + 64; bit++) {
      let flipped = 0;
      for (let s = 0; s < samples; s++) {
        const index = s * 4099;
        const low = Math.imul(s, 0x9e3779b1) >>> 0;
        const high = 0x3ff00000 + s;
        const before = single(index, low, high);
        const valueBit = bit - 53;
        const after =
          bit < 53
            ? single(Number(BigInt(index) ^ (1n << BigInt(bit))), low, high)
            : valueBit < 32
              ? single(index, (low ^ (1 << valueBit)) >>> 0, high)
              : single(index, low, (high ^ (1 << (valueBit - 32))) >>> 0);
        flipped += popcount(before, after);
      }
      // Deviation of one count is √32 = 5.7, of this mean 0.9; five of them.
      expect(Math.abs(flipped / samples - 64)).toBeLessThan(4.5);
      all += flipped / samples;
    }
    expect(Math.abs(all / 117 - 64)).toBeLessThan(0.5);
  });
});

describe('StateHash.addRow', () => {
  it('equals add on each, for any start, stride and index stride', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double(), { minLength: 1, maxLength: 60 }),
        fc.nat(59),
        fc.integer({ min: -7, max: 7 }),
        fc.integer({ min: -9, max: 9 }),
        fc.integer({ min: 600, max: 2 ** 40 }),
        (values, startAny, stride, indexStride, first) => {
          const start = startAny % values.length;
          const entries: [FieldKey, number, number][] = [];
          let at = start;
          for (let j = 0; at >= 0 && at < values.length && j < 60; j++, at += stride) {
            entries.push([u, first + j * indexStride, values[at]]);
          }
          const hash = new StateHash();
          hash.addRow(u, first, Float64Array.from(values), start, entries.length, stride, indexStride);
          expect(hash.hex()).toBe(hashOf(entries));
        },
      ),
    );
  });

  it('hashes narrow dtypes as the double of the same value', () => {
    const small = Array.from({ length: 600 }, (_, i) => i % 128);
    const expected = rowOf(Float64Array.from(small), u, 7);
    for (const type of [Float32Array, Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array]) {
      expect(rowOf(type.from(small), u, 7)).toBe(expected);
    }
    for (const type of [Int32Array, Uint32Array]) expect(rowOf(type.from(small), u, 7)).toBe(expected);
    expect(rowOf(Int32Array.of(-5))).toBe(rowOf(Float64Array.of(-5)));
    expect(rowOf(Uint32Array.of(4294967295))).toBe(rowOf(Float64Array.of(4294967295)));
    expect(rowOf(Float32Array.of(0.1))).toBe(rowOf(Float64Array.of(Math.fround(0.1))));
  });

  it('hashes 64-bit integers by all their bits, and unlike doubles', () => {
    const base = rowOf(BigInt64Array.of(2n ** 53n));
    expect(rowOf(BigInt64Array.of(2n ** 53n + 1n))).not.toBe(base);
    expect(rowOf(Float64Array.of(2 ** 53))).not.toBe(base);
    expect(rowOf(BigInt64Array.of(-1n))).toBe(rowOf(BigUint64Array.of(2n ** 64n - 1n)));
    const bitsOfOne = new BigInt64Array(Float64Array.of(1).buffer);
    expect(rowOf(bitsOfOne)).not.toBe(rowOf(Float64Array.of(1)));
    const padded = BigInt64Array.of(9n, 8n, 7n, 6n, 5n).subarray(1);
    const hash = new StateHash();
    hash.addRow(u, 10, padded, 0, 2, 2, 3);
    const other = new StateHash();
    other.addRow(u, 10, BigInt64Array.of(8n), 0, 1, 1);
    other.addRow(u, 13, BigInt64Array.of(6n), 0, 1, 1);
    expect(hash.hex()).toBe(other.hex());
  });

  it('reads shared memory, and nothing for an empty row', () => {
    const shared = new Float64Array(new SharedArrayBuffer(32));
    shared.set([1, 2, 3, 4]);
    expect(rowOf(shared)).toBe(rowOf(Float64Array.of(1, 2, 3, 4)));
    expect(rowOf(new Float64Array(0))).toBe('0'.repeat(32));
  });

  it('refuses rows outside the values and indices that are not exact', () => {
    const hash = new StateHash();
    const four = new Float64Array(4);
    const rows: [number, number, number][] = [
      [0, 5, 1],
      [3, 2, 1],
      [-1, 2, 1],
      [1, 3, -1],
      [0, 3, 2],
      [0, -1, 1],
      [0.5, 1, 1],
      [0, 1.5, 1],
      [0, NaN, 1],
    ];
    for (const [start, count, stride] of rows) {
      expect(() => hash.addRow(u, 0, four, start, count, stride)).toThrow(HaloweaveError);
    }
    expect(() => hash.addRow(u, 2 ** 53 - 2, four, 0, 4, 1)).toThrow(/indices/);
    expect(() => hash.addRow(u, 2, four, 0, 4, 1, -1)).toThrow(/indices/);
    for (const index of [-1, 0.5, NaN, 2 ** 53]) {
      expect(() => hash.add(u, index, 1)).toThrow(HaloweaveError);
    }
    expect(() => hash.writeWords(new Uint32Array(4), 1)).toThrow(HaloweaveError);
    expect(() => hash.mergeWords(new Uint32Array(4), -1)).toThrow(HaloweaveError);
    expect(hash.hex()).toBe('0'.repeat(32));
  });
});

// The values come from a separate program with unlimited integers, written from the docstrings.
describe('StateHash is frozen: changing these values changes every hash ever printed', () => {
  it('keys', () => {
    expect([...u.words].map((word) => word.toString(16))).toEqual([
      '7f57b4a1',
      'cebb93d7',
      'b686c608',
      'bb477271',
    ]);
    expect([...StateHash.fieldKey('temperature of the plate').words].map((w) => w.toString(16))).toEqual([
      '1c28bfed',
      '9b7271d',
      '2c94a777',
      '8fa32fb8',
    ]);
  });

  it('hashes', () => {
    const hash = new StateHash();
    hash.addRow(u, 0, Float64Array.of(0, -0, 1, 0.1, NaN, Infinity, 5e-324), 0, 7, 1);
    hash.add(v, 2 ** 40 + 3, -1.5);
    expect(hash.hex()).toBe('7e6b256ef20613235490a7d113efd886');
    expect(
      [...hash.words()]
        .map((word) => word.toString(16).padStart(8, '0'))
        .reverse()
        .join(''),
    ).toBe(hash.hex());
    hash.addRow(v, 5, BigInt64Array.of(-1n, 2n), 0, 2, 1);
    expect(hash.hex()).toBe('a7584dcab390e6ea58a4258e4ea19aa3');
  });
});
