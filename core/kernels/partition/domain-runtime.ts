import type { NdArray } from '../../memory/ndarray.js';
import type { GatherTable, SavedState } from '../program.js';
import type { Context } from './definition.js';
import type { KernelPart, PartId, Workunit } from './kernel-part.js';

/** What a domain is, whatever its kind: pure data, the same on every rank. */
export interface Domain {
  readonly kind: string;
  readonly parts: number;
  /** Cells (or what else the domain counts) of all parts together. */
  readonly cells: number;
}

/** Whole states on their way to rank 0, which the sweep keeps moving. */
export interface FrameSink {
  /** Cycles between two frames. */
  readonly every: number;
  /** The state of the next frame that has not been written. */
  readonly next: number;
  /** Puts a part's state at the beginning of a cycle into its frame; false if that has to wait. */
  put(part: KernelPart, cycle: number): boolean;
  /** On rank 0: writes the next frame if it is complete. */
  writeNext(): boolean;
  /** Writes the final state if it is due, gathered; after `DomainRuntime.finish`. */
  writeFinal(cycle: number, gather: (field: string) => NdArray): void;
  /** Frames of states below this one have been written before; before the first cycle, on every rank. */
  skipTo(state: number): void;
  /** Told, on rank 0, that the program is about to be given a frame. */
  onWriting: (() => void) | null;
  /** Told, on rank 0, that the frames of all states below one have been written. */
  onWritten: ((state: number) => void) | null;
}

/** What a checked run needs of a domain: see `check.ts`. */
export interface DomainCheck {
  /** A workunit that runs twice from the same state, compares, and throws where the results differ. */
  twice(workunit: Workunit): Workunit;
  /** When all parts have done `step` steps: looks at what the next workunits ought not to read. Collective. */
  inspect(step: number): void;
  /**
   * At the end of a cycle: the part of number n goes to rank `owner[n]`; `mine` are this rank's. Afterwards
   * `runtime.parts` are others. Absent where parts cannot move yet. Collective.
   */
  move?(owner: Int32Array, mine: readonly number[]): void;
}

/**
 * One rank's side of a domain: everything about a run that depends on the kind of domain. The kernel calls
 * it in this order, all ranks together; what is not marked as such needs no other rank.
 */
export interface DomainRuntime {
  /** This rank's parts, in the order in which it sweeps them, connected to their neighbours. */
  readonly parts: readonly KernelPart[];
  /** What makes a run of this domain a checked one. */
  check(): DomainCheck;
  /** After `setup`: brings what parts know of their neighbours up to date before the first cycle. Collective. */
  fillHalos(): void;
  /** What the domain and its parts look like: a saved state fits domains of which this is the same. */
  readonly signature: string;
  /** A part's state between two cycles, as it lies: valid until the part goes on. */
  save(part: KernelPart): readonly Uint8Array[];
  /** Instead of `setup` and `fillHalos`: parts as they were saved after `step` steps, their last shares published. Collective. */
  restore(saved: SavedState, step: number): Promise<void>;
  /** Where whole states go, or null if the program wants none. Collective. */
  frames(): FrameSink | null;
  /** After the last cycle, when every part has taken in the last shares: makes the state gatherable. Collective. */
  finish(context: Context): GatherTable | null;
  /** Names of the fields that make up the state; none for a domain without fields. */
  readonly state: readonly string[];
  /** What the program collected of its parts, on rank 0; after `finish`. */
  readonly collected?: ReadonlyMap<PartId, unknown>;
  /** A field of the final state as one array; after `finish`. */
  gather(field: string): NdArray;
  /** On several hosts: rank 0 will gather no more; the others answer until then. Collective. */
  endGather?(): void;
  /** The words of the state hash of this rank's parts. */
  hash(context: Context): Uint32Array;
}
