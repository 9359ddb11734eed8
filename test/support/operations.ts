import { ExactSum } from '../../core/base/exact-sum.js';
import type { Operation } from '../../core/comm/operation.js';
import { outgoing } from '../../core/comm/payload.js';
import { isTypedArray } from '../../core/memory/dtype.js';
import { isNdArray, type NdArray, ndarray } from '../../core/memory/ndarray.js';
import { foldTree } from '../../core/topology/tree.js';

/** The bracket that scans document: S(r, k + 1) = S(r − 2^k, k) · S(r, k). */
function prefixByDoubling(op: Operation, values: readonly unknown[], rank: number): unknown {
  let s = values.slice(0, rank + 1).map((v) => op.partial(v));
  for (let step = 1; step <= rank; step *= 2)
    s = s.map((own, r) => (r >= step ? op.combine(copy(s[r - step]), copy(own)) : own));
  return op.result(s[rank]);
}

/** `combine` may change its operands, and these are used again. */
function copy(v: unknown): unknown {
  if (isTypedArray(v)) return v.slice();
  return isNdArray(v) ? ndarray(outgoing(v).data.slice(), v.shape) : v;
}

abstract class TestOperation implements Operation {
  abstract readonly name: string;
  abstract readonly code: number;
  abstract readonly anyOrder: boolean;
  check(): void {}
  fold(values: readonly unknown[]): unknown {
    const combine = (a: unknown, b: unknown): unknown => this.combine(a, b);
    return this.result(foldTree(values.length, (r) => this.partial(values[r]), combine));
  }
  prefix(values: readonly unknown[], rank: number): unknown {
    return prefixByDoubling(this, values, rank);
  }
  abstract partial(value: unknown): unknown;
  abstract combine(left: unknown, right: unknown): unknown;
  result(partial: unknown): unknown {
    return partial;
  }
}

/** Concatenation of strings that shows its brackets: any other order or bracket is another string. */
class Concat extends TestOperation {
  readonly name = 'a function';
  readonly code = 0;
  readonly anyOrder = false;
  partial(value: unknown): unknown {
    return value;
  }
  combine(left: unknown, right: unknown): unknown {
    return `(${left as string}${right as string})`;
  }
}

/** Rounds at every addition, so that the bracket shows; of numbers and f64 arrays. */
class FastSum extends TestOperation {
  readonly name = 'sum.fast';
  readonly code = 2;
  readonly anyOrder = false;
  partial(value: unknown): unknown {
    return isTypedArray(value) ? value.slice() : value;
  }
  combine(left: unknown, right: unknown): unknown {
    if (typeof left === 'number') return left + (right as number);
    const [l, r] = [left as Float64Array, right as Float64Array];
    for (let k = 0; k < l.length; k++) l[k]! += r[k]!;
    return l;
  }
}

/** The larger; of numbers, arrays and ndarrays, whose partials are ndarrays too. */
class Max extends TestOperation {
  readonly name = 'max';
  readonly code = 5;
  readonly anyOrder = true;
  partial(value: unknown): unknown {
    return copy(value);
  }
  combine(left: unknown, right: unknown): unknown {
    if (typeof left === 'number') return Math.max(left, right as number);
    const l = elements(left);
    const r = elements(right);
    for (let k = 0; k < l.length; k++) l[k] = Math.max(l[k]!, r[k]!);
    return left;
  }
}

const elements = (a: unknown): Float64Array => (isTypedArray(a) ? a : (a as NdArray).data) as Float64Array;

const scratch = new ExactSum();

/** Exact sums of numbers and f64 arrays; partials are an accumulator an element, and a word that tells an array. */
class Sum extends TestOperation {
  readonly name = 'sum';
  readonly code = 1;
  readonly anyOrder = true;
  /** Without partials: the reference for what messages give. */
  override fold(values: readonly unknown[]): unknown {
    if (typeof values[0] === 'number') return exact(values as number[]);
    const arrays = values.map(elements);
    return arrays[0]!.map((_, k) => exact(arrays.map((a) => a[k]!)));
  }
  override prefix(values: readonly unknown[], rank: number): unknown {
    return this.fold(values.slice(0, rank + 1));
  }
  partial(value: unknown): Int32Array {
    const xs = typeof value === 'number' ? [value] : elements(value);
    const words = new Int32Array(xs.length * ExactSum.WORDS + 1);
    for (let k = 0; k < xs.length; k++) {
      scratch.clear();
      scratch.add(xs[k]!);
      scratch.write(words, k * ExactSum.WORDS);
    }
    words[words.length - 1] = typeof value === 'number' ? 0 : 1;
    return words;
  }
  combine(left: unknown, right: unknown): unknown {
    const [l, r] = [left as Int32Array, right as Int32Array];
    for (let at = 0; at + 1 < l.length; at += ExactSum.WORDS) {
      scratch.clear();
      scratch.mergeFrom(l, at);
      scratch.mergeFrom(r, at);
      scratch.write(l, at);
    }
    return l;
  }
  override result(partial: unknown): unknown {
    const words = partial as Int32Array;
    const xs = Float64Array.from({ length: (words.length - 1) / ExactSum.WORDS }, (_, k) => {
      scratch.clear();
      scratch.mergeFrom(words, k * ExactSum.WORDS);
      return scratch.value();
    });
    return words[words.length - 1] === 0 ? xs[0] : xs;
  }
}

function exact(terms: readonly number[]): number {
  scratch.clear();
  for (const x of terms) scratch.add(x);
  return scratch.value();
}

export const concat = new Concat();
export const fastSum = new FastSum();
export const max = new Max();
export const sum = new Sum();

export function operationName(code: number): string {
  return [concat, sum, fastSum, max].find((op) => op.code === code)?.name ?? `operation ${code}`;
}
