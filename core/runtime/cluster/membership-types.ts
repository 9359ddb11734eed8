import type { Generation, PieceSet } from './generations.js';

/** Where a host is in its life. Evicted and left hosts are not kept: their numbers are never used again. */
export type HostState = 'idle' | 'running' | 'leaving';

export interface Member {
  host: number;
  slots: number;
  state: HostState;
}

/** What the run wants of the cluster. */
export interface RunWishes {
  /** Ranks asked for; null for one a slot of whatever hosts there are. */
  ranks: number | null;
  oversubscribe: boolean;
  /** With fewer ranks than this it is given up. */
  minRanks: number;
  /** A kernel goes on from saved states; a program of ranks and messages does not. */
  recovers: boolean;
  /** Checkpoint to begin with: cycles that it has behind it. */
  resume: number | null;
}

/** What a rank was computing. */
export interface Running {
  rank: number;
  part: number;
  cycle: number;
}

/** What the ranks of an epoch begin with. */
export type Start =
  | { from: 'beginning' }
  | { from: 'memory'; cycles: number; epoch: number; sets: PieceSet[] }
  | { from: 'disk'; cycles: number };

export type EpochPhase = 'running' | 'closing' | 'stopping' | 'ending';

/** What comes after an epoch that is being closed or ended. */
export type After = { comes: 'epoch' } | Finish;

export interface Finish {
  comes: 'finish';
  how: 'done' | 'failed' | 'interrupted' | 'lost';
  message: string;
}

export interface Epoch {
  number: number;
  /** By rank: its host. */
  hostOf: number[];
  phase: EpochPhase;
  start: Start;
  after: After | null;
  /** Hosts that have not said yet what the phase waits for. */
  waiting: number[];
  /** Hosts whose ranks all have what they begin with. */
  begun: number[];
  /** Hosts whose ranks have all come to their end, and whether it was that of the program. */
  ended: { host: number; finished: boolean }[];
  /** Cycles that hosts have said they have begun, at most. */
  far: number;
  /** Cycles of states that some rank left out. */
  leftOut: number[];
  /** Hosts whose ranks have no parts: they have nothing to save. */
  partless: number[];
}

export interface Membership {
  members: Member[];
  /** Numbers that have been given up: what they still say is refused. */
  evicted: number[];
  wishes: RunWishes | null;
  nextEpoch: number;
  epoch: Epoch | null;
  generations: Generation[];
  /** Cycles of the newest checkpoint on disk. */
  disk: number | null;
  /** What was running at losses, as `part cycle`, and on which host. */
  lostAt: { key: string; host: number }[];
  /** Hosts that this run has lost while they had ranks, and ranks of hosts that live. */
  losses: number;
}

export type MembershipEvent =
  /** A host has joined. */
  | { type: 'hello'; host: number; slots: number }
  | { type: 'run'; wishes: RunWishes }
  /** A host is dead or gone; `running` is what its ranks last said they were computing. */
  | { type: 'lost'; host: number; reason: string; running: readonly Running[] }
  /** A rank's thread has died, the host lives. */
  | { type: 'thread'; host: number; epoch: number; reason: string; running: readonly Running[] }
  /** A host asks to go. */
  | { type: 'leave'; host: number }
  /** All ranks of the host have what they begin with. */
  | { type: 'begun'; host: number; epoch: number }
  /** A host has all pieces of an owner after so many cycles. */
  | { type: 'kept'; epoch: number; cycles: number; owner: number; holder: number; parts: readonly number[] }
  /** A rank has not saved that state: earlier ones are still under way. Nobody will have the whole of it. */
  | { type: 'left-out'; epoch: number; cycles: number }
  /** The ranks of a host have no parts: no state waits for it. */
  | { type: 'partless'; host: number; epoch: number }
  /** A checkpoint is on disk, whole. */
  | { type: 'written'; cycles: number }
  /** The host's horizon is closing; no rank of it starts a cycle above. */
  | { type: 'closed'; host: number; epoch: number; cycles: number }
  /** All ranks of the host have come to their end, the program's (`finished`) or the horizon's, and what they gave is here. */
  | { type: 'outcome'; host: number; epoch: number; finished: boolean }
  /** No thread of the epoch is left on the host. */
  | { type: 'ended'; host: number; epoch: number }
  /** User code failed. */
  | { type: 'failed'; host: number; epoch: number; message: string }
  | { type: 'interrupt' }
  /** Ranks have loaded the program: whether it can go on from a saved state. */
  | { type: 'program'; recovers: boolean };

export type MembershipAction =
  | { do: 'start'; epoch: number; hostOf: number[]; start: Start }
  /** First round of closing the horizon. */
  | { do: 'close'; epoch: number; hosts: number[] }
  /** Second round: the number of cycles after which all parts stop. */
  | { do: 'stop'; epoch: number; hosts: number[]; cycles: number }
  /** Ranks of the epoch are aborted and their threads ended. */
  | { do: 'end'; epoch: number; hosts: number[] }
  /** Hosts keep nothing older than this any more. */
  | { do: 'commit'; epoch: number; cycles: number; hosts: number[] }
  /** Hosts keep nothing of that state: nobody will have the whole of it. */
  | { do: 'forget'; epoch: number; cycles: number; hosts: number[] }
  /** A host that asked to go may. */
  | { do: 'release'; host: number }
  | { do: 'refuse'; host: number; reason: string }
  | { do: 'warn'; text: string }
  | { do: 'finish'; how: Finish['how']; message: string };

export function emptyCluster(): Membership {
  return {
    members: [],
    evicted: [],
    wishes: null,
    nextEpoch: 1,
    epoch: null,
    generations: [],
    disk: null,
    lostAt: [],
    losses: 0,
  };
}
