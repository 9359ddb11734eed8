import { ExactSum } from '../../base/exact-sum.js';
import { addExactWords } from '../../base/exact-words.js';
import { isTypedArray, type TypedArray } from '../../memory/dtype.js';
import type { NdArray } from '../../memory/ndarray.js';
import { outgoing } from '../payload.js';
import { BuiltinOperation, canonical } from './builtin.js';
import { countOf, describe, differentOperands, Form } from './forms.js';
import { addWords, describePacked, integers, pack, sameTail, tailOf, unpack } from './packed.js';

const { WORDS } = ExactSum;

/** The accumulator of whatever is being summed: every sum runs to its end before the next. */
const scratch = new ExactSum();

const isBig = (a: TypedArray): a is BigInt64Array | BigUint64Array =>
  a instanceof BigInt64Array || a instanceof BigUint64Array;
const isFloat = (a: TypedArray): a is Float64Array | Float32Array =>
  a instanceof Float64Array || a instanceof Float32Array;

/** Σ without rounding, rounded once to the operands' precision; integers modulo 2^bits. */
export class ExactSumOperation extends BuiltinOperation {
  constructor(code: number) {
    super('sum', code, [Form.number, Form.array, Form.ndarray, Form.exactSum]);
  }

  numbers(data: Float64Array, first: number, step: number, count: number): number {
    // One addition rounds once: two terms are exact in that sense already. Adding 0 makes −0 the 0 of an exact sum.
    if (count === 1) return canonical(data[first]! + 0);
    if (count === 2) return canonical(data[first]! + data[first + step]! + 0);
    scratch.clear();
    for (let r = 0; r < count; r++) scratch.add(data[first + r * step]!);
    return scratch.value();
  }

  elements(inputs: readonly TypedArray[], out: TypedArray, from: number, to: number): void {
    const n = inputs.length;
    if (isBig(out)) {
      const xs = inputs as readonly BigInt64Array[];
      for (let k = from; k < to; k++) {
        let v = xs[0]![k]!;
        for (let r = 1; r < n; r++) v += xs[r]![k]!;
        out[k] = v;
      }
      return;
    }
    const xs = inputs as readonly Float64Array[];
    if (!isFloat(out)) {
      // Terms below 2^32 and at most 1024 of them: their sum is an exact double, and the store wraps it.
      for (let k = from; k < to; k++) {
        let v = 0;
        for (let r = 0; r < n; r++) v += xs[r]![k]!;
        out[k] = v;
      }
      return;
    }
    if (n <= 2) {
      // Rounding the f64 sum of two f32 again errs no second time: 53 bits are more than twice 24.
      for (let k = from; k < to; k++)
        out[k] = canonical(n === 1 ? xs[0]![k]! + 0 : xs[0]![k]! + xs[1]![k]! + 0);
      return;
    }
    const single = out instanceof Float32Array;
    for (let k = from; k < to; k++) {
      scratch.clear();
      for (let r = 0; r < n; r++) scratch.add(xs[r]![k]!);
      out[k] = single ? scratch.valueF32() : scratch.value();
    }
  }

  override partial(value: unknown): Int32Array {
    return pack(value);
  }

  override combine(left: unknown, right: unknown): Int32Array {
    const [l, r] = [left as Int32Array, right as Int32Array];
    const form = tailOf(l);
    if (!sameTail(l, r)) throw differentOperands(this.name, describePacked(l), describePacked(r));
    if (form.exact) addWords(l, r, form.count);
    else {
      const total = integers(l, form);
      this.elements([total, integers(r, form)], total, 0, form.count);
    }
    return l;
  }

  override result(partial: unknown): unknown {
    return unpack(partial as Int32Array);
  }

  protected override foldOthers(values: readonly unknown[]): unknown {
    const total = new ExactSum();
    for (const v of values) total.merge(v as ExactSum);
    return total;
  }
}

/** Σₖ aₖ·bₖ over all ranks: the exact sum of the products, each rounded to f64 (those of two f32 are exact). */
export class DotOperation extends BuiltinOperation {
  constructor(code: number) {
    super('dot', code, [Form.pair]);
  }

  override check(value: unknown, call: string): void {
    super.check(value, call);
    const [a, b] = value as Pair;
    if (countOf(a) === countOf(b) && [a, b].every((x) => isFloat(isTypedArray(x) ? x : x.data))) return;
    this.refuse(call, `both of floats and of one length, not ${describe(a)} and ${describe(b)}`);
  }

  numbers(): number {
    throw differentOperands(this.name, 'a number', 'a pair of arrays');
  }
  elements(): void {
    throw differentOperands(this.name, 'an array', 'a pair of arrays');
  }

  override partial(value: unknown): Int32Array {
    const [a, b] = (value as Pair).map((x) => outgoing(x).data) as [Float64Array, Float64Array];
    scratch.clear();
    for (let k = 0; k < a.length; k++) scratch.add(a[k]! * b[k]!);
    const words = new Int32Array(WORDS);
    scratch.write(words, 0);
    return words;
  }

  override combine(left: unknown, right: unknown): Int32Array {
    addExactWords(left as Int32Array, 0, right as Int32Array, 0);
    return left as Int32Array;
  }

  override result(partial: unknown): number {
    scratch.clear();
    scratch.mergeFrom(partial as Int32Array, 0);
    return scratch.value();
  }
}

type Pair = readonly [TypedArray | NdArray, TypedArray | NdArray];
