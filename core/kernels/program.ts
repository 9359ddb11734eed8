import type { Communicator } from '../comm/communicator.js';
import type { Endpoint } from '../comm/endpoint.js';
import type { PartsSpec } from '../decomposition/factor.js';
import type { Horizon } from './horizon.js';

/** What follows `--` on the command line, or `args` of `run`. */
export type Args = Readonly<Record<string, unknown>>;

/** What the user asked of a kernel, beside its own program. */
export interface KernelOptions {
  parts: PartsSpec;
  cycles: number | null;
  hash: boolean;
  /** Look for what breaks the rules of the kernel; see `partition/check.ts`. */
  check: boolean;
  /** Compute only: no output, no report. What a checked run is compared with. */
  silent: boolean;
  /** Whether the host saves the final state's fields. */
  save: boolean;
  /** By part: what a cycle of it costs, to place parts by; measured, say (default: volumes, or the graph's weights). */
  weights?: Float64Array | null;
  /** Whether the final state's fields are to lie together after the run: on several hosts they are brought to rank 0's. */
  keep: boolean;
}

/** Where a rank tells how far it is, for whoever shows it. */
export interface ProgressSink {
  /** Cells that this rank has updated so far, counted once a cycle. */
  updated(cells: number): void;
  /** The workunit that this rank is about to run; part −1 before it waits. */
  running(part: number, cycle: number): void;
  /** What the whole run is about to do (rank 0). */
  plan(cycles: number | null, cells: number, parts: number): void;
  /** The newest measures (rank 0). */
  measures(cycle: number, values: Readonly<Record<string, number>>): void;
}

/**
 * Where a rank notes what its parts did, from `start` (by `now`) until the call. A step is cycle × phases + phase; what
 * is published for a step is what neighbours unpack for it.
 */
export interface TraceSink {
  now(): number;
  workunit(start: number, part: number, cycle: number, phase: number, step: number): void;
  unpacked(start: number, part: number, cycle: number, phase: number, step: number): void;
  published(start: number, part: number, cycle: number, phase: number, step: number): void;
  /** Pairs of an own part and a neighbour of it on another rank, and the parts' names by number. Once. */
  parts(neighbours: readonly number[], names: readonly [number, string | number][]): void;
}

/**
 * Where a rank saves its state at quiescent points: after the same cycles on every rank, when each of its parts has done
 * so many and none of them more. Ranks get there when they do, without a barrier; rank 0 also waits until it has
 * read the measures and written the frames of all states before.
 */
export interface CheckpointSink {
  /** The first number of cycles above `done` after which the state is saved; infinity for none. Pure, the same on all ranks. */
  next(done: number): number;
  /** Saves a part's state after so many cycles; copies `bytes` before it returns. */
  part(cycles: number, number: number, bytes: readonly Uint8Array[]): void;
  /** Saves what the run as a whole has gathered so far (rank 0). */
  whole(cycles: number, bytes: Uint8Array): void;
  /**
   * This rank has saved all it has; infinity, once and at the beginning, from a rank that has no parts. A rank without a
   * thread of its own gives whoever writes a turn by waiting for what this returns.
   */
  complete(cycles: number): Promise<void> | undefined;
  /** Whether the run, closed from outside after so many cycles, is to be saved there too. The same on all ranks. */
  atClose(cycles: number): boolean;
  /** Rank 0 has given the program the output of all states below this one. */
  delivered(state: number): void;
}

/** A saved state to go on from. */
export interface SavedState {
  /** Cycles that it has behind it; at least 1. */
  readonly cycles: number;
  /** Output of the states below this one has been given to the program already and is not given again; at least `cycles`. */
  readonly delivered: number;
  /** What `CheckpointSink.part` was given for a part, in one piece. */
  part(number: number): Promise<Uint8Array>;
  /** What rank 0 gave to `CheckpointSink.whole`. */
  whole(): Promise<Uint8Array>;
}

/** Everything a kernel gets on one rank. */
export interface RankEnvironment {
  comm: Communicator;
  endpoint: Endpoint;
  args: Args;
  options: KernelOptions;
  progress: ProgressSink;
  horizon: Horizon;
  /** Null if nothing is saved. */
  checkpoints: CheckpointSink | null;
  /** Where to go on from; null to begin. */
  saved: SavedState | null;
  /** Output of the states below this one was given to the program before hosts were lost, and is not given again. */
  delivered: number;
  /** Told, on rank 0, that the program is about to be given a frame, or asked for its report: what it prints belongs to that. */
  onWriting: (() => void) | null;
  /** Told, on rank 0, that the program has been given the output of all states below one. */
  onDelivered: ((state: number) => void) | null;
  /** Null unless the run is traced. */
  trace: TraceSink | null;
  /** Lets the thread's event loop run now and then; null where the rank has a thread of its own. */
  breathe: (() => Promise<void>) | null;
}

/** Seconds a rank spent, by what it did. */
export interface RankSeconds {
  /** In workunits. */
  compute: number;
  /** Packing and unpacking halos. */
  halo: number;
  /** Waiting for neighbours, messages and measures. */
  wait: number;
}

/** What a rank counted. */
export interface RankCounters {
  /** Partitions it owned at the end. */
  partitions: number;
  /** Workunits it ran. */
  workunits: number;
  /** Messages it sent; shares of partitions within a host are none. */
  messages: number;
  /** Bytes of halos that the rank's parts published, for whichever rank. */
  haloBytes: number;
  /** Those of them that parts of other ranks took. */
  haloBytesBetweenRanks: number;
  /** Those of them that parts on other hosts took. */
  haloBytesBetweenHosts: number;
  /** Where its time went. */
  seconds: RankSeconds;
}

/** By part: timed seconds in workunits on one rank, and how many were timed. */
export interface CostTable {
  seconds: Float64Array;
  samples: Float64Array;
}

/** Where a field's parts lie in the shared heap, so that the host can gather them after the run. */
export interface GatherTable {
  shape: number[];
  dims: number[];
  halo: number;
  periodic: boolean[];
  fields: {
    name: string;
    dtype: string;
    centring: 'cell' | 'vertex';
    components: number;
    vector: boolean;
  }[];
  /** Address of every part's block, or of a copy of its fields, in the heap of rank 0's host. */
  blocks: Float64Array;
}

/** What a kernel gives back on one rank; fields marked * matter on rank 0 only. */
export interface KernelOutcome {
  /** * Whole cycles done. */
  cycles: number;
  parts: number;
  /** * Cells updated: cells × cycles. */
  cells: number;
  /** Wall-clock seconds of the cycles, without set-up. */
  seconds: number;
  interrupted: boolean;
  measures: Record<string, number>;
  /** * Values of the program's control at the final state. */
  control: Record<string, number>;
  /** Words of the hash of this rank's cells, or null if it was not asked for. */
  hash: Uint32Array | null;
  /** * What the program's `report` gave. */
  results: Record<string, unknown>;
  counters: RankCounters;
  costs: CostTable;
  /** Workunits of each part: cycles × phases. */
  workunits: number;
  /** * Names of the fields that make up the state. */
  state: string[];
  gather: GatherTable | null;
}

const PROGRAM = Symbol.for('haloweave.program');

/** A program that a kernel runs: what a user's file exports by default, unless it exports a function. */
export interface KernelProgram {
  /** Which kernel runs it. */
  readonly [PROGRAM]: string;
  /** @internal */
  runRank(environment: RankEnvironment): Promise<KernelOutcome>;
}

export function kernelProgram(kind: string, runRank: KernelProgram['runRank']): KernelProgram {
  return { [PROGRAM]: kind, runRank };
}

export function isKernelProgram(x: unknown): x is KernelProgram {
  return typeof x === 'object' && x !== null && PROGRAM in x;
}
