import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ExactSum } from '../../../../core/base/exact-sum.js';
import type { Operation } from '../../../../core/comm/operation.js';
import * as all from '../../../../core/comm/operations/all.js';
import { BuiltinOperation } from '../../../../core/comm/operations/builtin.js';
import { operationOf } from '../../../../core/comm/operations/public.js';
import { UserOperation } from '../../../../core/comm/operations/user.js';
import { DTYPES, type DType, type TypedArray } from '../../../../core/memory/dtype.js';
import { type NdArray, ndarray } from '../../../../core/memory/ndarray.js';
import { foldTree } from '../../../../core/topology/tree.js';
import { bytesOf, pattern } from '../../../support/values.js';

const operations = (Object.values(all) as unknown[]).filter(
  (x): x is BuiltinOperation => x instanceof BuiltinOperation,
);
const codes = operations.map((op) => op.code);

/** What a value is, to the bit. */
function bits(value: unknown): unknown {
  if (ArrayBuffer.isView(value)) return [value.constructor.name, ...bytesOf(value)];
  if (value instanceof ExactSum) {
    const words = new Int32Array(ExactSum.WORDS);
    value.write(words, 0);
    return bits(words);
  }
  if (typeof value === 'number') return bits(Float64Array.of(value));
  const nd = value as NdArray;
  if (typeof value === 'object' && nd.shape) return [nd.shape, bits(nd.data)];
  return value;
}

/** As ranks do it that send partials to each other: through their bytes, where these are arrays. */
const travel = (partial: unknown): unknown =>
  ArrayBuffer.isView(partial) ? (partial as TypedArray).slice() : partial;
const byPartials = (op: Operation, values: readonly unknown[]): unknown =>
  op.result(
    foldTree(
      values.length,
      (r) => travel(op.partial(values[r])),
      (a, b) => op.combine(a, b),
    ),
  );

const wild = fc.oneof(
  fc.double(),
  fc.constantFrom(
    0,
    -0,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    5e-324,
    1e308,
    -1e308,
  ),
);
const count = fc.integer({ min: 1, max: 9 });

/** One operand a rank, of a form that the operation takes. */
function operandsFor(op: BuiltinOperation): fc.Arbitrary<unknown[]> {
  const arrays = fc
    .tuple(count, fc.constantFrom(...DTYPES.map((d) => d.name)), fc.nat(5), fc.nat(100), fc.boolean())
    .map(([n, dtype, length, seed, nd]) => {
      const name = op.name.startsWith('bitwise') && dtype.startsWith('f') ? ('i32' as DType) : dtype;
      return Array.from({ length: n }, (_, r) => {
        const a = pattern(name, length, seed + r);
        return nd ? ndarray(a, [length, 1]) : a;
      });
    });
  const floats = fc
    .tuple(
      fc.constantFrom(Float32Array, Float64Array),
      fc.array(fc.array(wild, { minLength: 3, maxLength: 3 }), { minLength: 1, maxLength: 9 }),
    )
    .map(([make, rows]) => rows.map((row) => make.from(row)));
  const list = <T>(of: fc.Arbitrary<T>) => fc.array(of, { minLength: 1, maxLength: 9 });
  if (op === all.DOT)
    return list(fc.array(fc.tuple(wild, wild), { maxLength: 4 })).map((rows) =>
      rows.map((row) => [Float64Array.from(row, (x) => x[0]), Float64Array.from(row, (x) => x[1])]),
    );
  if (op === all.MIN_LOCATION || op === all.MAX_LOCATION)
    return list(fc.record({ value: wild, location: fc.integer({ min: -3, max: 3 }) }));
  if (op.name.startsWith('bitwise')) return fc.oneof(list(fc.maxSafeInteger()), list(fc.bigInt()), arrays);
  if (op.name.startsWith('logical')) return fc.oneof(list(fc.boolean()), list(wild), arrays, floats);
  const sums = list(fc.array(wild, { maxLength: 3 })).map((rows) =>
    rows.map((row) => {
      const s = new ExactSum();
      for (const x of row) s.add(x);
      return s;
    }),
  );
  return op === all.SUM ? fc.oneof(list(wild), arrays, floats, sums) : fc.oneof(list(wild), arrays, floats);
}

describe.each(operations)('$name', (op) => {
  it('by partials gives the bits of fold', () => {
    fc.assert(
      fc.property(operandsFor(op), (values) => {
        const before = values.map((v) => bits(v));
        for (const v of values) op.check(v, 'allreduce');
        expect(bits(byPartials(op, values))).toEqual(bits(op.fold(values)));
        expect(values.map((v) => bits(v))).toEqual(before);
      }),
      { numRuns: 300 },
    );
  });

  it(
    op.anyOrder ? 'gives the same bits in every order and bracket' : 'gives the bits of its prefix bracket',
    () => {
      fc.assert(
        fc.property(operandsFor(op), fc.infiniteStream(fc.nat()), (values, choices) => {
          if (op.anyOrder) {
            const left = values.map((v) => op.partial(v));
            while (left.length > 1) {
              const [a] = left.splice(choices.next().value % left.length, 1);
              const k = choices.next().value % left.length;
              left[k] = op.combine(a, left[k]);
            }
            expect(bits(op.result(left[0]))).toEqual(bits(op.fold(values)));
          }
          let have = values.map((v) => op.partial(v));
          for (let step = 1; step < have.length && !op.anyOrder; step *= 2) {
            const old = have;
            have = old.map((v, r) => (r >= step ? op.combine(op.partial(old[r - step]), v) : v));
          }
          have.forEach((p, r) => {
            const want = op.anyOrder ? op.fold(values.slice(0, r + 1)) : op.result(p);
            expect(bits(op.prefix(values, r))).toEqual(bits(want));
          });
        }),
        { numRuns: 200 },
      );
    },
  );

  it('has a code and a name of its own', () => {
    expect(codes.filter((c) => c === op.code)).toEqual([op.code]);
    expect(op.code).toBeGreaterThan(0);
    expect(op.code).toBeLessThan(64);
    expect(all.operationName(op.code)).toBe(op.name);
    expect(operationOf({ reduction: op.name }, 'allreduce')).toBe(op);
  });

  it('refuses what it has no meaning for, and names it', () => {
    for (const [value, what] of [
      ['text', 'a value of type string'],
      [null, 'null'],
      [[1, 2], 'a value of type object'],
    ] as const)
      expect(() => op.check(value, 'scan')).toThrow(
        new RegExp(`^scan with ${op.name.replace('.', '\\.')} takes .*, not ${what}: pass a function`),
      );
  });
});

describe('special values', () => {
  const {
    SUM,
    SUM_FAST,
    MIN,
    MAX,
    PRODUCT,
    MIN_LOCATION,
    MAX_LOCATION,
    LOGICAL_AND,
    BITWISE_AND,
    BITWISE_XOR,
  } = all;

  it('NaN is canonical whatever its bits were, −0 is told from 0', () => {
    const odd = new Float64Array(new BigUint64Array([0xfff8_0000_0000_0123n]).buffer);
    for (const op of [SUM, SUM_FAST, MIN, MAX, PRODUCT]) {
      expect(bits(op.fold([odd]))).toEqual(bits(Float64Array.of(Number.NaN)));
      expect(bits(op.result(op.partial(odd)))).toEqual(bits(Float64Array.of(Number.NaN)));
      expect(bits(op.fold([1, odd[0]]))).toEqual(bits(Number.NaN));
    }
    expect(MIN.fold([0, -0])).toBe(-0);
    expect(MAX.fold([-0, 0])).toBe(0);
    expect(SUM.fold([-0, -0])).toBe(0);
    expect(SUM.fold([-0])).toBe(0);
    expect(SUM_FAST.fold([-0, -0])).toBe(-0);
    expect(LOGICAL_AND.fold([Number.NaN, 1])).toBe(1);
    expect(LOGICAL_AND.fold([-0, 1])).toBe(0);
  });

  it('f32 sums are rounded once', () => {
    const xs = [1, 2 ** -24, 2 ** -60].map((x) => Float32Array.of(x));
    expect(SUM.fold(xs)).toEqual(Float32Array.of(1 + 2 ** -23));
    expect(byPartials(SUM, xs)).toEqual(Float32Array.of(1 + 2 ** -23));
    expect(Math.fround(SUM.fold(xs.map((x) => x[0])) as number)).toBe(1);
    // sum.fast rounds to f32 at every step: 1 + 2^−24 is 1 again.
    expect(SUM_FAST.fold([...xs, Float32Array.of(2 ** -24)])).toEqual(Float32Array.of(1));
  });

  it('64-bit integers keep all their bits and wrap', () => {
    const top = 2n ** 63n - 1n;
    expect(SUM.fold([BigInt64Array.of(top), BigInt64Array.of(2n)])).toEqual(
      BigInt64Array.of(-(2n ** 63n) + 1n),
    );
    expect(PRODUCT.fold([BigUint64Array.of(2n ** 40n + 1n), BigUint64Array.of(2n ** 40n)])).toEqual(
      BigUint64Array.of(2n ** 40n),
    );
    expect(BITWISE_AND.fold([BigInt64Array.of(-1n), BigInt64Array.of(top)])).toEqual(BigInt64Array.of(top));
    expect(BITWISE_XOR.fold([2n ** 100n, 1n])).toBe(2n ** 100n + 1n);
    expect(MIN.fold([BigUint64Array.of(2n ** 63n), BigUint64Array.of(1n)])).toEqual(BigUint64Array.of(1n));
  });

  it('whole numbers beyond 32 bits have the bits of their value', () => {
    expect(BITWISE_AND.fold([0xffff_ffff, 0xffff_ffff])).toBe(0xffff_ffff);
    expect(BITWISE_AND.fold([-1, 2 ** 52 + 1])).toBe(2 ** 52 + 1);
    expect(BITWISE_XOR.fold([2 ** 40, 1])).toBe(2 ** 40 + 1);
  });

  it('locations: NaN first, then the value, then the lower location', () => {
    const at = (value: number, location: number) => ({ value, location });
    expect(MIN_LOCATION.fold([at(1, 5), at(1, 2), at(2, 0)])).toEqual(at(1, 2));
    expect(MAX_LOCATION.fold([at(1, 5), at(2, 7), at(2, 3)])).toEqual(at(2, 3));
    expect(MIN_LOCATION.fold([at(0, 0), at(-0, 9)])).toEqual(at(-0, 9));
    expect(MAX_LOCATION.fold([at(-0, 0), at(0, 9)])).toEqual(at(0, 9));
    for (const op of [MIN_LOCATION, MAX_LOCATION])
      expect(op.fold([at(1, 0), at(Number.NaN, 4), at(Number.NaN, 3)])).toEqual(at(Number.NaN, 3));
  });
});

describe('a user’s function', () => {
  const nested = new UserOperation((a, b) => `(${a}${b})`);

  it('gets its operands in the canonical brackets', () => {
    expect(nested.fold([...'abcdefg'])).toBe('((a((bc)d))((ef)g))');
    expect(byPartials(nested, [...'abcdefg'])).toBe('((a((bc)d))((ef)g))');
    expect(nested.prefix([...'abcdefg'], 4)).toBe('(a((bc)(de)))');
  });

  it('is not called for one operand', () => {
    const never = new UserOperation(() => {
      throw new Error('called');
    });
    expect(never.fold(['a'])).toBe('a');
    expect(never.prefix(['a', 'b'], 0)).toBe('a');
  });
});

describe('partials of different forms', () => {
  it('cannot be combined, and say what they are', () => {
    const combine = (op: Operation, a: unknown, b: unknown) => () => op.combine(op.partial(a), op.partial(b));
    expect(combine(all.SUM, new Float64Array(4), new Float64Array(5))).toThrow(
      'sum cannot combine an array of 4 f64 with an array of 5 f64; all ranks must pass values of one form',
    );
    expect(combine(all.SUM, new Int8Array(4), 1)).toThrow(
      'sum cannot combine an array of 4 i8 with a number',
    );
    expect(combine(all.SUM, new ExactSum(), 1)).toThrow('sum cannot combine an ExactSum with a number');
    expect(combine(all.MAX, ndarray(new Int8Array(6), [2, 3]), ndarray(new Int8Array(6), [3, 2]))).toThrow(
      'max cannot combine an ndarray of shape [2, 3] of i8 with an ndarray of shape [3, 2] of i8',
    );
    expect(combine(all.MIN, 1, Float64Array.of(1))).toThrow(
      'min cannot combine a number with an array of 1 f64',
    );
  });
});
