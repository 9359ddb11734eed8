/** Every built-in operation, by every reduction, against what its description says. */
import {
  bitwiseAnd,
  bitwiseOr,
  bitwiseXor,
  type Communicator,
  dot,
  ExactSum,
  logicalAnd,
  logicalOr,
  logicalXor,
  max,
  maxLocation,
  min,
  minLocation,
  type NdArray,
  ndarray,
  product,
  type ReduceOperation,
  sum,
  type TypedArray,
} from 'haloweave';
import {
  assert,
  type Case,
  constant,
  dtypes,
  inDoubling,
  inTree,
  same,
  sameNd,
  says,
  thrown,
} from './tools.js';

type Bracket = <T>(values: readonly T[], combine: (left: T, right: T) => T) => T;
const range = (n: number): number[] => Array.from({ length: n }, (_, k) => k);
const isFloat = (a: TypedArray): boolean => a instanceof Float64Array || a instanceof Float32Array;
const isBig = (a: TypedArray): boolean => a instanceof BigInt64Array || a instanceof BigUint64Array;

/** An operation on elements: numbers, big integers, and how an element is rounded on the way. */
interface Rule {
  op: ReduceOperation;
  floats: boolean;
  of(xs: readonly number[], bracket: Bracket, round: (x: number) => number): number;
  big(xs: readonly bigint[]): bigint;
}

const truth = (ok: boolean): number => (ok ? 1 : 0);
const fold =
  (two: (a: bigint, b: bigint) => bigint) =>
  (xs: readonly bigint[]): bigint =>
    xs.reduce(two);
const rules: Rule[] = [
  {
    op: sum,
    floats: true,
    of: (xs) => {
      const s = new ExactSum();
      for (const x of xs) s.add(x);
      return s.value();
    },
    big: fold((a, b) => a + b),
  },
  {
    op: sum.fast,
    floats: true,
    of: (xs, bracket, round) => bracket(xs, (a, b) => round(a + b)),
    big: fold((a, b) => a + b),
  },
  {
    op: product,
    floats: true,
    // Beyond 2^53 the plain product of whole numbers would lose the low bits that are asked for.
    of: (xs, bracket, round) =>
      round(0.5) === 0.5
        ? bracket(xs, (a, b) => round(a * b))
        : Number(
            BigInt.asIntN(
              32,
              xs.map(BigInt).reduce((a, b) => a * b),
            ),
          ),
    big: fold((a, b) => a * b),
  },
  { op: min, floats: true, of: (xs) => Math.min(...xs), big: fold((a, b) => (a < b ? a : b)) },
  { op: max, floats: true, of: (xs) => Math.max(...xs), big: fold((a, b) => (a > b ? a : b)) },
  {
    op: logicalAnd,
    floats: true,
    of: (xs) => truth(xs.every((x) => x !== 0)),
    big: (xs) => BigInt(xs.every((x) => x !== 0n)),
  },
  {
    op: logicalOr,
    floats: true,
    of: (xs) => truth(xs.some((x) => x !== 0)),
    big: (xs) => BigInt(xs.some((x) => x !== 0n)),
  },
  {
    op: logicalXor,
    floats: true,
    of: (xs) => xs.filter((x) => x !== 0).length % 2,
    big: (xs) => BigInt(xs.filter((x) => x !== 0n).length % 2),
  },
  { op: bitwiseAnd, floats: false, of: (xs) => xs.reduce((a, b) => a & b), big: fold((a, b) => a & b) },
  { op: bitwiseOr, floats: false, of: (xs) => xs.reduce((a, b) => a | b), big: fold((a, b) => a | b) },
  { op: bitwiseXor, floats: false, of: (xs) => xs.reduce((a, b) => a ^ b), big: fold((a, b) => a ^ b) },
];

function expected(rule: Rule, operands: readonly TypedArray[], bracket: Bracket): TypedArray {
  const out = operands[0]!.slice();
  const round = !isFloat(out) ? Math.trunc : out instanceof Float32Array ? Math.fround : (x: number) => x;
  for (let k = 0; k < out.length; k++) {
    const xs = operands.map((a) => a[k]!);
    out[k] = (isBig(out) ? rule.big(xs as bigint[]) : rule.of(xs as number[], bracket, round)) as never;
  }
  return out;
}

/** Operands with zeros and small numbers among them. */
function operand(dtype: (typeof dtypes)[number], n: number, rank: number): TypedArray {
  const a = constant(dtype, n, rank * 5 + 1).slice();
  for (let k = rank % 3; k < n; k += 4) a[k] = (isBig(a) ? BigInt(k % 3) : k % 3) as never;
  return a;
}

/** All reductions of one operand a rank, and what each gives here. */
function reductions(comm: Communicator, root: number) {
  const here = comm.rank === root;
  return [
    {
      name: 'allreduce',
      run: <T>(v: T, op: ReduceOperation) => comm.allreduce(v, op),
      ranks: comm.size,
      bracket: inTree as Bracket,
    },
    {
      name: 'reduce',
      run: <T>(v: T, op: ReduceOperation) => comm.reduce(v, op, root),
      ranks: here ? comm.size : 0,
      bracket: inTree as Bracket,
    },
    {
      name: 'scan',
      run: <T>(v: T, op: ReduceOperation) => comm.scan(v, op),
      ranks: comm.rank + 1,
      bracket: inDoubling as Bracket,
    },
    {
      name: 'exscan',
      run: <T>(v: T, op: ReduceOperation) => comm.exscan(v, op),
      ranks: comm.rank,
      bracket: inDoubling as Bracket,
    },
  ];
}

export const operationCases: Case[] = [
  {
    name: 'every operation on arrays of every dtype, by every reduction',
    body(comm) {
      for (const [k, rule] of rules.entries())
        for (const dtype of dtypes) {
          const n = [0, 5, 70, 700][k % 4]! + 3;
          const all = range(comm.size).map((r) => operand(dtype, n, r));
          const mine = all[comm.rank]!;
          if (!rule.floats && isFloat(mine)) {
            says(
              thrown(() => comm.allreduce(mine, rule.op)),
              'argument',
              rule.op.reduction,
              `an array of ${n} ${dtype}`,
            );
            continue;
          }
          const before = mine.slice();
          for (const r of reductions(comm, k % comm.size)) {
            const what = `${r.name} ${rule.op.reduction} of ${n} × ${dtype}`;
            const got = r.run(mine, rule.op);
            if (r.ranks === 0) assert.equal(got, undefined, what);
            else same(got, expected(rule, all.slice(0, r.ranks), r.bracket), what);
          }
          same(mine, before, 'the operand');
          const pieces = range(comm.size).map((to) => mine.subarray(0, (to * 2) % (n + 1)));
          const part = comm.reduceScatter(pieces, rule.op);
          const length = pieces[comm.rank]!.length;
          same(
            part,
            expected(
              rule,
              all.map((a) => a.subarray(0, length)),
              inTree,
            ),
            `reduceScatter ${rule.op.reduction}`,
          );
        }
    },
  },
  {
    name: 'every operation on numbers, by every reduction',
    body(comm) {
      const value = (rule: Rule, r: number, k: number): number =>
        rule.floats
          ? [0.1 + r, -0, 1e16 * (r % 2 ? -1 : 1), r % 2][k % 4]!
          : [5 * r + 3, -r - 1, 2 ** 40 + r, 0xffff_ffff - r][k % 4]!;
      for (const rule of rules)
        for (let k = 0; k < 4; k++) {
          const all = range(comm.size).map((r) => value(rule, r, k));
          for (const r of reductions(comm, k % comm.size)) {
            const got = r.run(all[comm.rank]!, rule.op);
            const operands = all.slice(0, r.ranks);
            const want =
              r.ranks === 0
                ? undefined
                : rule.floats
                  ? rule.of(operands, r.bracket, (x) => x)
                  : Number(rule.big(operands.map(BigInt)));
            assert.ok(
              Object.is(got, want),
              `${r.name} ${rule.op.reduction} of ${operands}: ${got}, not ${want}`,
            );
          }
          const got = comm.reduceScatter(
            range(comm.size).map((to) => all[comm.rank]! + to),
            rule.op,
          );
          const mine = all.map((x) => x + comm.rank);
          const want = rule.floats ? rule.of(mine, inTree, (x) => x) : Number(rule.big(mine.map(BigInt)));
          assert.equal(got, want, `reduceScatter ${rule.op.reduction}`);
        }
    },
  },
  {
    name: 'f32 sums are rounded once',
    body(comm) {
      if (comm.size < 3) return;
      // 1 + 2^−24 + 2^−60: the nearest double is a tie between two floats, the sum itself is above it.
      const value = [1, 2 ** -24, 2 ** -60][comm.rank] ?? 0;
      const got = comm.allreduce(Float32Array.of(value), sum);
      assert.equal(got[0], 1 + 2 ** -23);
      assert.equal(Math.fround(comm.allreduce(value, sum)), 1);
    },
  },
  {
    name: 'truth values, big integers and big numbers',
    body(comm) {
      const last = comm.size - 1;
      assert.equal(comm.allreduce(comm.rank !== last, logicalAnd), false);
      assert.equal(comm.allreduce(true, logicalAnd), true);
      assert.equal(comm.allreduce(comm.rank === last, logicalOr), true);
      assert.equal(comm.allreduce(true, logicalXor), comm.size % 2 === 1);
      assert.equal(comm.allreduce(Number.NaN, logicalAnd), 1);
      assert.equal(comm.scan(comm.rank === 0, logicalOr), true);
      const big = 1n << BigInt(100 + comm.rank);
      assert.equal(
        comm.allreduce(big, bitwiseOr),
        range(comm.size).reduce((s, r) => s | (1n << BigInt(100 + r)), 0n),
      );
      assert.equal(comm.allreduce(-1n, bitwiseAnd), -1n);
      for (const wrong of [0.5, 2 ** 53, Number.NaN])
        says(
          thrown(() => comm.allreduce(wrong, bitwiseOr)),
          'argument',
          'whole numbers',
          `not ${wrong}`,
        );
    },
  },
  {
    name: 'minLocation and maxLocation: NaN first, then the value with −0 below 0, then the lower location',
    body(comm) {
      const { rank, size } = comm;
      const last = size - 1;
      const at = (value: number, location: number = rank) => ({ value, location });
      const is = (got: unknown, value: number, location: number): void =>
        assert.deepStrictEqual(got, { value, location });
      is(comm.allreduce(at(-rank), minLocation), last === 0 ? -0 : -last, last);
      is(comm.allreduce(at(rank), maxLocation), last, last);
      is(comm.allreduce(at(7, 100 - rank), minLocation), 7, 100 - last);
      is(comm.allreduce(at(7, 100 - rank), maxLocation), 7, 100 - last);
      is(comm.allreduce(at(rank === last ? -0 : 0), minLocation), -0, last);
      is(comm.allreduce(at(rank === last ? 0 : -0), maxLocation), 0, last);
      is(
        comm.allreduce(at(rank >= last - 1 ? Number.NaN : 1), minLocation),
        Number.NaN,
        Math.max(0, last - 1),
      );
      is(
        comm.allreduce(at(rank >= last - 1 ? Number.NaN : 1), maxLocation),
        Number.NaN,
        Math.max(0, last - 1),
      );
      is(comm.scan(at(-rank), minLocation), rank === 0 ? -0 : -rank, rank);
      const before = comm.exscan(at(-rank), maxLocation);
      if (rank === 0) assert.equal(before, undefined);
      else is(before, -0, 0);
      says(
        thrown(() => comm.allreduce(at(1, 0.5), minLocation)),
        'argument',
        'a whole number, not 0.5',
      );
      says(
        thrown(() => comm.allreduce(1, minLocation)),
        'argument',
        'takes a { value, location }, not a number',
      );
    },
  },
  {
    name: 'dot is the exact sum of the products over ranks that have different lengths',
    body(comm) {
      const n = 40 * comm.rank;
      const a = (r: number) => constant('f64', 40 * r, r) as Float64Array;
      const b = (r: number) => constant('f64', 40 * r, r + 9) as Float64Array;
      const exact = new ExactSum();
      let upTo = 0;
      for (let r = 0; r < comm.size; r++) {
        for (let k = 0; k < 40 * r; k++) exact.add(a(r)[k]! * b(r)[k]!);
        if (r === comm.rank) upTo = exact.value();
      }
      const mine = [a(comm.rank), b(comm.rank)] as const;
      assert.equal(comm.allreduce(mine, dot), exact.value());
      assert.equal(comm.reduce(mine, dot, 0), comm.rank === 0 ? exact.value() : undefined);
      assert.equal(comm.scan(mine, dot), upTo);
      assert.equal(
        comm.allreduce([Float64Array.of(1e308, 1, -1e308), Float64Array.of(1, 1, 1)], dot),
        comm.size,
      );
      const single = constant('f32', 6, comm.rank);
      assert.equal(
        comm.allreduce([ndarray(single, [2, 3]), ndarray(single, [2, 3])], dot),
        comm.allreduce([single, single], dot),
      );
      says(
        thrown(() => comm.allreduce([new Float64Array(n + 1), new Float64Array(n)], dot)),
        'argument',
        `an array of ${n + 1} f64 and an array of ${n} f64`,
      );
      says(
        thrown(() => comm.allreduce([new Int32Array(1), new Int32Array(1)], dot)),
        'argument',
        'both of floats',
      );
    },
  },
  {
    name: 'ExactSum objects travel and are reduced without rounding',
    body(comm) {
      const { rank, size } = comm;
      const own = new ExactSum();
      own.add(rank === 0 ? 1e300 : 1);
      own.add(2 ** -500);
      const got = comm.allreduce(own, sum);
      got.add(-1e300);
      assert.equal(got.value(), size === 1 ? 2 ** -500 : size - 1);
      got.add(1 - size);
      assert.equal(got.value(), size * 2 ** -500);
      // The operand is not changed, and the result belongs to this rank.
      own.add(rank === 0 ? -1e300 : -1);
      assert.equal(own.value(), 2 ** -500);
      const partial = comm.scan(own, sum);
      assert.equal(partial.value(), (rank + 1) * 2 ** -500);
      assert.equal(comm.exscan(own, sum)?.value(), rank === 0 ? undefined : rank * 2 ** -500);
      const sent = comm.bcast({ total: own }, 0);
      assert.ok(sent.total instanceof ExactSum);
      assert.equal(sent.total.value(), 2 ** -500);
      const nan = new ExactSum();
      nan.add(Number.NaN);
      assert.ok(Number.isNaN(comm.allreduce(rank === size - 1 ? nan : own, sum).value()));
    },
  },
  {
    name: 'functions combine in the tree’s bracket, in scans in that of recursive doubling',
    body(comm) {
      const { rank, size } = comm;
      const nested = (a: string, b: string): string => `(${a}${b})`;
      const letters = [...'abcdefghijklmnop'].slice(0, size);
      const mine = letters[rank]!;
      const tree = inTree(letters, nested);
      for (let root = 0; root < size; root++)
        assert.equal(comm.reduce(mine, nested, root), rank === root ? tree : undefined);
      assert.equal(comm.scan(mine, nested), inDoubling(letters.slice(0, rank + 1), nested));
      const before = letters.slice(0, rank);
      assert.equal(comm.exscan(mine, nested), rank === 0 ? undefined : inDoubling(before, nested));
      assert.equal(
        comm.reduceScatter(
          range(size).map((to) => `${mine}${to}`),
          nested,
        ),
        inTree(
          letters.map((l) => `${l}${rank}`),
          nested,
        ),
      );
      // Numbers, arrays and ndarrays reach a function as they are.
      const minus = (a: number, b: number): number => a - b;
      assert.equal(
        comm.allreduce(2 ** rank, minus),
        inTree(
          range(size).map((r) => 2 ** r),
          minus,
        ),
      );
      const rows = comm.allreduce<NdArray>(ndarray(Float64Array.of(rank, 1), [1, 2]), (a, b) =>
        ndarray(Float64Array.of(...(a.data as Float64Array), ...(b.data as Float64Array)), [
          a.shape[0]! + b.shape[0]!,
          2,
        ]),
      );
      sameNd(rows, ndarray(Float64Array.from(range(size).flatMap((r) => [r, 1])), [size, 2]), 'rows');
    },
  },
  {
    name: 'what is no operation is refused',
    body(comm) {
      for (const wrong of ['sum', null, undefined, 3])
        says(
          thrown(() => comm.allreduce(1, wrong as never)),
          'argument',
          'allreduce:',
          'is no operation: pass sum',
        );
      assert.equal(comm.allreduce(1, sum), comm.size);
    },
  },
];
