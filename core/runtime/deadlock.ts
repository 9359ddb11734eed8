import type { RankReading } from '../transport/threads/control.js';
import { type SerialisedError, stacklessError } from '../wire/host-messages.js';
import { WORLD_CONTEXT } from '../wire/tags.js';
import { RankState } from '../wire/wait.js';
import type { RankResult } from './rank-entry.js';
import { userPlace } from './user-place.js';

/** How often a host looks at its ranks, in ms: two looks that agree make a deadlock, found well within two seconds. */
export const LOOK_EVERY = 400;

/**
 * Whether no rank can ever go on, from two looks at all of them: every unfinished rank was in the same wait for a
 * peer, without a limit, both times; it sleeps and nobody has woken it; and nothing lies in any of their mailboxes.
 *
 * No rank moved between the looks, since each wait has a number of its own. So at one moment all were asleep, and
 * whoever could have woken one of them would have had to be awake. A rank that computes, waits on a timer or a
 * file, or waits with a limit is none of these, however long it takes. Pure.
 */
export function isDeadlock(before: readonly RankReading[], now: readonly RankReading[]): boolean {
  let unfinished = 0;
  for (let r = 0; r < now.length; r++) {
    const a = before[r]!;
    const b = now[r]!;
    if (b.state === RankState.ended) continue;
    unfinished++;
    if (b.state !== RankState.waiting && b.state !== RankState.awaiting) return false;
    if (a.state !== b.state || a.sequence !== b.sequence || !b.parked || b.queued !== 0) return false;
    // An event loop that has not come round is busy with something else.
    if (b.state === RankState.awaiting && a.turns === b.turns) return false;
  }
  return unfinished > 0;
}

/** A deadlock as an error: who waits for whom, and where in the program, as far as ranks that were released from it told. */
export function deadlockError(
  ranks: readonly RankReading[],
  results: readonly (RankResult | null)[],
): SerialisedError {
  const places = new Map<number, string>();
  for (const r of results) if (r && !r.ok) places.set(r.rank, userPlace(r.error.stack));
  return stacklessError('deadlock', describeDeadlock(ranks, places));
}

/** Who waits for whom, one line a rank. `places` gives the user's line that a rank waits in, where it is known. */
export function describeDeadlock(ranks: readonly RankReading[], places: ReadonlyMap<number, string>): string {
  const lines = ranks.map((r, rank) => {
    if (r.state === RankState.ended) return `  rank ${rank} has ended`;
    const held =
      r.held.messages > 0
        ? `; holds ${r.held.messages} message${r.held.messages === 1 ? '' : 's'} it has not asked for, the oldest from rank ${r.held.source}, tag ${r.held.tag}`
        : '';
    const place = places.get(rank);
    return `  rank ${rank} waits in ${describeWait(r, ranks)}${held}${place ? `\n      ${place}` : ''}`;
  });
  return `deadlock: every rank that has not ended waits for another\n${lines.join('\n')}`;
}

function describeWait(r: RankReading, ranks: readonly RankReading[]): string {
  const tag = r.tag >= 0 ? `, tag ${r.tag}` : '';
  if (r.operation === 'halos') return `the partition kernel for halos or measures of cycle ${r.tag}`;
  // Contexts of collectives are odd, and those of messages even (see comm/group).
  if ((r.context & 1) === 0 && r.peer >= 0)
    return `${r.operation} for rank ${r.peer}${ranks[r.peer]?.state === RankState.ended ? ', which has ended' : ''}${tag}`;
  if ((r.context & 1) === 0 && isMessage(r.operation)) return `${r.operation} for any rank${tag}`;
  const world = r.context >> 1 === WORLD_CONTEXT >> 1;
  const of = world ? '' : ` of communicator ${r.context >> 1}`;
  const missing = world ? missingFrom(r, ranks) : '';
  return `${r.operation}${of}${r.peer >= 0 ? ` for rank ${r.peer}` : ''}${missing}`;
}

const MESSAGES = new Set([
  'recv',
  'recvInto',
  'irecv',
  'irecvInto',
  'probe',
  'send',
  'isend',
  'sendrecv',
  'Request.any',
]);
const isMessage = (operation: string): boolean => MESSAGES.has(operation);

/** The ranks that have not come to a collective of all. */
function missingFrom(r: RankReading, ranks: readonly RankReading[]): string {
  const missing = ranks.flatMap((other, rank) =>
    other.state === RankState.ended || other.context >> 1 !== r.context >> 1 || isMessage(other.operation)
      ? [rank]
      : [],
  );
  if (missing.length === 0) return '';
  return `, to which rank${missing.length === 1 ? '' : 's'} ${missing.join(', ')} ${missing.length === 1 ? 'has' : 'have'} not come`;
}
