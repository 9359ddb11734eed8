import { HaloweaveError } from '../base/errors.js';
import { ExactSum } from '../base/exact-sum.js';
import type { TypedArray } from '../memory/dtype.js';

export type BuiltinReduction = 'sum' | 'min' | 'max';

/**
 * A built-in operation. `sum` is exact: accumulated without rounding and rounded once, so it does not
 * depend on how the terms are spread over ranks. `min` and `max` give NaN if any operand is NaN, and
 * order −0 below +0.
 */
export interface ReduceOperation {
  readonly reduction: BuiltinReduction;
}

/** A user's operation: associative; operands are folded in rank order. */
export type FoldOperation<T> = (left: T, right: T) => T;

export function isBuiltin(op: unknown): op is ReduceOperation {
  return (typeof op === 'function' || typeof op === 'object') && op !== null && 'reduction' in op;
}

/** Reduces one number per rank, `get(r)` for r in 0..count−1. `scratch` saves making an accumulator for each call. */
export function reduceNumbers(
  op: BuiltinReduction,
  count: number,
  get: (r: number) => number,
  scratch?: ExactSum,
): number {
  switch (op) {
    case 'min': {
      let v = get(0);
      for (let r = 1; r < count; r++) v = Math.min(v, get(r));
      return canonical(v);
    }
    case 'max': {
      let v = get(0);
      for (let r = 1; r < count; r++) v = Math.max(v, get(r));
      return canonical(v);
    }
    case 'sum': {
      // One addition rounds once: two terms are exact in that sense already. Adding 0 makes −0 the 0 of an exact sum.
      if (count === 1) return canonical(get(0) + 0);
      if (count === 2) return canonical(get(0) + get(1) + 0);
      const s = scratch ?? new ExactSum();
      s.clear();
      for (let r = 0; r < count; r++) s.add(get(r));
      return s.value();
    }
  }
}

const canonical = (x: number): number => (Number.isNaN(x) ? Number.NaN : x);

/**
 * Reduces element by element over `inputs` (one array a rank, same dtype), elements [from, to), into `out`.
 * Floating-point sums are exact, rounded once to f64, and f32 once more on store; integer sums are modulo 2^bits.
 */
export function reduceElements(
  op: BuiltinReduction,
  inputs: readonly TypedArray[],
  out: TypedArray,
  from: number,
  to: number,
): void {
  if (out instanceof BigInt64Array || out instanceof BigUint64Array) {
    reduceBigInts(op, inputs as readonly (BigInt64Array | BigUint64Array)[], out, from, to);
    return;
  }
  const n = inputs.length;
  const xs = inputs as readonly Float64Array[];
  const isFloat = out instanceof Float64Array || out instanceof Float32Array;
  if (op === 'sum' && !isFloat) {
    // Terms below 2^32 and at most 1024 of them: their sum is an exact double, and the store wraps it.
    for (let k = from; k < to; k++) {
      let v = 0;
      for (let r = 0; r < n; r++) v += xs[r]![k]!;
      out[k] = v;
    }
    return;
  }
  const scratch = new ExactSum();
  for (let k = from; k < to; k++) out[k] = reduceNumbers(op, n, (r) => xs[r]![k]!, scratch);
}

function reduceBigInts(
  op: BuiltinReduction,
  inputs: readonly (BigInt64Array | BigUint64Array)[],
  out: BigInt64Array | BigUint64Array,
  from: number,
  to: number,
): void {
  for (let k = from; k < to; k++) {
    let v = inputs[0]![k]!;
    for (let r = 1; r < inputs.length; r++) {
      const x = inputs[r]![k]!;
      if (op === 'sum') v += x;
      else if (op === 'min' ? x < v : x > v) v = x;
    }
    out[k] = v;
  }
}

/** Refuses what a built-in operation has no meaning for. */
export function refuseOperand(op: BuiltinReduction, value: unknown): never {
  throw new HaloweaveError(
    'argument',
    `allreduce with ${op} takes a number, a typed array or an ndarray, not ${value === null ? 'null' : `a value of type ${typeof value}`}: pass a function (left, right) => … for other values`,
    { operation: 'allreduce' },
  );
}
