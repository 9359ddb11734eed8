import type { Communicator } from '../../comm/communicator.js';
import type { Context } from './definition.js';
import type { KernelPart } from './kernel-part.js';
import { type Accumulator, accumulator } from './measure.js';
import type { OpenPartials, Partials } from './partials.js';
import type { ResolvedSteps } from './resolve.js';
import { userError } from './user-error.js';

/** Entries a rank other than 0 collects before it forgets: trimming then costs next to nothing. */
const HISTORY = 1024;

export type Values = Readonly<Record<string, number>>;
export const NONE: Values = Object.freeze({});

/** One state's measures on their way: this rank's part of them. */
interface Pending {
  cycle: number;
  accumulators: Accumulator[];
  parts: number;
}

/**
 * Measures of whole states, without a barrier: every rank adds up its parts' terms of a state, publishes
 * its partial when the last of its parts has been measured, and reads all partials when it wants to start
 * a cycle that may not start without them.
 */
export class MeasureGate {
  /** Measures of the newest state that has been read, and that state. */
  values: Values = {};
  cycle = -1;
  readonly history: { cycle: number; measures: Values }[] = [];
  /** Entries of the history dropped from its front. */
  #forgotten = 0;
  /** States that were measured before the run went on from a saved state. */
  #before = 0;
  readonly #program: ResolvedSteps;
  readonly #rank: number;
  readonly #myParts: number;
  readonly #partials: Partials;
  readonly #pending: Pending[];

  /** Collective. */
  constructor(program: ResolvedSteps, open: OpenPartials, rank: number, myParts: number) {
    this.#program = program;
    this.#rank = rank;
    this.#myParts = myParts;
    const measures = program.measures.map((m) => m.measure);
    // Far enough apart that no rank can reach an entry's next use before all have read this one.
    const ring = Math.ceil((2 * program.lag + 3) / program.measureEvery) + 1;
    this.#partials = open(measures, ring);
    this.#pending = Array.from({ length: ring }, () => ({
      cycle: -1,
      accumulators: measures.map(accumulator),
      parts: 0,
    }));
  }

  get hasMeasures(): boolean {
    return this.#program.measures.length > 0;
  }

  /** True if the history that this rank reports has an entry for the state. */
  reports(cycle: number): boolean {
    return this.hasMeasures && this.#rank === 0 && cycle % this.#program.measureEvery === 0;
  }

  /** The newest state whose measures cycle `cycle` sees; negative if there is none. */
  due(cycle: number): number {
    const { lag, measureEvery } = this.#program;
    return Math.floor((cycle - lag) / measureEvery) * measureEvery;
  }

  /** Collects one part's terms of the state at the beginning of a cycle; the last part of the rank publishes. */
  collect(part: KernelPart, cycle: number, context: Context): void {
    const n = cycle / this.#program.measureEvery;
    const p = this.#pending[n % this.#pending.length]!;
    if (p.cycle !== cycle) {
      p.cycle = cycle;
      p.parts = 0;
      for (const a of p.accumulators) a.clear();
    }
    for (const a of p.accumulators) a.collect(part.object, context);
    if (++p.parts === this.#myParts) this.#partials.publish(n - this.#before, p.accumulators);
  }

  /** True if cycle `cycle` may start as far as measures go; reads them on the way. */
  admits(cycle: number): boolean {
    return !this.hasMeasures || this.#readUpTo(this.due(cycle));
  }

  /** Reads the measures of every state before `cycle`, for rank 0; false if some are still missing. */
  settle(cycle: number): boolean {
    const { measureEvery } = this.#program;
    return !this.hasMeasures || this.#readUpTo(Math.floor((cycle - 1) / measureEvery) * measureEvery);
  }

  /** Goes on with the measures of all states before: those of states 0, measureEvery, … */
  restore(values: readonly Values[]): void {
    const { measureEvery } = this.#program;
    values.forEach((measures, k) => {
      this.history.push({ cycle: k * measureEvery, measures });
    });
    this.#before = values.length;
    this.cycle = (values.length - 1) * measureEvery;
    this.values = values[values.length - 1]!;
  }

  #readUpTo(due: number): boolean {
    while (this.cycle < due) {
      const next = this.cycle < 0 ? 0 : this.cycle + this.#program.measureEvery;
      if (!this.#read(next)) return false;
      this.cycle = next;
      this.#remember(next);
    }
    return true;
  }

  /** Lets a context see what cycle `cycle` may see, however far this rank has read: no sooner, no later. */
  show(context: { measures: Values; measuredCycle: number }, cycle: number): void {
    const entry =
      cycle < this.#program.lag
        ? undefined
        : this.history[this.due(cycle) / this.#program.measureEvery - this.#forgotten];
    context.measures = entry ? entry.measures : NONE;
    context.measuredCycle = entry ? entry.cycle : -1;
  }

  /** Stays until other hosts need no more measures from this one; all parts of this rank have finished `end` cycles. */
  serve(end: number): void {
    if (!this.hasMeasures || this.#myParts === 0) return;
    this.#partials.serve(Math.ceil(end / this.#program.measureEvery) - 1 - this.#before);
  }

  /** Completes the history with the states that nobody had to wait for; all ranks have finished `end` cycles. */
  complete(end: number, final: Values): void {
    if (!this.hasMeasures || this.#myParts === 0) return;
    const every = this.#program.measureEvery;
    for (let next = (this.#forgotten + this.history.length) * every; next <= end; next += every) {
      if (next === end) this.values = final;
      else if (!this.#read(next)) return;
      this.#remember(next);
    }
  }

  /**
   * Rank 0 reports the whole history. The others forget: a part that has not started cycle c keeps its rank
   * from reading a measure later than the first due after c, so only the last few states can be asked for.
   */
  #remember(cycle: number): void {
    this.history.push({ cycle, measures: this.values });
    if (this.#rank === 0 || this.history.length < HISTORY) return;
    const keep = Math.ceil((this.#program.lag + 1) / this.#program.measureEvery) + 3;
    this.#forgotten += this.history.length - keep;
    this.history.splice(0, this.history.length - keep);
  }

  /** The measures of the final state; all ranks together, when all parts have finished. */
  final(parts: readonly KernelPart[], comm: Communicator, context: Context): Values {
    const { accumulators } = this.#pending[0]!;
    for (const a of accumulators) a.clear();
    for (const p of parts)
      for (const a of accumulators) {
        try {
          a.collect(p.object, context);
        } catch (cause) {
          throw userError(cause, 'measure', p.id, context);
        }
      }
    return this.#named(this.#partials.together(accumulators, comm));
  }

  #read(cycle: number): boolean {
    const merged = this.#partials.read(cycle / this.#program.measureEvery - this.#before);
    if (!merged) return false;
    this.values = this.#named(merged);
    return true;
  }

  #named(merged: readonly Accumulator[]): Values {
    return Object.fromEntries(this.#program.measures.map((m, k) => [m.name, merged[k]!.value()]));
  }
}
