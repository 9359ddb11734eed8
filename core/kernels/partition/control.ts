import { HaloweaveError } from '../../base/errors.js';
import type { Args } from '../program.js';
import type { Control } from './definition.js';
import { type MeasureGate, NONE, type Values } from './gate.js';
import type { KernelPart } from './kernel-part.js';

/** Cycles whose values are kept at least; dropping them in bulk costs next to nothing. */
const KEPT = 1024;

/**
 * The numbers that steer a run, one set a cycle, computed on every rank for itself: those of cycle c are a
 * function of those of cycle c − 1 and of the measures that cycle c may see, so all ranks have the same.
 */
export class ControlValues {
  readonly #control: Control;
  readonly #measures: MeasureGate;
  readonly #args: Args;
  readonly #parts: readonly KernelPart[];
  readonly #phases: number;
  readonly #start: Values;
  readonly #names: readonly string[];
  /** Values of consecutive cycles, from cycle `#first` on. */
  readonly #values: Values[] = [];
  #first = 0;
  #limit = KEPT;
  /** On rank 0: those of the cycles that begin with a measured state. */
  readonly #measured: Values[] = [];

  /** `parts`: this rank's, as they are at any time. */
  constructor(
    control: Control,
    measures: MeasureGate,
    args: Args,
    parts: readonly KernelPart[],
    phases: number,
  ) {
    this.#control = control;
    this.#measures = measures;
    this.#args = args;
    this.#parts = parts;
    this.#phases = phases;
    this.#start = Object.freeze({ ...control.start });
    this.#names = Object.keys(control.start);
  }

  /** Those of a cycle that has been computed and that a part of this rank may still run; `start` before the first. */
  at(cycle: number): Values {
    return cycle < 0 ? this.#start : this.#values[cycle - this.#first]!;
  }

  /** Goes on after `cycles` cycles: the values of the last, and on rank 0 those beside the history. */
  restore(cycles: number, last: Values, measured: readonly Values[]): void {
    this.#first = cycles - 1;
    this.#values.push(last);
    this.#measured.push(...measured);
  }

  /** On rank 0: those of the cycles that began with a measured state, in order. */
  get measured(): readonly Values[] {
    return this.#measured;
  }

  /** The names of the values. */
  get names(): readonly string[] {
    return this.#names;
  }

  /** Computes the values of every cycle up to `cycle`; the measures that it may see are there. */
  advance(cycle: number): Values {
    for (let c = this.#first + this.#values.length; c <= cycle; c++) {
      const seen = { measures: NONE, measuredCycle: -1 };
      this.#measures.show(seen, c);
      const context = { args: this.#args, cycle: c, control: this.at(c - 1), ...seen };
      const values = this.#checked(this.#control.next(context), c);
      this.#values.push(values);
      if (this.#measures.reports(c)) this.#measured.push(values);
    }
    if (this.#values.length > this.#limit) this.#forget();
    return this.at(cycle);
  }

  /** A history of measures with the control of the cycle that begins with each state. */
  alongside<T extends object>(history: readonly T[]): (T & { control: Values })[] {
    return history.map((entry, k) => ({ ...entry, control: this.#measured[k]! }));
  }

  /** Drops the cycles that all parts of this rank have behind them. */
  #forget(): void {
    const newest = this.#first + this.#values.length - 1;
    let oldest = newest;
    for (const p of this.#parts) oldest = Math.min(oldest, Math.floor(p.step / this.#phases));
    // A measure at the beginning of a cycle sees the one before.
    const drop = oldest - 1 - this.#first;
    if (drop > 0) {
      this.#values.splice(0, drop);
      this.#first += drop;
    }
    this.#limit = 2 * this.#values.length + KEPT;
  }

  #checked(given: Values, cycle: number): Values {
    const values: Record<string, number> = {};
    for (const name of this.#names) {
      const x = given?.[name];
      if (typeof x !== 'number')
        throw new HaloweaveError(
          'program',
          `control.next gave no number '${name}' for cycle ${cycle}: it must give one for each name in control.start (${this.#names.join(', ')})`,
          { cycle, operation: 'control' },
        );
      values[name] = x;
    }
    return Object.freeze(values);
  }
}
