import { ExactSum } from '../../base/exact-sum.js';
import type { BuiltinReduction, ReduceOperation } from '../../comm/reduce.js';
import { eachOwnedRow } from '../../halo/extent.js';
import type { TypedArray } from '../../memory/dtype.js';
import type { Context } from './definition.js';
import type { GraphPart, StateOf } from './graph-definition.js';
import type { FieldTypes } from './grid.js';
import type { Part, PartObject } from './part.js';

/** Hands one term to a measure: once a cell, so that the result does not depend on the cut. */
export type AddTerm = (value: number) => void;

/** What a measure is of: the fields of a grid, or the state of a graph's partitions. */
export type Measurable = FieldTypes | StateOf<unknown>;
export type MeasuredPart<F extends Measurable> =
  F extends StateOf<infer S> ? GraphPart<S> : F extends FieldTypes ? Part<F> : never;

/**
 * A field's name, for all its values (every vertex once, every component of a vector), or a function that hands
 * over one term for each owned cell of a part.
 */
export type MeasureSource<F extends Measurable> =
  | (keyof F & string)
  | ((part: MeasuredPart<F>, add: AddTerm, context: Context) => void);

export interface Measure<F extends Measurable = FieldTypes> {
  readonly reduction: BuiltinReduction;
  readonly source: MeasureSource<F>;
}

/** Both a measure of the partition kernel, `sum('u')`, and an operation of `allreduce`, `comm.allreduce(x, sum)`. */
export interface MeasureFactory extends ReduceOperation {
  <F extends FieldTypes>(source: keyof F & string): Measure<F>;
  <F extends Measurable = FieldTypes>(source: MeasureSource<F>): Measure<F>;
}

function factory(reduction: BuiltinReduction): MeasureFactory {
  const make = <F extends FieldTypes>(source: MeasureSource<F>): Measure<F> => ({ reduction, source });
  return Object.assign(make, { reduction }) as MeasureFactory;
}

/**
 * Σ over all cells (or vertices, or whatever terms a function gives), exact: accumulated without rounding and rounded once, so that parts, ranks and order
 * cannot change it. Costs about 2 ns a term.
 */
export const sum = factory('sum');
/** The least value; NaN if any is; −0 below +0. */
export const min = factory('min');
/** The greatest value; NaN if any is; −0 below +0. */
export const max = factory('max');

/** Collects one measure of one state on one rank; travels as `words` 32-bit words. */
export interface Accumulator {
  readonly words: number;
  /** Takes a part as user code sees it; one of a grid if the measure names a field. */
  collect(part: unknown, context: Context): void;
  write(words: Int32Array, at: number): void;
  merge(words: Int32Array, at: number): void;
  value(): number;
  clear(): void;
}

/** Takes part objects as user code sees them: the kernel knows fields by number only. */
type Terms = (part: Part, add: AddTerm, context: Context) => void;

export function accumulator(measure: Measure): Accumulator {
  return measure.reduction === 'sum'
    ? new SumAccumulator(measure.source)
    : new ExtremeAccumulator(measure.reduction, measure.source);
}

class SumAccumulator implements Accumulator {
  readonly words = ExactSum.WORDS;
  readonly #sum = new ExactSum();
  readonly #source: MeasureSource<FieldTypes>;
  readonly #add: AddTerm = (value) => this.#sum.add(value);

  constructor(source: MeasureSource<FieldTypes>) {
    this.#source = source;
  }
  collect(part: unknown, context: Context): void {
    if (typeof this.#source === 'function') {
      (this.#source as Terms)(part as Part, this.#add, context);
      return;
    }
    const s = this.#sum;
    rows(part as PartObject, this.#source, (data, start, count) => {
      if (data instanceof Float64Array) s.addRange(data, start, count);
      else for (let k = 0; k < count; k++) s.add(Number(data[start + k]));
    });
  }
  write(words: Int32Array, at: number): void {
    this.#sum.write(words, at);
  }
  merge(words: Int32Array, at: number): void {
    this.#sum.mergeFrom(words, at);
  }
  value(): number {
    return this.#sum.value();
  }
  clear(): void {
    this.#sum.clear();
  }
}

const scratch = new Float64Array(1);
const scratchWords = new Int32Array(scratch.buffer);

class ExtremeAccumulator implements Accumulator {
  readonly words = 2;
  readonly #pick: (a: number, b: number) => number;
  readonly #start: number;
  readonly #source: MeasureSource<FieldTypes>;
  #value: number;
  readonly #add: AddTerm = (value) => {
    this.#value = this.#pick(this.#value, value);
  };

  constructor(kind: 'min' | 'max', source: MeasureSource<FieldTypes>) {
    this.#pick = kind === 'min' ? Math.min : Math.max;
    this.#start = kind === 'min' ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
    this.#value = this.#start;
    this.#source = source;
  }
  collect(part: unknown, context: Context): void {
    if (typeof this.#source === 'function') {
      (this.#source as Terms)(part as Part, this.#add, context);
      return;
    }
    rows(part as PartObject, this.#source, (data, start, count) => {
      for (let k = 0; k < count; k++) this.#add(Number(data[start + k]));
    });
  }
  write(words: Int32Array, at: number): void {
    scratch[0] = this.#value;
    words[at] = scratchWords[0]!;
    words[at + 1] = scratchWords[1]!;
  }
  merge(words: Int32Array, at: number): void {
    scratchWords[0] = words[at]!;
    scratchWords[1] = words[at + 1]!;
    this.#add(scratch[0]!);
  }
  value(): number {
    return Number.isNaN(this.#value) ? Number.NaN : this.#value;
  }
  clear(): void {
    this.#value = this.#start;
  }
}

/** Visits the owned values of a field as contiguous runs along the last axis. */
export function rows(
  part: PartObject,
  field: string,
  visit: (data: TypedArray, start: number, count: number) => void,
): void {
  const f = part._field(field, 'measure');
  const { data } = part._arrays[f]!;
  const { layout, lo, shape } = part._extents[f]!;
  eachOwnedRow(layout, lo, shape, (start, _index, count) => visit(data, start, count));
}
