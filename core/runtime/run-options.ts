import { type ErrorCode, HaloweaveError } from '../base/errors.js';
import type { Args, RankCounters } from '../kernels/program.js';
import type { NdArray } from '../memory/ndarray.js';
import type { Progress } from '../observe/progress-board.js';
import type { SerialisedError } from '../wire/host-messages.js';
import type { CheckpointSummary } from './checkpoint/writer.js';
import type { TraceSummary } from './trace/trace-file.js';

/** What `run` takes beside the file: the command line's options by other names. */
export interface RunOptions {
  /** Number of ranks (default: HALOWEAVE_RANKS, SLURM_CPUS_PER_TASK, OMP_NUM_THREADS, the cores). */
  ranks?: number;
  /** Ranks as threads (default), or everything in the calling thread, one rank, for a debugger. */
  transport?: 'threads' | 'inline';
  /** Number of parts, parts per axis, or the command line's text for them (default: four a rank). */
  parts?: number | readonly number[] | string;
  /** Cycles of a kernel program; without it the program has to say, by `cycles` or `until`. */
  cycles?: number;
  /** What the program gets as `args`. Plain data and shared buffers. */
  args?: Args;
  /**
   * Folder for checkpoints, made if it is not there: `checkpoint-CYCLES.hwc`, the last two are kept; with `every`. After an
   * interrupt the state is saved too. Costs the ranks one copy of their state each time; writing goes on beside them.
   */
  checkpoint?: string;
  /** Cycles from one checkpoint to the next. */
  every?: number;
  /**
   * Folder with checkpoints to go on from: the newest that is whole, on any ranks and transport, with the same bits. Its
   * parts are taken over, its arguments unless `args` has some, its number of cycles (those of the whole run) unless
   * `cycles` is given.
   */
  resume?: string;
  /**
   * Cycles from one copy of the state in memory to the next, on a cluster: each host keeps those of its parts and another host's,
   * on another machine if there is one, two of each. After a loss the run goes on from there. Costs the ranks one copy of
   * their state each time, and one over the network beside them.
   */
  buddy?: number;
  /** On a cluster: with fewer ranks than this the run is given up when hosts are lost (default 1). */
  minRanks?: number;
  /** Go on from a checkpoint of another bundle, other arguments or another version, with a warning (default: refuse). */
  forceResume?: boolean;
  /** Called with each warning (default: written to standard error). */
  onWarning?: (message: string) => void;
  /** Compute the state hash (default true). */
  hash?: boolean;
  /**
   * Keep the final state for the result's `gather` (default true). On workers all its fields are brought to one of them when
   * the run ends, and from there to this process, which has to have room for them: their bytes, twice over the network.
   */
  keep?: boolean;
  /** Called on the calling thread while the run goes on. */
  onProgress?: (progress: RunProgress) => void;
  /** How often `onProgress` is called, in ms (default 200). */
  progressEvery?: number;
  /**
   * Seconds that a workunit may take (default: as long as it does; past 5 s there is a warning). A host with a rank that takes
   * longer is given up as if it were lost; on threads the run ends with 'lost'. Nobody watches over `inline`.
   */
  progressLimit?: number;
  /** Ends the run at the next common cycle. */
  signal?: AbortSignal;
  /**
   * Look for what breaks the rules (default false): run the program twice, the second time with every workunit
   * and every pure function called twice, and the parts dealt out anew after each cycle. Rejects with what
   * differed. Takes several times as long; a program that passes gives the same state and measures as ever.
   */
  check?: boolean;
  /**
   * Folder for the final state, made if it is not there: `NAME.npy` for every state field, and `state.pvti` with
   * `state/part-K.vti` for ParaView, one a part, halo cells marked. VTK's x is the grid's last axis.
   */
  save?: string;
  /**
   * File for a Chrome trace (open it at ui.perfetto.dev): one row a rank with workunits, halos, waits, messages and
   * collectives, and arrows between ranks. Written however the run ends. Costs about 0.1 µs an event.
   */
  trace?: string;
  /** Events a rank keeps for the trace; older ones are dropped and counted (default 262,144). */
  traceEvents?: number;
  /** File descriptor for what the program prints (default 1, standard output). */
  output?: 1 | 2;
  /** Begin every line that the program prints with its rank: `[rank 3] `. */
  tagOutput?: boolean;
  /**
   * Ranks of each of several hosts that are pretended: ranks of different ones send messages and share nothing, as over a
   * network, but are threads of this process all the same (tests).
   * @internal
   */
  apart?: readonly number[];
}

/** How far a run is. */
export interface RunProgress extends Progress {
  /** Wall-clock seconds since the start. */
  seconds: number;
  /** Cells updated a second, so far. */
  cellsPerSecond: number;
  /** The newest measures by name. */
  measures: Record<string, number>;
}

/** What one rank did. */
export interface RankSummary extends RankCounters {
  /** Its number. */
  rank: number;
}

/** A networked worker of a run. */
export interface HostSummary {
  /** Its number in the cluster, from 1. */
  host: number;
  /** Name of its machine, and where it was reached. */
  name: string;
  /** Number of ranks that it had. */
  ranks: number;
}

/** What `--json` prints: the same keys, in this order. */
export interface RunSummary {
  /** The program's file, as seen from the working folder. */
  program: string;
  /** How the ranks were carried. */
  transport: 'threads' | 'inline' | 'zeromq';
  /** Number of ranks. */
  ranks: number;
  /** Number of partitions; 0 for a program without a kernel. */
  parts: number;
  /** Whole cycles done. */
  cycles: number;
  /**
   * Wall-clock seconds of the cycles, or of the function; without starting and ending threads. Of a run that went on from saved
   * states: from the first cycle to the last, with all that lay between.
   */
  seconds: number;
  /** Cells updated a second; 0 for a program without cells. */
  cellsPerSecond: number;
  /** Measures of the final state, by name. */
  measures: Record<string, number>;
  /** 32 hexadecimal digits; null if not asked for, or for a program without state. */
  hash: string | null;
  /** What `report` gave, or what rank 0's function returned. */
  results: unknown;
  /** Calls whose outcome may depend on timing. */
  nondeterministic: number;
  /** Counts and seconds of every rank, in rank order; since the last time that the run went on from a saved state. */
  perRank: RankSummary[];
  /** The networked workers of the last epoch, in the order of their ranks; empty for a run on this machine's threads. */
  hosts: HostSummary[];
  /** Hosts that were lost while they had ranks, and ranks that were lost on hosts that live: the run has gone on after each. */
  recoveries: number;
}

/** From where a run has gone on after a loss, or after hosts came or left. */
export interface Restored {
  /** Cycles that the state had behind it; 0 for the beginning. */
  cycles: number;
  /** Where it was kept. */
  from: 'memory' | 'disk' | 'beginning';
}

export interface RunResult extends RunSummary {
  /** True if the run was stopped from outside before its end; counts and hash are those of the last whole cycle. */
  interrupted: boolean;
  /** Messages that were sent and that nobody had received when the program ended. */
  unreceived: number;
  /** Where the number of ranks came from. */
  ranksFrom: string;
  /**
   * Seconds that each part's workunits took, by part: estimated from those that were timed, so that the
   * numbers of one run compare with each other. Empty for a program without parts.
   */
  costs: Float64Array;
  /** Values of the program's `control` at the final state; empty without it. */
  control: Record<string, number>;
  /** Null if the run was not traced. */
  trace: TraceSummary | null;
  /** What has been written to the folder of checkpoints; null without one. */
  checkpoints: CheckpointSummary | null;
  /** Cycles that had been done before, by the run that this one goes on from; 0 for one from the beginning. */
  resumedFrom: number;
  /** From where the run has gone on each time that it had to, on a cluster, in order. */
  restored: Restored[];
  /** Files that `save` has written. */
  saved: string[];
  /**
   * One field of the final state, whole, as one ndarray in private memory and C order: `[i, j, k]` is the cell's place in the
   * grid, the dtype that of the field. Costs one copy of the field. @throws HaloweaveError naming the fields
   * there are, for one that is not among them.
   */
  gather(field: string): NdArray;
}

/** A run that failed: the message and stack are those of the error on the rank where it happened. */
export class RunError extends HaloweaveError {
  /** The class. */
  override readonly name = 'RunError';
  /** The rank where it happened; −1 if it was none. */
  readonly rank: number;
  /** What was known when it ended. */
  readonly progress: RunProgress;
  /** Null if the run was not traced, or if the trace could not be written: then `cause` says why. */
  trace: TraceSummary | null = null;
  /** What had been written to the folder of checkpoints; null without one. */
  checkpoints: CheckpointSummary | null = null;
  /** @internal */
  constructor(rank: number, error: SerialisedError, progress: RunProgress) {
    super((error.code as ErrorCode | null) ?? 'program', error.message, error.place);
    this.rank = rank;
    this.stack = error.stack;
    this.progress = progress;
  }
}

/** Why a run has no result that was stopped from outside. @internal */
export function interruptedError(): SerialisedError {
  const message = 'interrupted before a whole cycle was done on all ranks';
  return { name: 'AbortedError', message, stack: message, code: 'aborted', place: {}, aborted: true };
}
