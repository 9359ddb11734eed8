/** What a rank waits for: told to whoever asks why nothing moves. */
export interface Wait {
  /** The call, as the user wrote it. */
  readonly operation: string;
  /** Rank of the run that is waited for; −1 for any, or for all of a communicator. */
  readonly peer: number;
  /** −1 for any, or where there is none. For the partition kernel: the cycle. */
  readonly tag: number;
  readonly context: number;
  /** In `performance.now()` time; infinity for a wait without a limit. */
  readonly deadline: number;
}

/** Who is waited for, as messages say it: ` (rank 3, tag 7)`; nothing for any rank. */
export function whom({ peer, tag }: Pick<Wait, 'peer' | 'tag'>): string {
  return peer >= 0 ? ` (rank ${peer}${tag >= 0 ? `, tag ${tag}` : ''})` : '';
}

/** Messages that a rank has and did not ask for: how many, and who sent the oldest with which tag. */
export interface Held {
  messages: number;
  source: number;
  tag: number;
}

/** What a rank is doing, as far as others can tell. */
export const RankState = {
  /** Computing, or in a call of the system: everything that is no wait for a peer. */
  running: 0,
  /** In a wait for a peer, without a limit. */
  waiting: 1,
  /** In a wait that ends by itself. */
  timed: 2,
  /** Asynchronous code awaits requests, and nothing else in its event loop can go on. */
  awaiting: 3,
  /** Its program is over. */
  ended: 4,
} as const;
export type RankState = (typeof RankState)[keyof typeof RankState];
