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
}

/** One workunit and what it then publishes. */
export interface Phase<F extends FieldTypes> {
  /**
   * Computes the phase on one part: reads its fields and their halos, writes its owned cells. Synchronous.
   */
  workunit(part: Part<F>, context: Context): void;
  /** Names of the fields whose halos the neighbours get after this phase. Pure; asked once. */
  share(context: Context): readonly (keyof F & string)[];
}

/** What `until` is told. */
export interface UntilContext {
  /** What follows `--` on the command line, or `args` of `run`. */
  args: Args;
  /** The state that was measured. */
  cycle: number;
  /** The measures of that state. */
  measures: Readonly<Record<string, number>>;
}

/** The whole grid at one state. */
export interface Frame {
  /** The state's number: states are counted from 0, the one that `setup` leaves. */
  cycle: number;
  /** Owned cells of each field that was asked for, as one array of the grid's shape; reused between frames. */
  fields: Readonly<Record<string, NdArray>>;
}

/** One state that was measured. */
export interface MeasuredState {
  /** Its number. */
  readonly cycle: number;
  /** Its measures by name. */
  readonly measures: Readonly<Record<string, number>>;
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
  /** The state and value of each measure of the run, in order (the final one only if it was due). */
  history: readonly MeasuredState[];
  /** True if the run was stopped from outside. */
  interrupted: boolean;
  /** A field of the final state as one array of the grid's shape. */
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
  /** The phases of a cycle, instead of `workunit` and `share`. */
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
  /** Cycles to run when the user does not say (`--cycles`). */
  cycles?: number;
  /** True to stop: decided on state c, the run ends with state c + lag. Pure. */
  until?(context: UntilContext): boolean;
  /** Whole states on their way: `write` is called on rank 0, in order of cycle, for states 0, every, 2·every, … */
  output?: {
    /** Cycles from one frame to the next. */
    every: number;
    /** The fields that frames hold. */
    fields: readonly (keyof F & string)[];
    /** Takes one frame; its arrays are reused. */
    write(frame: Frame, context: { args: Args }): void;
  };
  /** Merged into the summary under `results`. Called on rank 0, after the last cycle. */
  report?(context: ReportContext): Record<string, unknown> | Promise<Record<string, unknown>>;
}
