import { ExactSum, StateHash, type TypedArray } from 'haloweave';
import type { Cell, Scheme, Value } from '../programs/kernel/schemes.js';

const ARRAYS = {
  f64: Float64Array,
  f32: Float32Array,
  i8: Int8Array,
  u8: Uint8Array,
  i16: Int16Array,
  u16: Uint16Array,
  i32: Int32Array,
  u32: Uint32Array,
  i64: BigInt64Array,
  u64: BigUint64Array,
};

type Rule = 'periodic' | { dirichlet: number } | { neumann: number } | { constant: number };

export interface ReferenceState {
  hash: string;
  measures: Record<string, number>;
  fields: Record<string, TypedArray>;
}

/**
 * A scheme on whole arrays, one loop over all cells a phase: no parts, no halos, no ranks. What lies beyond
 * the grid is worked out cell by cell from the boundary's definition.
 */
export class ReferenceRun {
  readonly #scheme: Scheme;
  readonly #arrays: Record<string, TypedArray> = {};
  readonly #cells: number;

  constructor(scheme: Scheme) {
    this.#scheme = scheme;
    this.#cells = scheme.shape.reduce((n, m) => n * m, 1);
    for (const [name, dtype] of Object.entries(scheme.fields)) {
      const a = new ARRAYS[dtype](this.#cells);
      for (let k = 0; k < a.length; k++) a[k] = scheme.init(name, this.#index(k)) as never;
      this.#arrays[name] = a;
    }
  }

  advance(cycles: number): this {
    for (let c = 0; c < cycles; c++) for (const phase of this.#scheme.phases) this.#phase(phase);
    return this;
  }

  state(): ReferenceState {
    const { measures } = this.#scheme;
    return {
      hash: this.#hash(),
      measures: Object.fromEntries(
        Object.entries(measures).map(([name, m]) => [name, this.#measure(m.kind, m.field)]),
      ),
      fields: Object.fromEntries(Object.entries(this.#arrays).map(([name, a]) => [name, a.slice()])),
    };
  }

  #phase({ update, swap }: Scheme['phases'][number]): void {
    let at = 0;
    const cell: Cell = {
      index: [],
      read: (field, ...offset) => this.#value(field, moved(cell.index, offset)) as number,
      readBig: (field, ...offset) => this.#value(field, moved(cell.index, offset)) as bigint,
      write: (field, value) => {
        this.#arrays[field][at] = value as never;
      },
    };
    for (at = 0; at < this.#cells; at++) {
      cell.index = this.#index(at);
      update(cell);
    }
    for (const [a, b] of swap ?? []) [this.#arrays[a], this.#arrays[b]] = [this.#arrays[b], this.#arrays[a]];
  }

  #index(k: number): number[] {
    let rest = k;
    return this.#scheme.shape
      .toReversed()
      .map((n) => {
        const x = rest % n;
        rest = (rest - x) / n;
        return x;
      })
      .reverse();
  }

  /** The last axis is the last to be filled, so its rule is the outermost. */
  #value(field: string, x: readonly number[]): Value {
    const { shape } = this.#scheme;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const n = shape[axis];
      const upper = x[axis] >= n;
      if (x[axis] >= 0 && !upper) continue;
      const rule = this.#rule(axis, upper);
      const to = (k: number): Value => this.#value(field, x.with(axis, k));
      if (rule === 'periodic') return to(modulo(x[axis], n));
      const mirror = (upper ? 2 * n : 0) - 1 - x[axis];
      return this.#beyond(field, rule, () => to(mirror), Math.abs(mirror - x[axis]));
    }
    return this.#arrays[field][x.reduce((at, k, axis) => at * shape[axis] + k, 0)];
  }

  #rule(axis: number, upper: boolean): Rule {
    const { boundary } = this.#scheme;
    const entry = (Array.isArray(boundary) ? boundary[axis] : boundary) as
      | Rule
      | { lower: Rule; upper: Rule };
    if (typeof entry === 'object' && 'lower' in entry) return upper ? entry.upper : entry.lower;
    return entry as Rule;
  }

  /** One value beyond the edge, as the field's dtype stores it. */
  #beyond(field: string, rule: Exclude<Rule, 'periodic'>, mirrored: () => Value, distance: number): Value {
    const store = new ARRAYS[this.#scheme.fields[field]](1);
    if ('constant' in rule)
      store[0] = (store instanceof BigInt64Array ? BigInt(rule.constant) : rule.constant) as never;
    else if ('neumann' in rule)
      store[0] = (
        store instanceof BigInt64Array
          ? (mirrored() as bigint) + BigInt(distance * rule.neumann)
          : (mirrored() as number) + distance * rule.neumann
      ) as never;
    else if (store instanceof BigInt64Array) store[0] = 2n * BigInt(rule.dirichlet) - (mirrored() as bigint);
    else store[0] = (2 * rule.dirichlet - (mirrored() as number)) as never;
    return store[0];
  }

  #hash(): string {
    const { state, phases, fields } = this.#scheme;
    const names = state ?? [...new Set(phases.flatMap((p) => p.share))];
    const h = new StateHash();
    for (const name of names) {
      const a = this.#arrays[name];
      const key = StateHash.fieldKey(name);
      if (fields[name] === 'i64') h.addRow(key, 0, a as BigInt64Array, 0, a.length, 1);
      else for (let k = 0; k < a.length; k++) h.add(key, k, a[k] as number);
    }
    return h.hex();
  }

  #measure(kind: 'sum' | 'min' | 'max', field: string): number {
    const values = Array.from(this.#arrays[field] as Float64Array, Number);
    if (kind !== 'sum') return values.reduce((a, b) => Math[kind](a, b));
    const s = new ExactSum();
    for (const v of values) s.add(v);
    return s.value();
  }
}

function moved(x: readonly number[], offset: readonly (number | undefined)[]): number[] {
  return x.map((k, axis) => k + (offset[axis] ?? 0));
}

function modulo(x: number, n: number): number {
  return ((x % n) + n) % n;
}
