import type { Horizon } from '../horizon.js';
import type { Args } from '../program.js';
import type { ControlValues } from './control.js';
import type { PartitionDefinition } from './definition.js';
import { type MeasureGate, NONE } from './gate.js';
import type { FieldTypes } from './grid.js';

/** Combines what may hold a cycle back: its number, the measures before it, `until`, and the horizon. */
export class CycleGate {
  /** No cycle from this one on has been opened on this rank. */
  opened = 0;
  /** Cycles after which the run ends, as far as known. */
  end: number;
  interrupted = false;
  readonly #measures: MeasureGate;
  readonly #control: ControlValues | null;
  readonly #until: PartitionDefinition<FieldTypes>['until'];
  readonly #args: Args;
  readonly #horizon: Horizon;
  /** The cycle with which the run began, or goes on. */
  readonly #from: number;
  /** Cycles, and states, about which `until` has been asked. */
  #asked = 0;
  #askedState = -1;

  constructor(
    cycles: number | null,
    until: PartitionDefinition<FieldTypes>['until'],
    args: Args,
    measures: MeasureGate,
    control: ControlValues | null,
    horizon: Horizon,
    from: number,
  ) {
    this.end = cycles ?? Number.POSITIVE_INFINITY;
    this.#until = until;
    this.#args = args;
    this.#measures = measures;
    this.#control = control;
    this.#horizon = horizon;
    this.#from = from;
    this.opened = from;
    this.#asked = from;
    // What until has been asked follows from how far the run was: see `save.ts`.
    this.#askedState = Math.max(-1, measures.due(from - 1));
  }

  /** Tries to open the next cycle. */
  open(): boolean {
    const c = this.opened;
    if (c >= this.end || this.#closed(c)) return false;
    if (!this.#measures.admits(c)) return false;
    if (c >= this.#asked) {
      this.#asked = c + 1;
      this.#control?.advance(c);
      if (this.#endsWith(c)) this.end = c;
    }
    if (c >= this.end) return false;
    if (!this.#horizon.mayStart(c)) {
      this.#closed(c);
      return false;
    }
    this.opened = c + 1;
    return true;
  }

  /** Asks `until` whether state `cycle` is the last: of each newly measured state, or of each cycle's control. */
  #endsWith(cycle: number): boolean {
    if (!this.#until) return false;
    const state = this.#measures.due(cycle);
    if (!this.#control && (state < 0 || state === this.#askedState)) return false;
    this.#askedState = state;
    // Not the newest that has been read: rank 0 may be ahead.
    const seen = { measures: NONE, measuredCycle: -1 };
    this.#measures.show(seen, cycle);
    return this.#until({
      args: this.#args,
      cycle: Math.max(state, -1),
      measures: seen.measures,
      control: this.#control ? this.#control.at(cycle) : NONE,
    });
  }

  /**
   * True if the run has been closed at this cycle or before. Asked before any measure is waited for:
   * the measures of the last state are not collected.
   */
  #closed(cycle: number): boolean {
    const closed = this.#horizon.stop;
    if (closed === null) return false;
    // Nobody may have started a cycle since the run went on.
    const stop = Math.max(closed, this.#from);
    if (cycle < stop) return false;
    if (stop < this.end) {
      this.end = stop;
      this.interrupted = true;
    }
    return true;
  }
}
