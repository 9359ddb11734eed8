/** The kinds of failure, for programs to tell apart: stable, one word each. */
export type ErrorCode =
  | 'usage'
  | 'argument'
  | 'memory'
  | 'truncated'
  | 'unexpected-full'
  | 'aborted'
  | 'deadlock'
  | 'timeout'
  | 'cancelled'
  | 'partition'
  | 'program'
  | 'format'
  | 'lost';

/** Where an error happened; everything is optional because not every failure has every coordinate. */
export interface ErrorPlace {
  /** The rank on which it happened. */
  rank?: number;
  /** The number of a grid's partition, the id of a graph's. */
  partition?: number | string;
  /** The cycle that was running. */
  cycle?: number;
  /** The phase within the cycle, from 0. */
  phase?: number;
  /** The call, such as 'recv'. */
  operation?: string;
  /** The tag of the message. */
  tag?: number;
}

/**
 * Every failure haloweave reports on purpose. `code` is stable and machine-readable; the message says
 * what happened, where (rank, partition, cycle, operation, tag, as far as known) and what to do.
 */
export class HaloweaveError extends Error {
  /** The class. */
  override readonly name: string = 'HaloweaveError';
  /** What kind of failure it is. */
  readonly code: ErrorCode;
  /** Where it happened, as far as known. */
  readonly place: ErrorPlace;

  constructor(code: ErrorCode, message: string, place: ErrorPlace = {}, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.place = place;
  }
}

/** Thrown out of a blocked call on a rank when the run has ended for another reason. */
export class AbortedError extends HaloweaveError {
  /** The class. */
  override readonly name = 'AbortedError';
  constructor(message: string, place: ErrorPlace = {}) {
    super('aborted', message, place);
  }
}

/** Throws a `HaloweaveError('argument')` unless the condition holds. Build the message lazily in hot code. */
export function require(condition: boolean, message: string | (() => string)): asserts condition {
  if (!condition) throw new HaloweaveError('argument', typeof message === 'string' ? message : message());
}
