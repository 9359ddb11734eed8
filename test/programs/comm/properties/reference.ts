/** What collectives should give, computed from all operands in the plainest way, with arithmetic that shares nothing with haloweave's. */
import type { DType, TypedArray } from 'haloweave';

export type Op =
  | 'sum'
  | 'min'
  | 'max'
  | 'bitwiseAnd'
  | 'bitwiseOr'
  | 'bitwiseXor'
  | 'logicalAnd'
  | 'logicalOr'
  | 'logicalXor';

const words = new DataView(new ArrayBuffer(8));

/** Biased exponent of a finite double's last place, 1 for the smallest. */
function unitOf(x: number): number {
  words.setFloat64(0, x);
  return Math.max(1, (words.getUint16(0) >> 4) & 0x7ff);
}

/** x / 2^(unit − 1075), a whole number for every double whose own unit is no smaller. */
function scaled(x: number, unit: number): bigint {
  const own = unitOf(x);
  const digits = words.getBigUint64(0) & 0xf_ffff_ffff_ffffn;
  const normal = (words.getUint16(0) & 0x7ff0) !== 0;
  const magnitude = (normal ? digits | (1n << 52n) : digits) << BigInt(own - unit);
  return x < 0 ? -magnitude : magnitude;
}

/** n · 2^(unit − 1075), rounded once to the nearest double, ties to even. */
function rounded(n: bigint, unit: number): number {
  const m = n < 0n ? -n : n;
  const hex = m.toString(16);
  const bits = hex.length * 4 - (Math.clz32(Number.parseInt(hex[0]!, 16)) - 28);
  const drop = Math.max(0, bits - 53);
  let q = m >> BigInt(drop);
  if (drop > 0) {
    const rest = m - (q << BigInt(drop));
    const half = 1n << BigInt(drop - 1);
    if (rest > half || (rest === half && (q & 1n) === 1n)) q++;
  }
  const value = Number(q) * 2 ** (drop + unit - 1075);
  return n < 0n ? -value : value;
}

/** The exact sum of doubles, rounded once; of nothing but zeros it is +0. */
export function sumOf(xs: readonly number[]): number {
  const unit = Math.min(...xs.map(unitOf));
  return rounded(
    xs.reduce((s, x) => s + scaled(x, unit), 0n),
    unit,
  );
}

const WRAP: Partial<Record<DType, (x: bigint) => bigint>> = {
  i8: (x) => BigInt.asIntN(8, x),
  u8: (x) => BigInt.asUintN(8, x),
  i16: (x) => BigInt.asIntN(16, x),
  u16: (x) => BigInt.asUintN(16, x),
  i32: (x) => BigInt.asIntN(32, x),
  u32: (x) => BigInt.asUintN(32, x),
  i64: (x) => BigInt.asIntN(64, x),
  u64: (x) => BigInt.asUintN(64, x),
};

const INTEGERS: Record<Exclude<Op, 'sum'>, (a: bigint, b: bigint) => bigint> = {
  min: (a, b) => (a < b ? a : b),
  max: (a, b) => (a > b ? a : b),
  bitwiseAnd: (a, b) => a & b,
  bitwiseOr: (a, b) => a | b,
  bitwiseXor: (a, b) => a ^ b,
  logicalAnd: (a, b) => (a !== 0n && b !== 0n ? 1n : 0n),
  logicalOr: (a, b) => (a !== 0n || b !== 0n ? 1n : 0n),
  logicalXor: (a, b) => ((a !== 0n) !== (b !== 0n) ? 1n : 0n),
};

/** The reduction of one operand a rank, element by element. All have one dtype and length; no NaN. */
export function reduced(op: Op, dtype: DType, operands: readonly TypedArray[]): TypedArray {
  const out = operands[0]!.slice();
  const wrap = WRAP[dtype];
  for (let k = 0; k < out.length; k++) {
    if (!wrap) {
      const xs = operands.map((a) => Number(a[k]));
      out[k] = float(op, xs) as never;
      continue;
    }
    const xs = operands.map((a) => BigInt(a[k]!));
    // One operand is not combined with anything, but truth is 0 or 1 all the same.
    const logical = op.startsWith('logical');
    const ready = logical ? xs.map((x) => (x === 0n ? 0n : 1n)) : xs;
    const value = wrap(op === 'sum' ? xs.reduce((a, b) => a + b) : ready.reduce(INTEGERS[op]));
    out[k] = (typeof out[k] === 'bigint' ? value : Number(value)) as never;
  }
  return out;
}

function float(op: Op, xs: readonly number[]): number {
  switch (op) {
    case 'sum':
      return sumOf(xs);
    case 'min':
      return Math.min(...xs);
    case 'max':
      return Math.max(...xs);
    case 'logicalAnd':
      return xs.every((x) => x !== 0) ? 1 : 0;
    case 'logicalOr':
      return xs.some((x) => x !== 0) ? 1 : 0;
    case 'logicalXor':
      return xs.filter((x) => x !== 0).length % 2;
    default:
      throw new Error(`${op} has no meaning for floats`);
  }
}
