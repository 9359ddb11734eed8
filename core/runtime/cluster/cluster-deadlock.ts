import type { RankReading } from '../../transport/threads/control.js';
import { isDeadlock } from '../deadlock.js';
import type { WireReading } from './control-messages.js';

/** One host in one look at all of them. */
export interface ClusterReading {
  /** Null if a rank of it was doing something. */
  ranks: readonly WireReading[] | null;
  /** Records that it has sent to other hosts and received from them. */
  sent: number;
  received: number;
  /** What lay on it for other hosts, not yet sent or not yet acknowledged. */
  waiting: number;
}

/**
 * Whether no rank can ever go on, from two looks at all hosts, the second of which began when all had answered the first; gives
 * the ranks as they were then, by rank, or null.
 *
 * As on one host (see deadlock.ts), no rank has moved between its two readings. All pairs of readings have the moment between
 * the looks in common. At that moment all slept, nothing lay in their mailboxes, and nothing was under way: no host had passed
 * on a record in between, and altogether they had received what they had sent. So nobody was left who could wake one. Pure.
 */
export function isClusterDeadlock(
  before: readonly ClusterReading[],
  now: readonly ClusterReading[],
  ranks: number,
): RankReading[] | null {
  let sent = 0;
  let received = 0;
  for (const [h, b] of now.entries()) {
    const a = before[h]!;
    if (a.waiting !== 0 || b.waiting !== 0 || a.sent !== b.sent || a.received !== b.received) return null;
    sent += b.sent;
    received += b.received;
  }
  if (sent !== received) return null;
  const first = byRank(before, ranks);
  const second = byRank(now, ranks);
  return first && second && isDeadlock(first, second) ? second : null;
}

function byRank(hosts: readonly ClusterReading[], ranks: number): RankReading[] | null {
  // Filled: `every` leaves out holes.
  const all = new Array<RankReading | undefined>(ranks).fill(undefined);
  for (const host of hosts) {
    if (!host.ranks) return null;
    for (const r of host.ranks) all[r.rank] = r;
  }
  return all.every((r) => r !== undefined) ? (all as RankReading[]) : null;
}
