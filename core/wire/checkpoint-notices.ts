/** A rank has saved its parts after so many cycles. */
export interface SavedNotice {
  type: 'saved';
  rank: number;
  cycles: number;
  /** Which of its memories they lie in, to be given back. */
  slot: number;
  memory: SharedArrayBuffer;
  /** Three numbers a piece: the part (−1 for the whole run), where it begins, its bytes. */
  pieces: number[];
}

export type CheckpointNotice =
  | SavedNotice
  /** Both memories were still in use. */
  | { type: 'not-saved'; rank: number; cycles: number }
  /** The rank has no parts, and takes no part in saving. */
  | { type: 'nothing-to-save'; rank: number };
