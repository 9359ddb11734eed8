/**
 * Every failure haloweave reports on purpose. `code` is stable and machine-readable; the message says
 * what happened, where (rank, partition, cycle, operation, tag, as far as known) and what to do.
 */
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
  rank?: number;
  /** The number of a grid's partition, the id of a graph's. */
  partition?: number | string;
  cycle?: number;
  phase?: number;
  operation?: string;
  tag?: number;
}

export class HaloweaveError extends Error {
  override readonly name: string = 'HaloweaveError';
  readonly code: ErrorCode;
  readonly place: ErrorPlace;

  constructor(code: ErrorCode, message: string, place: ErrorPlace = {}, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.place = place;
  }
}

/** Thrown out of a blocked call on a rank when the run has ended for another reason. */
export class AbortedError extends HaloweaveError {
  override readonly name = 'AbortedError';
  constructor(message: string, place: ErrorPlace = {}) {
    super('aborted', message, place);
  }
}

/** Throws a `HaloweaveError('argument')` unless the condition holds. Build the message lazily in hot code. */
export function require(condition: boolean, message: string | (() => string)): asserts condition {
  if (!condition) throw new HaloweaveError('argument', typeof message === 'string' ? message : message());
}
