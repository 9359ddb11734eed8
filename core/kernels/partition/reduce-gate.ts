import type { Context } from './definition.js';
import type { KernelPart } from './kernel-part.js';
import { type Accumulator, accumulator } from './measure.js';
import type { OpenPartials, Partials } from './partials.js';
import type { NamedMeasure, ResolvedSteps } from './resolve.js';
import { userError } from './user-error.js';

/**
 * Entries of a phase's ring. A rank publishes a reduction after it has read the one before, which took the
 * partial of every rank, and each had read the one before that: entry n is free again at n + 2.
 */
const RING = 2;

/** A phase that ends with a reduction, and this rank's part of the one that is under way. */
interface Reduction {
  readonly phase: number;
  readonly measures: readonly NamedMeasure[];
  readonly accumulators: readonly Accumulator[];
  readonly partials: Partials;
  /** Parts of this rank that have added their terms. */
  parts: number;
}

/**
 * The reductions between phases: all parts add their terms after a phase's workunit, and no part runs the
 * next phase before the values are there. All parts meet at a reduction, so that one set of values a rank is
 * enough: while any part may still look at them, no later reduction can be complete.
 */
export class ReduceGate {
  /** The newest value of every reduction, by name; NaN until there is one. One object, changed in place. */
  readonly values: Record<string, number> = {};
  /** Parts may run steps up to this one: its reduction has not been read, or they are held after it. */
  bound: number = Number.MAX_SAFE_INTEGER;
  /** Steps after which all parts stop for the time being: a quiescent point. */
  held: number = Number.MAX_SAFE_INTEGER;
  readonly #phases: number;
  readonly #myParts: number;
  readonly #list: Reduction[] = [];
  /** By phase: its reduction, or null. */
  readonly #of: (Reduction | null)[];
  /** Reductions read so far, and cycles before the first that was published here. */
  #read = 0;
  #from = 0;

  /** Collective. */
  constructor(program: ResolvedSteps, open: OpenPartials, myParts: number) {
    this.#phases = program.workunits.length;
    this.#myParts = myParts;
    this.#of = program.reduces.map((measures, phase) => {
      if (measures.length === 0) return null;
      const list = measures.map((m) => m.measure);
      const r: Reduction = {
        phase,
        measures,
        accumulators: list.map(accumulator),
        partials: open(list, RING),
        parts: 0,
      };
      for (const { name } of measures) this.values[name] = Number.NaN;
      this.#list.push(r);
      return r;
    });
    this.#bind();
  }

  /** Collects one part's terms after the workunit of a step; the last part of the rank publishes. */
  collect(part: KernelPart, step: number, phase: number, context: Context): void {
    const r = this.#of[phase];
    if (!r) return;
    const { accumulators } = r;
    for (let k = 0; k < accumulators.length; k++) {
      if (r.parts === 0) accumulators[k]!.clear();
      try {
        accumulators[k]!.collect(part.object, context);
      } catch (cause) {
        throw userError(cause, `reduce '${r.measures[k]!.name}'`, part.id, context);
      }
    }
    if (++r.parts < this.#myParts) return;
    r.parts = 0;
    r.partials.publish((step - phase) / this.#phases - this.#from, accumulators);
  }

  /** Lets parts do `steps` steps and no more; every rank gives the same number. */
  holdAt(steps: number): void {
    this.held = steps;
    this.#bind();
  }

  /** True if a step may run as far as reductions go; reads them on the way. */
  admits(step: number): boolean {
    while (step > this.bound) if (step >= this.held || !this.#readNext()) return false;
    return true;
  }

  /** Stays until other hosts need no more values from this one; all parts of this rank have finished `end` cycles. */
  serve(end: number): void {
    if (this.#myParts > 0) for (const r of this.#list) r.partials.serve(end - 1 - this.#from);
  }

  /** Reads every reduction before a step, also where parts are held; false if one is still missing. */
  settle(step: number): boolean {
    while (step > this.#unread()) if (!this.#readNext()) return false;
    return true;
  }

  /** Goes on after so many cycles with the values that they left. */
  restore(cycles: number, values: Readonly<Record<string, number>>): void {
    Object.assign(this.values, values);
    this.#from = cycles;
    this.#read = cycles * this.#list.length;
    this.#bind();
  }

  #readNext(): boolean {
    const r = this.#list[this.#read % this.#list.length]!;
    const merged = r.partials.read(Math.floor(this.#read / this.#list.length) - this.#from);
    if (!merged) return false;
    for (let k = 0; k < merged.length; k++) this.values[r.measures[k]!.name] = merged[k]!.value();
    this.#read++;
    this.#bind();
    return true;
  }

  /** The step whose reduction is the next to be read. */
  #unread(): number {
    const n = this.#list.length;
    if (n === 0) return Number.MAX_SAFE_INTEGER;
    return Math.floor(this.#read / n) * this.#phases + this.#list[this.#read % n]!.phase;
  }

  #bind(): void {
    this.bound = Math.min(this.#unread(), this.held - 1);
  }
}
