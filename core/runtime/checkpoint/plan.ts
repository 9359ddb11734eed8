/** What ranks are told about saving their state. */
export interface CheckpointPlan {
  /** The state is saved after every multiple of any of these numbers of cycles. */
  every: readonly number[];
  /** Words that tell a rank which of its memories are free, `SLOTS` a rank; see `RankCheckpoints`. */
  slots: SharedArrayBuffer;
  /** File in which rank 0 notes how much output the program has been given; null if nobody asks. */
  journal: string | null;
}

/** What ranks are told about the state to go on from. */
export interface SavedPlan {
  /** The file, which has been found to be whole; null if the rank's host has the pieces, or asks others for them. */
  path: string | null;
  cycles: number;
  /** Output of states below this one has been given to the program already. */
  delivered: number;
}

/**
 * Memories a rank keeps for states on their way: two that take turns, and one for the state at which a run is closed,
 * which must not be left out because the others are still being written.
 */
export const SLOTS = 3;
export const CLOSING_SLOT = 2;
export const FREE = 0;
export const TAKEN = 1;

/** Gives a rank its memory back. */
export function giveBack(slots: SharedArrayBuffer, rank: number, slot: number): void {
  Atomics.store(new Int32Array(slots), rank * SLOTS + slot, FREE);
}
