import type { TypedArray } from '../../memory/dtype.js';
import { COMBINE } from './brackets.js';
import { BuiltinOperation, canonical } from './builtin.js';
import { describe, Form } from './forms.js';

const ARRAYS = [Form.number, Form.array, Form.ndarray] as const;

type Two<T> = (left: T, right: T) => T;
type BigArrays = readonly BigInt64Array[];

/** The least or greatest: NaN if any operand is NaN, −0 below +0. */
export class ExtremeOperation extends BuiltinOperation {
  readonly #least: boolean;

  constructor(least: boolean, code: number) {
    super(least ? 'min' : 'max', code, ARRAYS);
    this.#least = least;
  }

  numbers(data: Float64Array, first: number, step: number, count: number): number {
    let v = data[first]!;
    if (this.#least) for (let r = 1; r < count; r++) v = Math.min(v, data[first + r * step]!);
    else for (let r = 1; r < count; r++) v = Math.max(v, data[first + r * step]!);
    return canonical(v);
  }

  elements(inputs: readonly TypedArray[], out: TypedArray, from: number, to: number): void {
    const least = this.#least;
    if (out instanceof BigInt64Array || out instanceof BigUint64Array)
      foldBig(inputs as BigArrays, out, from, to, (a, b) => (a < b === least ? a : b));
    else
      foldNumbers(inputs as readonly Float64Array[], out, from, to, least ? Math.min : Math.max, canonical);
  }
}

/** And, or, exclusive or of truth values: an element is true unless it is 0 (NaN is true), results are 1 and 0. */
export class LogicalOperation extends BuiltinOperation {
  readonly #two: Two<boolean>;

  constructor(name: string, code: number, two: Two<boolean>) {
    super(name, code, [Form.boolean, ...ARRAYS]);
    this.#two = two;
  }

  numbers(data: Float64Array, first: number, step: number, count: number): number {
    let v = data[first] !== 0;
    for (let r = 1; r < count; r++) v = this.#two(v, data[first + r * step] !== 0);
    return v ? 1 : 0;
  }

  elements(inputs: readonly TypedArray[], out: TypedArray, from: number, to: number): void {
    const two = this.#two;
    if (out instanceof BigInt64Array || out instanceof BigUint64Array) {
      const truth = (x: bigint): bigint => (x !== 0n ? 1n : 0n);
      foldBig(inputs as BigArrays, out, from, to, (a, b) => truth(two(a !== 0n, b !== 0n) ? 1n : 0n), truth);
      return;
    }
    const truth = (x: number): number => (x !== 0 ? 1 : 0);
    foldNumbers(
      inputs as readonly Float64Array[],
      out,
      from,
      to,
      (a, b) => (two(a !== 0, b !== 0) ? 1 : 0),
      truth,
    );
  }

  protected override combineOthers(left: unknown, right: unknown): unknown {
    return this.#two(left as boolean, right as boolean);
  }
}

/** And, or, exclusive or of the bits of whole numbers, in two's complement of any length. */
export class BitwiseOperation extends BuiltinOperation {
  readonly #big: Two<bigint>;
  readonly #small: Two<number>;

  constructor(name: string, code: number, small: Two<number>, big: Two<bigint>) {
    super(name, code, [...ARRAYS, Form.bigint], true, false);
    this.#small = small;
    this.#big = big;
  }

  override check(value: unknown, call: string): void {
    super.check(value, call);
    const whole =
      typeof value === 'bigint' ||
      (typeof value === 'number' ? Number.isSafeInteger(value) : !/ f(32|64)$/.test(describe(value)));
    if (!whole)
      this.refuse(
        call,
        `of whole numbers up to 2^53 − 1 or of integer dtypes, not ${typeof value === 'number' ? value : describe(value)}`,
      );
  }

  /** Both ways give the same bits; 32-bit operations are 30 times as fast. */
  #numbers(a: number, b: number): number {
    if ((a | 0) === a && (b | 0) === b) return this.#small(a, b);
    return Number(this.#big(BigInt(a), BigInt(b)));
  }

  numbers(data: Float64Array, first: number, step: number, count: number): number {
    // Adding 0 makes −0 the 0 that it is as an integer.
    let v = data[first]! + 0;
    for (let r = 1; r < count; r++) v = this.#numbers(v, data[first + r * step]!);
    return v;
  }

  elements(inputs: readonly TypedArray[], out: TypedArray, from: number, to: number): void {
    if (out instanceof BigInt64Array || out instanceof BigUint64Array)
      foldBig(inputs as BigArrays, out, from, to, this.#big);
    else foldNumbers(inputs as readonly Float64Array[], out, from, to, this.#small);
  }

  protected override combineOthers(left: unknown, right: unknown): unknown {
    return this.#big(left as bigint, right as bigint);
  }
}

/**
 * Rounded at every step in the canonical bracket: `sum.fast` and `product`. f32 rounds to f32 every time, as partials
 * that travel as f32 do; integers are modulo 2^bits, where no bracket shows.
 */
export class BracketOperation extends BuiltinOperation {
  readonly #float: Two<number>;
  readonly #int: Two<number>;
  readonly #big: Two<bigint>;
  readonly #stack = new Float64Array(STACK);

  constructor(name: string, code: number, float: Two<number>, int: Two<number>, big: Two<bigint>) {
    super(name, code, ARRAYS, false);
    this.#float = float;
    this.#int = int;
    this.#big = big;
  }

  numbers(data: Float64Array, first: number, step: number, _count: number, program: Int32Array): number {
    const stack = this.#stack;
    let top = -1;
    for (let i = 0; i < program.length; i++) {
      const r = program[i]!;
      if (r !== COMBINE) stack[++top] = data[first + r * step]!;
      else {
        top--;
        stack[top] = this.#float(stack[top]!, stack[top + 1]!);
      }
    }
    return canonical(stack[0]!);
  }

  elements(
    inputs: readonly TypedArray[],
    out: TypedArray,
    from: number,
    to: number,
    program: Int32Array,
  ): void {
    if (out instanceof BigInt64Array || out instanceof BigUint64Array) {
      foldBig(inputs as BigArrays, out, from, to, this.#big);
      return;
    }
    const xs = inputs as readonly Float64Array[];
    if (!(out instanceof Float64Array || out instanceof Float32Array)) {
      foldNumbers(xs, out, from, to, this.#int);
      return;
    }
    const single = out instanceof Float32Array;
    const two = this.#float;
    const stack = this.#stack;
    for (let k = from; k < to; k++) {
      let top = -1;
      for (let i = 0; i < program.length; i++) {
        const r = program[i]!;
        if (r !== COMBINE) {
          stack[++top] = xs[r]![k]!;
          continue;
        }
        top--;
        const v = two(stack[top]!, stack[top + 1]!);
        stack[top] = single ? Math.fround(v) : v;
      }
      out[k] = canonical(stack[0]!);
    }
  }
}

/** Deepest stack of a program: two a level, and 2^31 ranks have 31 levels. */
const STACK = 64;

/** `last` is applied to every result, also to that of a lone operand. */
function foldNumbers(
  inputs: readonly Float64Array[],
  out: TypedArray,
  from: number,
  to: number,
  two: Two<number>,
  last: ((x: number) => number) | null = null,
): void {
  const n = inputs.length;
  for (let k = from; k < to; k++) {
    let v = inputs[0]![k]!;
    for (let r = 1; r < n; r++) v = two(v, inputs[r]![k]!);
    out[k] = last ? last(v) : v;
  }
}

function foldBig(
  inputs: BigArrays,
  out: BigInt64Array | BigUint64Array,
  from: number,
  to: number,
  two: Two<bigint>,
  last: ((x: bigint) => bigint) | null = null,
): void {
  const n = inputs.length;
  for (let k = from; k < to; k++) {
    let v = inputs[0]![k]!;
    for (let r = 1; r < n; r++) v = two(v, inputs[r]![k]!);
    out[k] = last ? last(v) : v;
  }
}
