import type { Context } from './definition.js';

/** How a program names its partitions: a grid's are numbered, a graph's have ids of their own. */
export type PartId = string | number;

/**
 * A partition on the rank that owns it, as the sweep and the measures see it: how far it is, whether its
 * neighbours are as far, and what it runs on. Every kind of domain has its own.
 */
export interface KernelPart {
  /** How messages name it. */
  readonly id: PartId;
  /** From 0, among all parts of the domain. */
  readonly number: number;
  /** Cells (or what else the domain counts) that a cycle updates. */
  readonly cells: number;
  /** The part as user code sees it. */
  readonly object: unknown;
  /** Steps (cycle × phases + phase) done; equal to what the neighbours can see of it. */
  step: number;
  /** True if the shares for `step` have been taken in already. */
  unpacked: boolean;
  /** The next cycle at whose beginning the state is measured or put out, −1 for none. */
  event: number;
  /** The cycle up to which measures have been collected, so that an event that must wait is not collected twice. */
  measured: number;
  /** Ranks of this host, other than the owner, that have neighbours of this part. */
  readonly wakes: readonly number[];
  /** Pieces that the last step published for other ranks. */
  readonly remotePieces: number;
  /** True if all neighbours have published their share for `step`. */
  ready(step: number): boolean;
  /** Takes in what the neighbours shared in `phase` at the end of step − 1. */
  unpack(step: number, phase: number): void;
  /** Stages what `phase` shares for step `step`, and publishes the step. */
  publish(step: number, phase: number): void;
  /** Bytes that a phase publishes; asked after it has. */
  bytes(phase: number): number;
  /** Those of them that go to other ranks. */
  bytesBetweenRanks(phase: number): number;
  /** Those of them that go to ranks of other hosts. */
  bytesBetweenHosts(phase: number): number;
  /** True if ranks of other hosts have neighbours of this part. */
  readonly far: boolean;
  /**
   * Sends them what the last `publish` has staged for them, the step with it; called after it, when this host's ranks
   * have been woken. Never called on one host.
   */
  send(step: number, phase: number): void;
}

/** A phase's computation, the kind of part left open. */
export type Workunit = (part: never, context: Context) => void;
