import { HaloweaveError } from '../../base/errors.js';
import { dtypeOf, isTypedArray, type TypedArray } from '../../memory/dtype.js';
import { isNdArray, type NdArray, ndarray } from '../../memory/ndarray.js';
import type { Operation } from '../operation.js';
import { outgoing } from '../payload.js';
import { prefixProgram, treeProgram } from './brackets.js';
import { describe, differentOperands, Form, formOf, isArray, listForms } from './forms.js';

/** NaN has many bit patterns: results have one. */
export const canonical = (x: number): number => (Number.isNaN(x) ? Number.NaN : x);

/**
 * An operation that haloweave knows: on numbers, on arrays element by element, and on whatever else its `forms`
 * name. Subclasses say how; here is what all do alike.
 */
export abstract class BuiltinOperation implements Operation {
  readonly name: string;
  readonly code: number;
  readonly forms: readonly Form[];
  readonly anyOrder: boolean;
  /** True if every number may be an operand, so that a lone number need not be checked. */
  readonly takesNumbers: boolean;

  constructor(name: string, code: number, forms: readonly Form[], anyOrder = true, takesNumbers = true) {
    this.name = name;
    this.code = code;
    this.forms = forms;
    this.anyOrder = anyOrder;
    this.takesNumbers = takesNumbers && forms.includes(Form.number);
  }

  check(value: unknown, call: string): void {
    if (!this.forms.includes(formOf(value)))
      this.refuse(call, `not ${describe(value)}: pass a function (left, right) => … for other values`);
  }

  protected refuse(call: string, why: string): never {
    throw new HaloweaveError('argument', `${call} with ${this.name} takes ${listForms(this.forms)}, ${why}`, {
      operation: call,
    });
  }

  /** Combines `data[first]`, `data[first + step]`, …: one number a rank. `program` only where the order shows. */
  abstract numbers(
    data: Float64Array,
    first: number,
    step: number,
    count: number,
    program?: Int32Array,
  ): number;

  /**
   * Combines `inputs` (one array a rank, all of one dtype) element by element in [from, to) into `out`, which may
   * be one of them. `program` only where the order shows.
   */
  abstract elements(
    inputs: readonly TypedArray[],
    out: TypedArray,
    from: number,
    to: number,
    program?: Int32Array,
  ): void;

  fold(values: readonly unknown[]): unknown {
    return this.#fold(values, this.anyOrder ? undefined : treeProgram(values.length));
  }

  prefix(values: readonly unknown[], rank: number): unknown {
    return this.#fold(values.slice(0, rank + 1), this.anyOrder ? undefined : prefixProgram(rank + 1));
  }

  #fold(values: readonly unknown[], program: Int32Array | undefined): unknown {
    const first = values[0];
    const what = describe(first);
    for (const v of values) if (describe(v) !== what) throw differentOperands(this.name, what, describe(v));
    if (typeof first === 'number') {
      const data = Float64Array.from(values as readonly number[]);
      return this.numbers(data, 0, 1, data.length, program);
    }
    if (!isArray(first)) return this.foldOthers(values);
    const inputs = values.map((v) => outgoing(v).data);
    const n = inputs[0]!.length;
    const out = new (dtypeOf(inputs[0]!).create)(n);
    this.elements(inputs, out, 0, n, program);
    return isNdArray(first) ? ndarray(out, first.shape) : out;
  }

  /** Combines operands that are neither numbers nor arrays; their order does not show. */
  protected foldOthers(values: readonly unknown[]): unknown {
    let total = this.partial(values[0]);
    for (let r = 1; r < values.length; r++) total = this.combine(total, this.partial(values[r]));
    return this.result(total);
  }

  partial(value: unknown): unknown {
    if (!isArray(value)) return value;
    // A copy, contiguous: combining writes into it.
    const { data, dtype, shape } = outgoing(value);
    const own = new dtype.create(data.length);
    own.set(data as never);
    return shape ? ndarray(own, shape) : own;
  }

  combine(left: unknown, right: unknown): unknown {
    if (typeof left === 'number' && typeof right === 'number') {
      pair[0] = left;
      pair[1] = right;
      return this.numbers(pair, 0, 1, 2, PAIR);
    }
    const what = describe(left);
    if (what !== describe(right)) throw differentOperands(this.name, what, describe(right));
    if (!isArray(left)) return this.combineOthers(left, right);
    const l = elementsOf(left);
    this.elements([l, elementsOf(right as TypedArray | NdArray)], l, 0, l.length, PAIR);
    return left;
  }

  protected combineOthers(left: unknown, right: unknown): unknown {
    throw differentOperands(this.name, describe(left), describe(right));
  }

  result(partial: unknown): unknown {
    if (typeof partial === 'number') {
      pair[0] = partial;
      return this.numbers(pair, 0, 1, 1, SINGLE);
    }
    if (!isArray(partial)) return partial;
    const data = elementsOf(partial);
    this.elements([data], data, 0, data.length, SINGLE);
    return partial;
  }
}

/** Operands of `combine`: it runs to its end before the next. */
const pair = new Float64Array(2);
const PAIR = treeProgram(2);
const SINGLE = treeProgram(1);

/** The elements of a partial or of one that arrived: both are contiguous. */
const elementsOf = (a: TypedArray | NdArray): TypedArray => (isTypedArray(a) ? a : a.data);
