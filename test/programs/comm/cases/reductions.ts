/** Reductions: exactness, special values, arrays, user operations. */
import { ExactSum, max, min, type NdArray, ndarray, sum, type TypedArray } from 'haloweave';
import { assert, type Case, constant, dtypes, EAGER, inTree, same, sameNd, says, thrown } from './tools.js';

const OPERATIONS = { sum, min, max };

/** What the documentation says, computed from all ranks' operands in the plainest way. */
function expected(op: keyof typeof OPERATIONS, operands: readonly TypedArray[]): TypedArray {
  const out = operands[0]!.slice();
  const s = new ExactSum();
  for (let k = 0; k < out.length; k++) {
    const xs = operands.map((a) => a[k]!);
    if (typeof xs[0] === 'bigint') {
      const b = xs as bigint[];
      if (op === 'sum') out[k] = b.reduce((x, y) => x + y) as never;
      else out[k] = b.reduce((x, y) => ((op === 'min') === x < y ? x : y)) as never;
    } else if (op === 'sum') {
      s.clear();
      for (const x of xs as number[]) s.add(x);
      out[k] = s.value() as never;
    } else out[k] = Math[op](...(xs as number[])) as never;
  }
  return out;
}

const bits = (x: number): bigint => new BigUint64Array(Float64Array.of(x).buffer)[0]!;

/** Values for each rank and what their sum is. */
const sums: [string, (rank: number, size: number) => number, (size: number) => number][] = [
  ['small whole numbers', (r) => r + 1, (n) => (n * (n + 1)) / 2],
  [
    'nothing lost beside 1e308',
    (r) => [1e308, 1, -1e308][r] ?? 0,
    (n) => (n === 1 ? 1e308 : n === 2 ? 1e308 : 1),
  ],
  [
    'no overflow on the way',
    (r) => [1e308, 1e308, -1e308][r] ?? 0,
    (n) => (n === 1 || n > 2 ? 1e308 : Number.POSITIVE_INFINITY),
  ],
  ['the smallest doubles', () => 5e-324, (n) => n * 5e-324],
  ['−0 alone is 0', () => -0, () => 0],
  [
    'x and −x are 0',
    (r, n) => (n % 2 === 1 && r === n - 1 ? 0 : r % 2 === 0 ? 0.1 : -0.1),
    (n) => (n === 1 ? 0 : 0),
  ],
  [
    '∞ − ∞',
    (r, n) => (n === 1 ? Number.NaN : r === 0 ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY),
    () => Number.NaN,
  ],
  ['NaN', (r, n) => (r === n - 1 ? Number.NaN : 1), () => Number.NaN],
];

export const reductionCases: Case[] = [
  {
    name: 'sums of numbers are exact, rounded once, the same bits on all ranks',
    body(comm) {
      for (const [name, value, total] of sums) {
        const got = comm.allreduce(value(comm.rank, comm.size), sum);
        assert.equal(bits(got), bits(total(comm.size)), `${name}: ${got}, not ${total(comm.size)}`);
      }
      for (let k = 0; k < 300; k++) {
        const mine = Math.sin(k * 7 + comm.rank) * 2 ** (((k * 31 + comm.rank * 17) % 1200) - 600);
        const exact = new ExactSum();
        for (const x of comm.allgather(mine)) exact.add(x);
        assert.equal(bits(comm.allreduce(mine, sum)), bits(exact.value()));
      }
    },
  },
  {
    name: 'min and max: NaN wins, −0 is below 0, NaN is canonical',
    body(comm) {
      const last = comm.size - 1;
      const zero = comm.rank === last ? -0 : comm.size === 1 ? -0 : 0;
      assert.ok(Object.is(comm.allreduce(zero, min), -0));
      assert.ok(Object.is(comm.allreduce(zero, max), comm.size === 1 ? -0 : 0));
      const odd = new Float64Array(new BigUint64Array([0xfff8_0000_0000_0123n]).buffer);
      const canonical = bits(Number.NaN);
      for (const op of [sum, min, max]) {
        const one = comm.allreduce(comm.rank === last ? odd[0]! : 5, op);
        assert.equal(bits(one), canonical);
        const got = comm.allreduce(comm.rank === last ? odd : new Float64Array(1), op);
        assert.equal(new BigUint64Array(got.buffer)[0], canonical);
      }
      assert.equal(comm.allreduce(comm.rank, min), 0);
      assert.equal(comm.allreduce(comm.rank, max), last);
      assert.equal(comm.allreduce(Number.NEGATIVE_INFINITY, max), Number.NEGATIVE_INFINITY);
    },
  },
  {
    name: 'arrays of every dtype and size are reduced element by element',
    body(comm) {
      for (const dtype of dtypes)
        for (const n of [0, 1, 60, 61, 481, 2000]) {
          const mine = constant(dtype, n, comm.rank * 3);
          const before = mine.slice();
          const all = Array.from({ length: comm.size }, (_, r) => constant(dtype, n, r * 3));
          for (const op of ['sum', 'min', 'max'] as const) {
            const got = comm.allreduce<TypedArray>(mine, OPERATIONS[op]);
            same(got, expected(op, all), `${op} of ${n} × ${dtype}`);
            // The result is this rank's own: changing it changes no operand.
            got.subarray(0, 1).set(got.subarray(n - 1) as never);
          }
          same(mine, before, 'the operand');
        }
    },
  },
  {
    name: 'arrays beyond a mebibyte are reduced by all ranks together',
    body(comm) {
      for (const [dtype, n, op] of [
        ['f64', EAGER + 5, 'sum'],
        ['i32', 2 * EAGER + 1, 'max'],
      ] as const) {
        const all = Array.from({ length: comm.size }, (_, r) => constant(dtype, n, r));
        same(comm.allreduce<TypedArray>(all[comm.rank]!, OPERATIONS[op]), expected(op, all), `${op} of ${n}`);
      }
    },
  },
  {
    name: 'integer sums wrap',
    body(comm) {
      const n = comm.size;
      same(comm.allreduce(new Uint8Array(3).fill(200), sum), new Uint8Array(3).fill(200 * n), 'u8');
      same(comm.allreduce(new Int8Array(1).fill(100), sum), new Int8Array(1).fill(100 * n), 'i8');
      same(comm.allreduce(new Int32Array(1).fill(2 ** 30), sum), new Int32Array(1).fill(2 ** 30 * n), 'i32');
      same(comm.allreduce(new Uint32Array(1).fill(2 ** 32 - 1), sum), new Uint32Array(1).fill(-n), 'u32');
      same(
        comm.allreduce(new BigInt64Array(1).fill(2n ** 62n), sum),
        new BigInt64Array(1).fill(2n ** 62n * BigInt(n)),
        'i64',
      );
      same(
        comm.allreduce(new BigUint64Array(1).fill(2n ** 64n - 1n), sum),
        new BigUint64Array(1).fill(-BigInt(n)),
        'u64',
      );
    },
  },
  {
    name: 'ndarrays keep their shape, strided ones count in C order',
    body(comm) {
      for (const scale of [1, 30]) {
        const view = (r: number): NdArray =>
          ndarray(constant('f64', 24 * scale, r), [2, 3, 4 * scale]).transpose(2, 0, 1);
        const got = comm.allreduce<NdArray>(view(comm.rank), max);
        const all = Array.from({ length: comm.size }, (_, r) => view(r));
        const want = ndarray(new Float64Array(24 * scale), [...got.shape]);
        for (let i = 0; i < 4 * scale; i++)
          for (let j = 0; j < 2; j++)
            for (let k = 0; k < 3; k++)
              want.set(i, j, k, Math.max(...all.map((a) => Number(a.get(i, j, k)))));
        sameNd(got, want, 'max');
      }
      assert.equal(comm.allreduce<NdArray>(ndarray(Float64Array.of(2), []), sum).get(), 2 * comm.size);
    },
  },
  {
    name: 'functions fold in rank order, also when they do not commute',
    body(comm) {
      const concat = (a: string, b: string): string => `${a}${b}`;
      assert.equal(
        comm.allreduce(`<${comm.rank}>`, concat),
        Array.from({ length: comm.size }, (_, r) => `<${r}>`).join(''),
      );
      const long = 'z'.repeat(5000);
      assert.equal(comm.allreduce(`${comm.rank}${long}`, concat).length, comm.size * 5001);
      const minus = comm.allreduce(10n ** BigInt(comm.rank), (a, b) => a - b);
      const powers = Array.from({ length: comm.size }, (_, r) => 10n ** BigInt(r));
      assert.equal(
        minus,
        inTree(powers, (a, b) => a - b),
      );
      const nested = (a: string, b: string): string => `(${a}${b})`;
      const letters = [...'abcdefghijklmnop'].slice(0, comm.size);
      assert.equal(comm.allreduce(letters[comm.rank]!, nested), inTree(letters, nested));
      if (comm.size === 7) assert.equal(inTree(letters, nested), '((a((bc)d))((ef)g))');
      const merged = comm.allreduce({ ranks: [comm.rank], first: comm.rank }, (a, b) => ({
        ranks: [...a.ranks, ...b.ranks],
        first: a.first,
      }));
      assert.deepEqual(merged, { ranks: Array.from({ length: comm.size }, (_, r) => r), first: 0 });
      // The leftmost operand comes through as it was on its rank, the sign of a zero included.
      assert.ok(
        Object.is(
          comm.allreduce(comm.rank === 0 ? -0 : 1, (a) => a),
          -0,
        ),
      );
    },
  },
  {
    name: 'operands without meaning are refused on every rank',
    body(comm) {
      for (const value of ['text', { a: 1 }, [1], null, 3n, undefined])
        says(
          thrown(() => comm.allreduce(value, sum)),
          'argument',
          'takes a number, a typed array, an ndarray or an ExactSum',
        );
      assert.equal(comm.allreduce(1, sum), comm.size);
    },
  },
  {
    name: 'ranks that pass different forms all get an error that names both',
    least: 2,
    body(comm) {
      const first = comm.rank === 0;
      const pairs: [unknown, unknown, string, string][] = [
        [1, new Float64Array(1), 'a number', 'an array of 1 f64'],
        [new Float64Array(3), new Float64Array(4), 'an array of 3 f64', 'an array of 4 f64'],
        [new Float64Array(1000), new Float64Array(1001), 'an array of 1000 f64', 'an array of 1001 f64'],
        [new Float64Array(4), new BigInt64Array(4), 'f64', 'i64'],
        [new Float32Array(200), new Int32Array(200), 'f32', 'i32'],
      ];
      for (const [one, other, a, b] of pairs) {
        says(
          thrown(() => comm.allreduce(first ? one : other, sum)),
          'program',
          'allreduce',
          a,
          b,
          'one form',
        );
        assert.equal(comm.allreduce(1, sum), comm.size);
      }
    },
  },
];
