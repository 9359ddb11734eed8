import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HaloweaveError } from '../../../core/base/errors.js';
import { ExactSum } from '../../../core/base/exact-sum.js';
import { addExactWords } from '../../../core/base/exact-words.js';

const view = new DataView(new ArrayBuffer(8));

/** A finite double as an integer number of 2^−1074. */
function toUnits(x: number): bigint {
  view.setFloat64(0, x);
  const bits = view.getBigUint64(0);
  const exponent = (bits >> 52n) & 0x7ffn;
  const fraction = bits & 0xfffffffffffffn;
  const size = exponent === 0n ? fraction : (fraction | (1n << 52n)) << (exponent - 1n);
  return bits >> 63n ? -size : size;
}

/** Nearest double, ties to even, found by comparing with both neighbours. */
function fromUnits(units: bigint): number {
  if (units === 0n) return 0;
  const size = units < 0n ? -units : units;
  const length = BigInt(size.toString(2).length);
  const drop = length > 53n ? length - 53n : 0n;
  let kept = size >> drop;
  const twiceRest = (size - (kept << drop)) * 2n;
  const unit = 1n << drop;
  if (twiceRest > unit || (twiceRest === unit && kept % 2n === 1n)) kept += 1n;
  // The bits of a double count upwards through the exponents: a carry out of the significand is right.
  const bits = (drop << 52n) + kept;
  if (bits >= 0x7ffn << 52n) return units < 0n ? -Infinity : Infinity;
  view.setBigUint64(0, bits);
  const x = view.getFloat64(0);
  return units < 0n ? -x : x;
}

const reference = (xs: number[]) => fromUnits(xs.reduce((sum, x) => sum + toUnits(x), 0n));

/** Nearest single-precision number, ties to even, found by comparing with both neighbours. */
function fromUnitsF32(units: bigint): number {
  const size = units < 0n ? -units : units;
  const length = BigInt(size.toString(2).length);
  // The smallest single-precision number is 2^−149.
  const least = 1074n - 149n;
  const drop = length - 24n > least ? length - 24n : least;
  let kept = size >> drop;
  const twiceRest = (size - (kept << drop)) * 2n;
  const unit = 1n << drop;
  if (twiceRest > unit || (twiceRest === unit && kept % 2n === 1n)) kept += 1n;
  const rounded = kept << drop;
  const x = rounded >= 1n << (1074n + 128n) ? Infinity : fromUnits(rounded);
  return units < 0n && x !== 0 ? -x : x;
}

function sumOf(xs: number[]): ExactSum {
  const sum = new ExactSum();
  for (const x of xs) sum.add(x);
  return sum;
}

function rangeOf(xs: number[]): ExactSum {
  const sum = new ExactSum();
  sum.addRange(Float64Array.from(xs), 0, xs.length);
  return sum;
}

function wordsOf(sum: ExactSum): Int32Array {
  const words = new Int32Array(ExactSum.WORDS);
  sum.write(words, 0);
  return words;
}

/** The limbs as one two's-complement integer. */
function integerOf(words: Int32Array, at = 0): bigint {
  let integer = 0n;
  for (let i = ExactSum.WORDS - 2; i >= 0; i--) integer = (integer << 32n) | BigInt(words[at + i] >>> 0);
  return BigInt.asIntN(32 * (ExactSum.WORDS - 1), integer);
}

/** The same numbers on every run. */
function* lcg(seed: number): Generator<number, never> {
  let state = BigInt(seed);
  for (;;) {
    state = (state * 6364136223846793005n + 1442695040888963407n) & 0xffffffffffffffffn;
    yield Number(state >> 33n);
  }
}

const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
/** Every exponent equally likely, which fc.double does not promise. */
const anyExponent = fc
  .tuple(fc.integer({ min: 0, max: 2046 }), fc.boolean(), fc.bigInt({ min: 0n, max: 2n ** 52n - 1n }))
  .map(([exponent, negative, fraction]) => {
    view.setBigUint64(0, (BigInt(negative) << 63n) | (BigInt(exponent) << 52n) | fraction);
    return view.getFloat64(0);
  });
const subnormal = fc.integer({ min: -(2 ** 30), max: 2 ** 30 }).map((n) => n * Number.MIN_VALUE);
const near = fc.double({ min: -2, max: 2, noNaN: true });
const terms = fc.oneof(
  fc.array(finite, { maxLength: 40 }),
  fc.array(anyExponent, { maxLength: 40 }),
  fc.array(subnormal, { maxLength: 20 }),
  fc.array(near, { maxLength: 80 }),
  // Cancellation: all but a few of the terms come with their opposites.
  fc
    .tuple(fc.array(anyExponent, { maxLength: 20 }), fc.array(finite, { maxLength: 3 }))
    .map(([a, b]) => [...a, ...b, ...a.map((x) => -x).reverse()]),
);

describe('ExactSum against integers of unlimited size', () => {
  it('has a reference that returns every double unchanged', () => {
    fc.assert(
      fc.property(fc.oneof(finite, anyExponent), (x) => {
        expect(fromUnits(toUnits(x))).toBe(x + 0);
      }),
    );
  });

  it('add', () => {
    fc.assert(
      fc.property(terms, (xs) => {
        expect(sumOf(xs).value()).toBe(reference(xs));
      }),
      { numRuns: 400 },
    );
  });

  it('addRange, and it is the same exact sum, not only the same rounded one', () => {
    fc.assert(
      fc.property(terms, (xs) => {
        const sum = rangeOf(xs);
        expect(sum.value()).toBe(reference(xs));
        expect(wordsOf(sum)).toEqual(wordsOf(sumOf(xs)));
      }),
      { numRuns: 400 },
    );
  });

  it('addRange over many blocks whose magnitude jumps', () => {
    const random = lcg(5);
    for (const spread of [0, 20, 33, 34, 35, 60, 400]) {
      const xs: number[] = [];
      for (let i = 0; i < 6000; i++) {
        const block = Math.floor(i / 1500);
        const scale = 2 ** ((block - 2) * 250 - (spread ? random.next().value % (spread + 1) : 0));
        const significand = 1 + (random.next().value * 2 ** 21 + (random.next().value >>> 10)) / 2 ** 52;
        xs.push((random.next().value % 2 ? -1 : 1) * significand * scale);
      }
      const sum = rangeOf(xs);
      expect(sum.value()).toBe(reference(xs));
      expect(wordsOf(sum)).toEqual(wordsOf(sumOf(xs)));
    }
  });

  it('addRange at both ends of the range of doubles', () => {
    const random = lcg(6);
    for (const scale of [Number.MIN_VALUE * 4, 2 ** -1060, 2 ** -1022, 2 ** -990, 2 ** 985, 2 ** 990]) {
      const xs = Array.from({ length: 3000 }, () => (random.next().value - 2 ** 30) * scale);
      expect(rangeOf(xs).value()).toBe(reference(xs));
    }
    const largest = new Array<number>(1500).fill(Number.MAX_VALUE);
    expect(rangeOf(largest).value()).toBe(Infinity);
    expect(rangeOf([...largest, ...largest.map((x) => -x), 3]).value()).toBe(3);
  });

  it('addRange fills the grids of its window to the last bit', () => {
    // 1024 elements of one sign at the limit of the coarse grid, then of the fine one, with the last bit
    // above, on and below the grid: the largest plain sums, which a wider window would round.
    for (let last = 38; last <= 53; last++) {
      const ones = new Array<number>(2048).fill(1 - 2 ** -last);
      expect(wordsOf(rangeOf(ones))).toEqual(wordsOf(sumOf(ones)));
      const fine = new Array<number>(2048).fill(2 ** -43 * (1 - 2 ** -last));
      fine[0] = 0.75;
      expect(wordsOf(rangeOf(fine))).toEqual(wordsOf(sumOf(fine)));
    }
  });

  it('takes only the range asked for, from shared memory too', () => {
    const shared = new Float64Array(new SharedArrayBuffer(80));
    for (let i = 0; i < 10; i++) shared[i] = 10 ** i;
    const sum = new ExactSum();
    sum.addRange(shared, 2, 3);
    expect(sum.value()).toBe(11100);
    sum.addRange(shared, 10, 0);
    expect(sum.value()).toBe(11100);
    for (const [start, count] of [
      [-1, 2],
      [8, 3],
      [0, -1],
      [0, Number.NaN],
    ]) {
      expect(() => sum.addRange(shared, start, count)).toThrow(HaloweaveError);
    }
  });

  it('survives the flush of its bins: 2^21 + 3 additions of awkward numbers', () => {
    const sum = new ExactSum();
    const count = 2 ** 21 + 3;
    const x = 2 - 2 ** -52; // all bits of the significand set, so the bins grow as fast as they can
    for (let i = 0; i < count; i++) sum.add(x);
    expect(sum.value()).toBe(fromUnits(toUnits(x) * BigInt(count)));
    for (let i = 0; i < count; i++) sum.add(-x);
    expect(sum.value()).toBe(0);
  });

  it('survives the carry bound of its limbs: 2^22 + 1 merges without a read', () => {
    const part = sumOf([2 ** 128 * Number.MIN_VALUE, -Number.MIN_VALUE]); // four limbs with all bits set
    const sum = new ExactSum();
    const times = 2 ** 22 + 1;
    for (let i = 0; i < times; i++) sum.merge(part);
    const expected = (2n ** 128n - 1n) * BigInt(times);
    expect(integerOf(wordsOf(sum))).toBe(expected);
  });

  it('survives thousands of sums of both signs merged without a read', () => {
    const part = sumOf([Number.MAX_VALUE, -(2 ** -1000), 1 / 3]);
    const words = wordsOf(part);
    const sum = new ExactSum();
    for (let i = 0; i < 5000; i++) {
      sum.mergeFrom(words, 0);
      sum.merge(part);
    }
    expect(integerOf(wordsOf(sum))).toBe(integerOf(words) * 10000n);
    for (let i = 0; i < 10000; i++) sum.add(-Number.MAX_VALUE);
    expect(sum.value()).toBe(fromUnits((toUnits(1 / 3) - toUnits(2 ** -1000)) * 10000n));
  });
});

describe('ExactSum in single precision', () => {
  it('is rounded once', () => {
    // The nearest double is a tie between two single-precision numbers.
    for (const [xs, want] of [
      [[1, 2 ** -24, 2 ** -60], 1 + 2 ** -23],
      [[1, 2 ** -24], 1],
      [[1, 2 ** -23, 2 ** -24], 1 + 2 ** -22],
      [[1, 2 ** -23, 2 ** -24, -(2 ** -1000)], 1 + 2 ** -23],
      [[2 ** -149, 2 ** -150], 2 ** -148],
      [[2 ** -150], 0],
      [[2 ** -150, 2 ** -1074], 2 ** -149],
      [[2 ** 128 - 2 ** 103, -(2 ** -1074)], 2 ** 128 - 2 ** 104],
      [[2 ** 128 - 2 ** 103], Infinity],
      [[1e308, 1e308], Infinity],
    ] as [number[], number][]) {
      expect(sumOf(xs).valueF32()).toBe(want);
      expect(sumOf(xs.map((x) => -x)).valueF32()).toBe(want === 0 ? -0 : -want);
    }
    expect(Math.fround(sumOf([1, 2 ** -24, 2 ** -60]).value())).toBe(1);
    expect(sumOf([]).valueF32()).toBe(0);
    expect(sumOf([Number.NaN]).valueF32()).toBeNaN();
    expect(sumOf([-Infinity]).valueF32()).toBe(-Infinity);
  });

  it('is that of the reference', () => {
    const near = fc
      .tuple(fc.integer({ min: -160, max: 130 }), fc.integer({ min: -(2 ** 25), max: 2 ** 25 }))
      .map(([e, m]) => m * 2 ** (e - 24));
    fc.assert(
      fc.property(
        fc.array(fc.oneof(near, fc.double({ noNaN: true, noDefaultInfinity: true })), {
          minLength: 1,
          maxLength: 6,
        }),
        (xs) => {
          const units = xs.reduce((sum, x) => sum + toUnits(x), 0n);
          // Adding 0 takes the sign off a sum that is too small: it is that of the sum here, none in the reference.
          expect(sumOf(xs).valueF32() + 0).toBe(fromUnitsF32(units));
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('sums as words', () => {
  it('are added as the sums are', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double(), { maxLength: 5 }),
        fc.array(fc.double(), { maxLength: 5 }),
        (xs, ys) => {
          const total = new Int32Array(ExactSum.WORDS + 3);
          total.set(wordsOf(sumOf(xs)), 3);
          addExactWords(total, 3, wordsOf(sumOf(ys)), 0);
          const got = new ExactSum();
          got.mergeFrom(total, 3);
          expect(wordsOf(got)).toEqual(wordsOf(sumOf([...xs, ...ys])));
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('ExactSum does not depend on order or cut', () => {
  it('any order, any split, merged as objects or as words, gives the same words', () => {
    fc.assert(
      fc.property(
        terms,
        fc.array(fc.tuple(fc.nat(3), fc.nat()), { minLength: 100, maxLength: 100 }),
        (xs, plan) => {
          const whole = sumOf(xs);
          const parts = [new ExactSum(), new ExactSum(), new ExactSum(), new ExactSum()];
          const order = xs.map((x, i) => ({ x, part: plan[i % 100][0], key: plan[i % 100][1] }));
          order.sort((a, b) => a.key - b.key);
          for (const { x, part } of order) parts[part].add(x);
          const total = new ExactSum();
          total.merge(parts[2]);
          total.mergeFrom(wordsOf(parts[0]), 0);
          total.merge(parts[1]);
          total.mergeFrom(wordsOf(parts[3]), 0);
          expect(wordsOf(total)).toEqual(wordsOf(whole));
          expect(total.value()).toBe(whole.value());
        },
      ),
      { numRuns: 200 },
    );
  });

  it('reading or serialising does not change it', () => {
    fc.assert(
      fc.property(terms, terms, (a, b) => {
        const sum = sumOf(a);
        sum.value();
        wordsOf(sum);
        sum.value();
        for (const x of b) sum.add(x);
        expect(sum.value()).toBe(reference([...a, ...b]));
      }),
    );
  });

  it('merge leaves the other as it was, and doubles with itself', () => {
    fc.assert(
      fc.property(terms, (xs) => {
        const sum = sumOf(xs);
        const before = wordsOf(sum);
        new ExactSum().merge(sum);
        expect(wordsOf(sum)).toEqual(before);
        sum.merge(sum);
        expect(sum.value()).toBe(reference([...xs, ...xs]));
      }),
    );
  });

  it('clear forgets everything', () => {
    fc.assert(
      fc.property(terms, terms, fc.boolean(), (a, b, read) => {
        const sum = sumOf([...a, Infinity]);
        sum.addRange(Float64Array.from(a), 0, a.length);
        if (read) sum.value();
        sum.clear();
        expect(wordsOf(sum)).toEqual(new Int32Array(ExactSum.WORDS));
        for (const x of b) sum.add(x);
        expect(sum.value()).toBe(reference(b));
      }),
    );
  });
});

describe('ExactSum words', () => {
  it('are the two’s-complement integer of the sum, in place, then no flag', () => {
    fc.assert(
      fc.property(terms, (xs) => {
        const words = new Int32Array(ExactSum.WORDS + 3).fill(77);
        sumOf(xs).write(words, 2);
        expect(integerOf(words, 2)).toBe(xs.reduce((sum, x) => sum + toUnits(x), 0n));
        expect([words[0], words[1], words[ExactSum.WORDS + 1], words[ExactSum.WORDS + 2]]).toEqual([
          77, 77, 0, 77,
        ]);
      }),
    );
  });

  it('of specials have flags and empty limbs, however they came about', () => {
    const flag = (n: number) => {
      const words = new Int32Array(ExactSum.WORDS);
      words[ExactSum.WORDS - 1] = n;
      return words;
    };
    expect(wordsOf(sumOf([1, NaN, 1e300]))).toEqual(flag(1));
    expect(wordsOf(sumOf([Infinity, -Infinity]))).toEqual(flag(1));
    expect(wordsOf(sumOf([3, Infinity, Infinity]))).toEqual(flag(2));
    expect(wordsOf(sumOf([-Infinity, -3]))).toEqual(flag(4));
    const sum = new ExactSum();
    sum.mergeFrom(flag(2), 0);
    expect(sum.value()).toBe(Infinity);
    sum.mergeFrom(flag(4), 0);
    expect(sum.value()).toBeNaN();
  });

  it('need room', () => {
    const words = new Int32Array(ExactSum.WORDS);
    for (const at of [-1, 1]) {
      expect(() => new ExactSum().write(words, at)).toThrow(HaloweaveError);
      expect(() => new ExactSum().mergeFrom(words, at)).toThrow(HaloweaveError);
    }
  });
});

describe('ExactSum at the edges', () => {
  const cases: [string, number[], number][] = [
    ['nothing', [], 0],
    ['negative zero alone', [-0, -0], 0],
    ['opposites', [1e300, -1e300], 0],
    ['NaN', [1, NaN], NaN],
    ['both infinities', [Infinity, 1, -Infinity], NaN],
    ['NaN after infinity', [Infinity, NaN], NaN],
    ['+∞', [Infinity, -Number.MAX_VALUE], Infinity],
    ['−∞ twice', [-Infinity, -Infinity], -Infinity],
    ['beyond the range', [Number.MAX_VALUE, Number.MAX_VALUE], Infinity],
    ['below the range', [-Number.MAX_VALUE, -Number.MAX_VALUE], -Infinity],
    ['out of the range and back', [1e308, 1e308, -1e308], 1e308],
    ['just under the overflow tie', [Number.MAX_VALUE, 2 ** 970 - 2 ** 917], Number.MAX_VALUE],
    ['the overflow tie', [Number.MAX_VALUE, 2 ** 970], Infinity],
    ['smallest subnormals', [Number.MIN_VALUE, Number.MIN_VALUE], 2 * Number.MIN_VALUE],
    ['a subnormal difference of normals', [2 ** -1022, -(2 ** -1022) + Number.MIN_VALUE], Number.MIN_VALUE],
    ['largest subnormal plus one', [2 ** -1022 - Number.MIN_VALUE, Number.MIN_VALUE], 2 ** -1022],
    ['a tie to even below', [1, 2 ** -53], 1],
    ['a tie to even above', [1 + 2 ** -52, 2 ** -53], 1 + 2 ** -51],
    ['a tie broken upwards from far away', [1, 2 ** -53, Number.MIN_VALUE], 1 + 2 ** -52],
    ['a tie broken downwards from far away', [1 + 2 ** -52, 2 ** -53, -Number.MIN_VALUE], 1 + 2 ** -52],
    ['a negative tie', [-1, -(2 ** -53)], -1],
    ['a negative tie broken', [-1, -(2 ** -53), -Number.MIN_VALUE], -1 - 2 ** -52],
    ['a carry into the next exponent', [2 - 2 ** -52, 2 ** -53], 2],
    ['what plain addition loses', [1e16, 1, -1e16], 1],
  ];
  for (const [name, xs, expected] of cases) {
    it(name, () => {
      expect(sumOf(xs).value()).toBe(expected);
      expect(rangeOf(xs).value()).toBe(expected);
      const travelled = new ExactSum();
      travelled.mergeFrom(wordsOf(sumOf(xs)), 0);
      expect(travelled.value()).toBe(expected);
    });
  }

  it('rounds ties to even at every bit offset within the limbs', () => {
    for (let shift = -1000; shift <= 900; shift++) {
      const unit = 2 ** shift;
      expect(sumOf([2 ** 53 * unit, unit]).value()).toBe(2 ** 53 * unit);
      expect(sumOf([(2 ** 53 + 2) * unit, unit]).value()).toBe((2 ** 53 + 4) * unit);
      const below = unit * 2 ** -(1 + ((shift + 1000) % 70)); // breaks the tie, from near and far
      expect(sumOf([2 ** 53 * unit, unit, below]).value()).toBe((2 ** 53 + 2) * unit);
      expect(sumOf([2 ** 53 * unit, unit, 2 ** -1074]).value()).toBe((2 ** 53 + 2) * unit);
    }
  });

  it('does not see the limbs of a sum that was read before', () => {
    const full = sumOf([
      2 ** 600 - 2 ** 547,
      ...Array.from({ length: 40 }, (_, i) => 2 ** (540 - 40 * i) * (1 + i / 41)),
    ]);
    for (let exponent = -1000; exponent < 600; exponent += 7) {
      const lone = new ExactSum();
      lone.mergeFrom(wordsOf(sumOf([2 ** exponent])), 0); // words leave out the zero limbs around
      full.value();
      expect(lone.value()).toBe(2 ** exponent);
    }
  });

  it('specials inside a long range', () => {
    const a = new Float64Array(3000).fill(1);
    a[2500] = -Infinity;
    const sum = new ExactSum();
    sum.addRange(a, 0, 3000);
    expect(sum.value()).toBe(-Infinity);
    a[10] = NaN;
    sum.addRange(a, 0, 3000);
    expect(sum.value()).toBeNaN();
  });
});
