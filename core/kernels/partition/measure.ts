import { ExactSum } from '../../base/exact-sum.js';
import type { Operation } from '../../comm/operation.js';
import { DOT, MAX, MIN, SUM, SUM_FAST } from '../../comm/operations/all.js';
import type { BuiltinReduction, DotOperation, ReduceOperation } from '../../comm/operations/public.js';
import { eachOwnedPlane, eachOwnedRow } from '../../halo/extent.js';
import type { TypedArray } from '../../memory/dtype.js';
import { rowSumsOn } from '../../wasm/exact-rows.js';
import type { Context } from './definition.js';
import type { GraphPart, StateOf } from './graph-definition.js';
import type { FieldTypes } from './grid.js';
import type { PartId } from './kernel-part.js';
import type { Part, PartObject } from './part.js';

/** Hands one term to a measure: once a cell, so that the result does not depend on the cut. */
export type AddTerm = (value: number) => void;

/** What a measure is of: the fields of a grid, or the state of a graph's partitions. */
export type Measurable = FieldTypes | StateOf<unknown>;
/** The parts that a measure's function is given: a grid's or a graph's. */
export type MeasuredPart<F extends Measurable> =
  F extends StateOf<infer S> ? GraphPart<S> : F extends FieldTypes ? Part<F> : never;

/**
 * A field's name, for all its values (every vertex once, every component of a vector), or a function that hands
 * over one term for each owned cell of a part.
 */
export type MeasureSource<F extends Measurable> =
  | (keyof F & string)
  | ((part: MeasuredPart<F>, add: AddTerm, context: Context) => void);

/** How the terms of a measure are put together. */
export type MeasureReduction = 'sum' | 'sum.fast' | 'dot' | 'min' | 'max';

/** A quantity of whole states; made by `sum`, `sum.fast`, `dot`, `min` and `max`. */
export interface Measure<F extends Measurable = FieldTypes> {
  /** How terms are put together. */
  readonly reduction: MeasureReduction;
  /** Where terms come from. */
  readonly source: MeasureSource<F>;
  /** The second field of a `dot`. */
  readonly factor?: keyof F & string;
}

/** Both a measure of the partition kernel, `sum('u')`, and an operation of reductions, `comm.allreduce(x, sum)`. */
export interface MeasureFactory extends ReduceOperation {
  <F extends FieldTypes>(source: keyof F & string): Measure<F>;
  <F extends Measurable = FieldTypes>(source: MeasureSource<F>): Measure<F>;
}

/** `sum`, and `sum.fast` beside it. */
export interface SumFactory extends MeasureFactory {
  /** The sum in plain additions, rounded each time: see `sum`. */
  readonly fast: MeasureFactory;
}

/** Both a measure of the partition kernel, `dot('u', 'v')`, and an operation, `comm.allreduce([a, b], dot)`. */
export interface DotFactory extends DotOperation {
  <F extends FieldTypes>(a: keyof F & string, b: keyof F & string): Measure<F>;
}

function factory(operation: Operation): MeasureFactory {
  const reduction = operation.name as BuiltinReduction & MeasureReduction;
  const make = <F extends FieldTypes>(source: MeasureSource<F>): Measure<F> => ({ reduction, source });
  return Object.assign(make, { reduction, operation }) as MeasureFactory;
}

/**
 * Σ, exact: accumulated without rounding and rounded once to the operands' precision, so that parts, ranks and order
 * cannot change it. As a measure `sum('u')` over all values, about 2 ns a term. As an operation on numbers, arrays
 * and ndarrays of every dtype (integers modulo 2^bits) and on `ExactSum` objects, whose total stays unrounded.
 * A zero sum is +0; NaN, or +∞ with −∞, gives NaN.
 *
 * `sum.fast` rounds after every addition. As an operation it adds in the canonical bracket (see `FoldOperation`):
 * the same bits for one number of ranks, whatever the timing and the way. As a measure it adds each part's cells
 * in their order, then the parts of a rank by id, then the ranks: the same bits from run to run, but others
 * for another cut into parts or number of ranks.
 */
export const sum: SumFactory = Object.assign(factory(SUM), {
  fast: factory(SUM_FAST),
});
/** The least value; NaN if any is; −0 below +0. */
export const min = factory(MIN);
/** The greatest value; NaN if any is; −0 below +0. */
export const max = factory(MAX);

/**
 * Σ aₖ·bₖ: the exact sum of the products, each rounded to f64, rounded once: parts, ranks and order cannot change
 * it. As a measure `dot('u', 'v')` over all cells of two fields, about 6 ns a cell; as an operation on pairs of f64
 * or f32 arrays, `comm.allreduce([a, b], dot)`, the product of vectors that are spread over the ranks: a number.
 */
export const dot: DotFactory = Object.assign(
  <F extends FieldTypes>(a: keyof F & string, b: keyof F & string): Measure<F> => ({
    reduction: 'dot' as const,
    source: a,
    factor: b,
  }),
  { reduction: 'dot' as const, operation: DOT },
);

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
  switch (measure.reduction) {
    case 'sum':
    case 'dot':
      return new SumAccumulator(measure.source, measure.factor ?? null);
    case 'sum.fast':
      return new FastSumAccumulator(measure.source);
    default:
      return new ExtremeAccumulator(measure.reduction, measure.source);
  }
}

/** Products of a `dot` on their way into its sum: a block of those that are summed at a time. */
const products = new Float64Array(1024);

class SumAccumulator implements Accumulator {
  readonly words = ExactSum.WORDS;
  readonly #sum = new ExactSum();
  readonly #source: MeasureSource<FieldTypes>;
  readonly #factor: string | null;
  readonly #add: AddTerm = (value) => this.#sum.add(value);

  constructor(source: MeasureSource<FieldTypes>, factor: string | null) {
    this.#source = source;
    this.#factor = factor;
  }
  collect(part: unknown, context: Context): void {
    if (typeof this.#source === 'function') {
      (this.#source as Terms)(part as Part, this.#add, context);
      return;
    }
    const s = this.#sum;
    if (this.#factor !== null) {
      const object = part as PartObject;
      // Of one centring and as many components, hence laid out alike.
      const b = object._arrays[object._field(this.#factor, 'measure')]!.data;
      rows(object, this.#source, (data, start, count) => {
        for (let from = start; from < start + count; from += products.length) {
          const n = Math.min(products.length, start + count - from);
          for (let k = 0; k < n; k++) products[k] = Number(data[from + k]) * Number(b[from + k]);
          s.addRange(products, 0, n);
        }
      });
      return;
    }
    if (this.#collectPlanes(part as PartObject, this.#source)) return;
    rows(part as PartObject, this.#source, (data, start, count) => {
      for (let k = 0; k < count; k++) s.add(Number(data[start + k]));
    });
  }

  /** Doubles, which lie in the heap, are summed plane by plane in WebAssembly; false for other dtypes. */
  #collectPlanes(part: PartObject, field: string): boolean {
    const f = part._field(field, 'measure');
    const { data } = part._arrays[f]!;
    if (!(data instanceof Float64Array)) return false;
    const on = rowSumsOn(data.buffer);
    const s = this.#sum;
    const { layout } = part._extents[f]!;
    const from = data.byteOffset / 8;
    eachOwnedPlane(layout, (start, rows, count, stride) => {
      if (on) s.addRows(on.sums, on.all, from + start, rows, count, stride);
      else for (let r = 0; r < rows; r++) s.addRange(data, start + r * stride, count);
    });
    return true;
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

/** Numbers before names, each in ascending order. */
function before(a: PartId, b: PartId): boolean {
  return typeof a === typeof b ? a < b : typeof a === 'number';
}

/** Parts are measured in an order that timing chooses: their sums are kept apart until all are there. */
class FastSumAccumulator implements Accumulator {
  readonly words = 2;
  readonly #source: MeasureSource<FieldTypes>;
  /** The rank's parts in ascending order, and the sum of each. */
  readonly #ids: PartId[] = [];
  readonly #terms: number[] = [];
  #value = 0;
  #term = 0;
  readonly #add: AddTerm = (value) => {
    this.#term += value;
  };

  constructor(source: MeasureSource<FieldTypes>) {
    this.#source = source;
  }
  collect(part: unknown, context: Context): void {
    this.#term = 0;
    if (typeof this.#source === 'function') (this.#source as Terms)(part as Part, this.#add, context);
    else
      rows(part as PartObject, this.#source, (data, start, count) => {
        let sum = this.#term;
        if (data instanceof Float64Array) for (let k = start; k < start + count; k++) sum += data[k]!;
        else for (let k = start; k < start + count; k++) sum += Number(data[k]);
        this.#term = sum;
      });
    const { id } = part as { id: PartId };
    let k = this.#ids.indexOf(id);
    if (k < 0) {
      k = this.#ids.findIndex((other) => before(id, other));
      if (k < 0) k = this.#ids.length;
      this.#ids.splice(k, 0, id);
      this.#terms.splice(k, 0, 0);
    }
    this.#terms[k] = this.#term;
  }
  write(words: Int32Array, at: number): void {
    scratch[0] = this.#total();
    words[at] = scratchWords[0]!;
    words[at + 1] = scratchWords[1]!;
  }
  merge(words: Int32Array, at: number): void {
    scratchWords[0] = words[at]!;
    scratchWords[1] = words[at + 1]!;
    this.#value += scratch[0]!;
  }
  value(): number {
    const total = this.#total();
    return Number.isNaN(total) ? Number.NaN : total;
  }
  clear(): void {
    this.#terms.fill(0);
    this.#value = 0;
  }
  #total(): number {
    let total = this.#value;
    for (let k = 0; k < this.#terms.length; k++) total += this.#terms[k]!;
    return total;
  }
}

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
