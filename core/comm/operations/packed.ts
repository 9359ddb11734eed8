import { ExactSum } from '../../base/exact-sum.js';
import { addExactWords } from '../../base/exact-words.js';
import { DTYPES, type TypedArray } from '../../memory/dtype.js';
import { ndarray } from '../../memory/ndarray.js';
import { outgoing } from '../payload.js';
import { describeArray, describeForm, Form, formOf } from './forms.js';

/**
 * Partials of exact sums as 32-bit words, so that they travel as raw memory: for floats one ExactSum an element, for
 * integers the elements themselves; then the extents of an ndarray, and last how to make a value of them again.
 */
const { WORDS } = ExactSum;
// Counted from the end.
const FORM = 1;
const DTYPE = 2;
const COUNT = 3;
const DIMENSIONS = 4;
const TAIL = 4;

const scratch = new ExactSum();

export interface Tail {
  form: Form;
  dtype: number;
  count: number;
  dimensions: number;
  /** Whether the elements are exact sums. */
  exact: boolean;
}

export function tailOf(words: Int32Array): Tail {
  const n = words.length;
  const dtype = words[n - DTYPE]!;
  return {
    form: words[n - FORM] as Form,
    dtype,
    count: words[n - COUNT]!,
    dimensions: words[n - DIMENSIONS]!,
    exact: dtype <= 1,
  };
}

/** Makes the partial of a number, a typed array, an ndarray or an ExactSum. */
export function pack(value: unknown): Int32Array {
  const form = formOf(value);
  if (form === Form.exactSum) {
    const words = frame(form, 0, 1, [], WORDS);
    (value as ExactSum).write(words, 0);
    return words;
  }
  const o = form === Form.number ? null : outgoing(value);
  const data = o ? o.data : Float64Array.of(value as number);
  const dtype = o ? o.dtype : DTYPES[0]!;
  const floats = dtype.code <= 1;
  const n = data.length;
  const words = frame(
    form,
    dtype.code,
    n,
    o?.shape ?? [],
    floats ? n * WORDS : Math.ceil((n * dtype.bytes) / 4),
  );
  if (!floats) integers(words, tailOf(words)).set(data as never);
  else
    for (let k = 0; k < n; k++) {
      scratch.clear();
      scratch.add(data[k] as number);
      scratch.write(words, k * WORDS);
    }
  return words;
}

function frame(form: Form, dtype: number, count: number, shape: readonly number[], body: number): Int32Array {
  const words = new Int32Array(body + shape.length + TAIL);
  words.set(shape, body);
  words.set([shape.length, count, dtype, form], body + shape.length);
  return words;
}

/** The value of a partial, rounded once. */
export function unpack(words: Int32Array): unknown {
  const tail = tailOf(words);
  if (tail.form === Form.exactSum) {
    const total = new ExactSum();
    total.mergeFrom(words, 0);
    return total;
  }
  const data = tail.exact ? rounded(words, tail) : integers(words, tail).slice();
  if (tail.form === Form.number) return data[0];
  return tail.form === Form.ndarray ? ndarray(data, shapeOf(words, tail)) : data;
}

function rounded(words: Int32Array, tail: Tail): TypedArray {
  const out = new DTYPES[tail.dtype]!.create(tail.count);
  for (let k = 0; k < tail.count; k++) {
    scratch.clear();
    scratch.mergeFrom(words, k * WORDS);
    out[k] = tail.dtype === 1 ? scratch.valueF32() : scratch.value();
  }
  return out;
}

/** The elements of an integer partial, in place. */
export function integers(words: Int32Array, tail: Tail): TypedArray {
  return new DTYPES[tail.dtype]!.create(words.buffer, words.byteOffset, tail.count);
}

export function addWords(total: Int32Array, other: Int32Array, count: number): void {
  for (let at = 0; at < count * WORDS; at += WORDS) addExactWords(total, at, other, at);
}

function shapeOf(words: Int32Array, tail: Tail): number[] {
  const end = words.length - TAIL;
  return Array.from(words.subarray(end - tail.dimensions, end));
}

/** True if two partials are of one form, dtype and extent. */
export function sameTail(a: Int32Array, b: Int32Array): boolean {
  if (a.length !== b.length) return false;
  const words = TAIL + a[a.length - DIMENSIONS]!;
  for (let k = 1; k <= words; k++) if (a[a.length - k] !== b[b.length - k]) return false;
  return true;
}

export function describePacked(words: Int32Array): string {
  const tail = tailOf(words);
  if (tail.form !== Form.array && tail.form !== Form.ndarray) return describeForm(tail.form);
  const shape = tail.form === Form.ndarray ? shapeOf(words, tail) : null;
  return describeArray(DTYPES[tail.dtype]!.name, tail.count, shape);
}
