import type { PartsSpec } from '../../decomposition/factor.js';
import type { NdArray } from '../../memory/ndarray.js';
import type { Args } from '../program.js';
import type { FieldTypes, GridDomain } from './grid.js';
import type { Measure } from './measure.js';
import type { Part } from './part.js';

/** What `partition` is told. */
export interface PartitionContext {
  /** What follows `--` on the command line, or `args` of `run`. */
  args: Args;
  /** What the user asked for; pass it on to `grid`. */
  parts: PartsSpec;
  /** Number of ranks of the run. */
  ranks: number;
}

/** What every other callback is told. One object per rank, changed from call to call: copy what you keep. */
export interface Context {
  /** What follows `--` on the command line, or `args` of `run`. */
  readonly args: Args;
  /** Cycle c makes state c + 1 out of state c; state 0 is what `setup` leaves. */
  readonly cycle: number;
  /** The phase of the cycle, from 0. */
  readonly phase: number;
  /** The rank that makes the call. Results must not depend on it. */
  readonly rank: number;
  /** Number of ranks of the run. Results must not depend on it. */
  readonly ranks: number;
  /** The measures of state `measuredCycle`: that of cycle − lag, or the last one measured before. Empty until then. */
  readonly measures: Readonly<Record<string, number>>;
  /** −1 while there are none. */
  readonly measuredCycle: number;
  /**
   * The newest value of every phase's `reduce`, by name: those of the phase before, taken over all parts,
   * and what the earlier ones left. NaN before the first. One object per rank, changed in place.
   */
  readonly reduced: Readonly<Record<string, number>>;
  /**
   * What `control` gave for this cycle; in a measure, what it gave for the cycle that made the state
   * (`control.start` for state 0). Empty without `control`.
   */
  readonly control: Readonly<Record<string, number>>;
}

/** Named reductions; undefined entries count for nothing. */
export type Reductions<F extends FieldTypes> = Readonly<Record<string, Measure<F> | undefined>>;

/** One workunit, what is then reduced over all parts, and what is published. */
export interface Phase<F extends FieldTypes> {
  /**
   * Computes the phase on one part: reads its fields and their halos, writes its owned cells. Synchronous.
   */
  workunit(part: Part<F>, context: Context): void;
  /** Names of the fields whose halos the neighbours get after this phase. Pure; asked once. */
  share(context: Context): readonly (keyof F & string)[];
  /**
   * Quantities reduced over all cells right after this phase's workunit, as by `measure`: `sum` is exact.
   * Their values are in `context.reduced` from the next phase on (of this cycle, or the first of the next).
   * Names are the program's: no two phases may have the same one.
   *
   * No part runs the next phase before all have run this one, so that every rank waits for the slowest once.
   * Cost: the terms, then one partial a rank through shared memory (280 bytes a sum), no message.
   */
  reduce?: Reductions<F>;
}

/** What `control.next` is told. */
export interface ControlContext {
  /** What follows `--` on the command line, or `args` of `run`. */
  readonly args: Args;
  /** The cycle that the values are for. */
  readonly cycle: number;
  /** The values of the cycle before; `start` for cycle 0. */
  readonly control: Readonly<Record<string, number>>;
  /** The measures that this cycle may see, by the rule of `lag`: empty before the first. */
  readonly measures: Readonly<Record<string, number>>;
  /** The state that they are of, −1 before the first. */
  readonly measuredCycle: number;
}

/**
 * Numbers that steer a run, one set a cycle, the same for all parts: a time and a time step, an iteration's
 * parameter. values(c) = next(values(c − 1), measures that cycle c may see), values(−1) = start.
 */
export interface Control {
  /** What comes before cycle 0, and the names of the values. */
  readonly start: Readonly<Record<string, number>>;
  /** Gives the values of a cycle, all that `start` names. Pure: every rank asks it once a cycle, for itself. */
  next(context: ControlContext): Readonly<Record<string, number>>;
}

/** What `until` is told. */
export interface UntilContext {
  /** What follows `--` on the command line, or `args` of `run`. */
  args: Args;
  /** The state that was measured, −1 before the first (which only programs with `control` see). */
  cycle: number;
  /** The measures of that state. */
  measures: Readonly<Record<string, number>>;
  /** The control of the cycle that would come next, cycle + lag: if it does not come, of the final state. */
  control: Readonly<Record<string, number>>;
}

/** The whole grid at one state. */
export interface Frame {
  /** The state's number: states are counted from 0, the one that `setup` leaves. */
  cycle: number;
  /** Each field that was asked for as one array, as `gather` gives it; reused between frames. */
  fields: Readonly<Record<string, NdArray>>;
}

/** One state that was measured. */
export interface MeasuredState {
  /** Its number. */
  readonly cycle: number;
  /** Its measures by name. */
  readonly measures: Readonly<Record<string, number>>;
  /** The control of the cycle that began with it, if the program has one. */
  readonly control?: Readonly<Record<string, number>>;
}

/** What `report` is told. */
export interface ReportContext {
  /** What follows `--` on the command line, or `args` of `run`. */
  args: Args;
  /** Cycles done. */
  cycles: number;
  /** Number of partitions. */
  parts: number;
  /** Number of ranks. */
  ranks: number;
  /** Measures of the final state. */
  measures: Readonly<Record<string, number>>;
  /**
   * The state and value of each measure of the run, in order (the final one only if it was due), with the
   * control of the cycle that began with that state, if the program has one.
   */
  history: readonly MeasuredState[];
  /** Values of `control` at the final state: what a further cycle would have had. Empty without it. */
  control: Readonly<Record<string, number>>;
  /** The last value of every phase's `reduce`. */
  reduced: Readonly<Record<string, number>>;
  /** True if the run was stopped from outside. */
  interrupted: boolean;
  /**
   * A field of the final state as one array of the grid's shape: vertices are one more along axes that are not
   * periodic, and a vector's components are one more axis.
   */
  gather(field: string): NdArray;
}

/** A program for the partition kernel. Every function must give the same on every rank. */
export interface PartitionDefinition<F extends FieldTypes> {
  /** How the domain is cut. Pure; called once on every rank. */
  partition(context: PartitionContext): GridDomain<F>;
  /** Sets the initial state of one part. */
  setup?(part: Part<F>, context: Context): void;
  /** The computation of a cycle with one phase; with `share`. */
  workunit?(part: Part<F>, context: Context): void;
  /** Names of the fields whose halos the neighbours get after the workunit. Pure; asked once. */
  share?(context: Context): readonly (keyof F & string)[];
  /** Quantities reduced after that workunit, for the next cycle; see `Phase`. */
  reduce?: Reductions<F>;
  /** The phases of a cycle, instead of `workunit`, `share` and `reduce`. */
  phases?: readonly Phase<F>[];
  /** The fields that make up the state, for hash and checkpoints (default: those that are shared). */
  state?: readonly (keyof F & string)[];
  /** Quantities of whole states, reduced over all cells; see `sum`, `min`, `max`. */
  measure?: Readonly<Record<string, Measure<F>>>;
  /** Measure every so many cycles (default 1). The final state is always measured. */
  measureEvery?: number;
  /**
   * The measure of state c is visible from cycle c + lag on, and no partition starts cycle c + lag
   * without it (default 1). 0 waits for it at once.
   */
  lag?: number;
  /**
   * Numbers that steer the run from cycle to cycle, such as a time step that follows from a measure. They
   * depend on the cycle and on measures by the rule of `lag` alone, never on timing.
   */
  control?: Control;
  /** Cycles to run when the user does not say (`--cycles`). */
  cycles?: number;
  /**
   * True to stop: decided on state c, the run ends with state c + lag. Asked once for each measured state;
   * of a program with `control` before every cycle, so that a condition on a time ends the run exactly there.
   * Pure.
   */
  until?(context: UntilContext): boolean;
  /** Whole states on their way: `write` is called on rank 0, in order of cycle, for states 0, every, 2·every, … */
  output?: {
    /** Cycles from one frame to the next. */
    every: number;
    /** The fields that frames hold. */
    fields: readonly (keyof F & string)[];
    /**
     * Takes one frame; its arrays are reused. Called once a frame, in a run with lost hosts too, with one exception: if the host of
     * rank 0 is killed within this call, or before it is noted that it has returned, the host that has rank 0 then is given
     * that frame again. What was printed for it is shown once all the same. What was written to files is there: write in a way that
     * may be repeated, such as a file a frame, or at a place in a file that follows from `cycle`, instead of appending.
     */
    write(frame: Frame, context: { args: Args }): void;
  };
  /** Merged into the summary under `results`. Called on rank 0, after the last cycle. */
  report?(context: ReportContext): Record<string, unknown> | Promise<Record<string, unknown>>;
}
