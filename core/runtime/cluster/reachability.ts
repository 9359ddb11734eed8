import type { Contact } from '../../transport/zeromq/mesh.js';
import { PING_EVERY, ROUND_TRIPS, SILENCE } from './heartbeat.js';

/** How often to look at the links, in ms. */
export const CONTACT_LOOK = 2 * PING_EVERY;
/** The most that one look may add to a silence, in ms: see `Heartbeat`. */
const LONGEST_LOOK = 2 * CONTACT_LOOK;
/** A host that has never answered may still be at its handshake, in ms: with CURVE some six round trips of a slow link. */
const FIRST_ANSWER = 10_000;
/** After the first complaint others may follow, in ms: both ends of a cut link notice within two looks of each other. */
const HEARING = 500;

/**
 * Decides which hosts this one cannot reach over its links for data, from whether they answer. It has no clock: `now` is any
 * clock that only goes forward, in ms. A host that owes an answer and says nothing for max(1.5 s, 10 × round trip) cannot be reached.
 */
export class Contacts {
  readonly #peers = new Map<number, { heard: number; silence: number }>();
  #looked: number;

  constructor(now: number) {
    this.#looked = now;
  }

  /**
   * To be called every `CONTACT_LOOK` ms; gives the hosts that cannot be reached, ascending. `roundTrip` is that of the control
   * link, in ms: whoever is far from the coordinator may be as far from others.
   */
  look(
    now: number,
    peers: readonly (readonly [host: number, contact: Contact])[],
    roundTrip: number,
  ): number[] {
    const passed = Math.min(Math.max(0, now - this.#looked), LONGEST_LOOK);
    this.#looked = now;
    const silent: number[] = [];
    for (const [host, { owes, heard, roundTrip: measured }] of peers) {
      const before = this.#peers.get(host);
      const silence = owes && before?.heard === heard ? before.silence + passed : 0;
      this.#peers.set(host, { heard, silence });
      const least = measured > 0 ? SILENCE : FIRST_ANSWER;
      if (silence >= Math.max(least, ROUND_TRIPS * Math.max(measured, roundTrip))) silent.push(host);
    }
    return silent.sort((a, b) => a - b);
  }
}

/** A host to give up, and who cannot reach it. */
export interface Verdict {
  host: number;
  by: number[];
}

/**
 * What the coordinator does about links between hosts that are cut for good, while all of them still answer it: no run can go on
 * that has ranks at both ends. The host that most others cannot reach is given up; of several, the one with the highest number.
 * Pure: `now` is any clock that only goes forward, in ms.
 */
export class Complaints {
  readonly #of = new Map<number, readonly number[]>();
  #since = Number.POSITIVE_INFINITY;

  /** A host says which others it cannot reach, none if it reaches them all again. */
  tell(host: number, unreachable: readonly number[]): void {
    if (unreachable.length === 0) this.#of.delete(host);
    else this.#of.set(host, unreachable);
  }

  /** A host is gone. */
  forget(host: number): void {
    this.#of.delete(host);
    for (const [from, others] of this.#of)
      this.tell(
        from,
        others.filter((h) => h !== host),
      );
  }

  /**
   * Whom to give up now. `answers`: whether the coordinator has heard a host of late; of those that it has not, the heartbeat
   * decides. Host 0 is the coordinator, which cannot be given up: whoever does not reach it is.
   */
  judge(now: number, answers: (host: number) => boolean): Verdict | null {
    const against = new Map<number, Set<number>>();
    const accuse = (host: number, by: number): void => {
      against.set(host, (against.get(host) ?? new Set()).add(by));
    };
    for (const [from, others] of this.#of)
      for (const host of others) {
        if ([from, host].some((h) => h !== 0 && !answers(h))) continue;
        if (host === 0) accuse(from, 0);
        else accuse(host, from);
      }
    if (against.size === 0) {
      this.#since = Number.POSITIVE_INFINITY;
      return null;
    }
    this.#since = Math.min(this.#since, now);
    if (now - this.#since < HEARING) return null;
    const [first] = [...against].sort(([a, x], [b, y]) => y.size - x.size || b - a);
    const [host, by] = first!;
    return { host, by: [...by].sort((a, b) => a - b) };
  }
}

/** Why a host is given up, for people. */
export function verdictText({ by }: Verdict): string {
  const who = by.map((h) => (h === 0 ? 'the coordinator' : `host ${h}`)).join(', ');
  return `the link for data between it and ${who} is cut, though it answers the coordinator`;
}
