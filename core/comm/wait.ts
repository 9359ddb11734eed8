/** What a rank waits for: told to whoever asks why nothing moves. */
export interface Wait {
  /** The call, as the user wrote it. */
  readonly operation: string;
  /** Rank of the run that is waited for; −1 for any, or for all of a communicator. */
  readonly peer: number;
  /** −1 for any, or where there is none. */
  readonly tag: number;
  readonly context: number;
  /** In `performance.now()` time; infinity for a wait without a limit. */
  readonly deadline: number;
}

/** A wait without a limit. */
export function waitFor(operation: string, context: number, peer = -1, tag = -1): Wait {
  return { operation, peer, tag, context, deadline: Number.POSITIVE_INFINITY };
}
