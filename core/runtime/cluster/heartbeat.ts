/** How often a host pings its peers, in ms. */
export const PING_EVERY = 100;
/** Silence that no healthy peer keeps, in ms: fifteen pings, and three losses in a row that TCP repairs (200 + 400 + 800). */
export const SILENCE = 1500;
/**
 * Silence of a coordinator whose connection holds, in ms. It may be stopped for a while, or busy: only when it is gone for good
 * is there nobody to compute for. With the end of its ranks a worker is free within 30 s.
 */
export const COORDINATOR_SILENCE = 20_000;
/** On a slow link the limit is so many round trips. */
export const ROUND_TRIPS = 10;
/** Weight of a new sample in the smoothed round trip (RFC 6298). */
const SMOOTHING = 1 / 8;
/** Samples among which the largest is looked for: two to three seconds. */
const LATE_SAMPLES = 25;
/**
 * The most that one look may add to a peer's silence, in ms. A look that comes later than that was late itself: the host was
 * stopped, starved or busy, and what peers said in the meantime may still lie unread.
 */
const LONGEST_LOOK = 2 * PING_EVERY;

/** Silence of a peer that certainly runs, in ms. */
const ANSWERS_WITHIN = 5 * PING_EVERY;

/** What a TCP connection to a peer's listening address has shown. */
export type Probed = 'refused' | 'accepted' | 'silent';

/** What to do next, as `look` and `broken` tell. */
export type HeartbeatAction =
  | { do: 'ping'; host: number }
  /** Open a connection to the peer's listening address, and tell `probed` what became of it. */
  | { do: 'probe'; host: number }
  | { do: 'evict'; host: number; why: 'refused' | 'silent'; silence: number; limit: number };

interface Peer {
  /** Silence up to the last look, in ms of the host's own waking time. */
  silence: number;
  smoothed: number;
  late: number[];
  /** When the last answer came; −1 before the first. */
  answeredAt: number;
  /** Pings sent before this say nothing about the way: see `answered`. */
  heldUntil: number;
  /** When its connection broke, while it has answered no ping of later; else −1. */
  brokenAt: number;
  probing: boolean;
}

/**
 * Decides which peers of a host are dead, from what was heard when. It has no clock: `now` is any clock that only goes forward,
 * in ms. A peer is evicted after max(1.5 s, 10 × round trip) of silence, where the round trip is the larger of the smoothed and
 * the largest of late, answers that were held up left out; or at once, if its connection broke and its address refuses a new one. A broken connection alone says
 * nothing: cables are pulled and put back.
 *
 * Silence counts only while this host itself looks, at most two intervals a look: a host that was stopped for a minute
 * wakes up and evicts nobody.
 */
export class Heartbeat {
  readonly #peers = new Map<number, Peer>();
  readonly #silence: number;
  readonly #patience: number;
  #looked: number;

  /** On links with short round trips, in ms: `patience` is the limit while the connection holds, `silence` once it has broken. */
  constructor(now: number, patience = SILENCE, silence = Math.min(SILENCE, patience)) {
    this.#looked = now;
    this.#patience = patience;
    this.#silence = silence;
  }

  /** Watches a peer; `roundTrip` if one has been measured already, with the hello. */
  add(host: number, roundTrip = 0): void {
    this.#peers.set(host, {
      silence: 0,
      smoothed: roundTrip,
      late: [roundTrip],
      answeredAt: -1,
      heldUntil: -1,
      brokenAt: -1,
      probing: false,
    });
  }

  remove(host: number): void {
    this.#peers.delete(host);
  }

  /** Anything has come from the peer. */
  heard(host: number): void {
    const peer = this.#peers.get(host);
    if (peer) peer.silence = 0;
  }

  /**
   * The answer to a ping of `sent` has come. On any link that works answers come as often as pings are sent, however long the way.
   * If there were none for a while, something was out: the way, the peer, or this host. All pings of that time are answered
   * once it is over, and how late says how long it took, not how long the way is. Taken for round trips they would make the limit
   * ten times as long as what was out, and if the peer goes for good then, no further answer would correct it. So they are
   * not measured, as in P. Karn's rule for TCP (RFC 6298, section 3).
   */
  answered(host: number, sent: number, now: number): void {
    this.heard(host);
    const peer = this.#peers.get(host);
    if (!peer) return;
    // What merely arrives may have lain in a queue since before the connection broke.
    if (sent >= peer.brokenAt) peer.brokenAt = -1;
    const pause = peer.answeredAt < 0 ? 0 : now - peer.answeredAt;
    peer.answeredAt = now;
    if (pause >= Math.max(ANSWERS_WITHIN, 2 * peer.smoothed)) peer.heldUntil = now;
    if (sent < peer.heldUntil) return;
    const sample = Math.max(0, now - sent);
    peer.smoothed = peer.smoothed === 0 ? sample : peer.smoothed + (sample - peer.smoothed) * SMOOTHING;
    peer.late.push(sample);
    if (peer.late.length > LATE_SAMPLES) peer.late.shift();
  }

  /** Whether something has come from a peer in the last few intervals: it runs, whoever else cannot reach it. */
  answers(host: number): boolean {
    const peer = this.#peers.get(host);
    return peer !== undefined && peer.silence < Math.max(ANSWERS_WITHIN, 2 * this.roundTrip(host));
  }

  /** Round trip to a peer, in ms: the larger of the smoothed one and the largest of late. */
  roundTrip(host: number): number {
    const peer = this.#peers.get(host);
    return peer ? Math.max(peer.smoothed, ...peer.late) : 0;
  }

  /** Silence after which the peer is evicted, in ms. */
  limit(host: number): number {
    const broken = (this.#peers.get(host)?.brokenAt ?? -1) >= 0;
    return Math.max(broken ? this.#silence : this.#patience, ROUND_TRIPS * this.roundTrip(host));
  }

  /** The connection to a peer has broken. */
  broken(host: number, now: number): HeartbeatAction[] {
    const peer = this.#peers.get(host);
    if (!peer) return [];
    peer.brokenAt = now;
    return this.#probe(host, peer);
  }

  /** What a probe has shown. Accepted says little: the kernel accepts for a process that is stopped. */
  probed(host: number, result: Probed): HeartbeatAction[] {
    const peer = this.#peers.get(host);
    if (!peer) return [];
    peer.probing = false;
    if (result !== 'refused' || peer.brokenAt < 0) return [];
    return [this.#evict(host, peer, 'refused')];
  }

  /** To be called every `PING_EVERY` ms: whom to ping, to probe, to evict. */
  look(now: number): HeartbeatAction[] {
    const passed = Math.min(Math.max(0, now - this.#looked), LONGEST_LOOK);
    this.#looked = now;
    const actions: HeartbeatAction[] = [];
    for (const [host, peer] of this.#peers) {
      peer.silence += passed;
      if (peer.silence >= this.limit(host)) {
        actions.push(this.#evict(host, peer, 'silent'));
        continue;
      }
      actions.push({ do: 'ping', host });
      // Again and again: a dying process closes its sockets one after another, and may still have accepted the first probe.
      if (peer.brokenAt >= 0) actions.push(...this.#probe(host, peer));
    }
    return actions;
  }

  #probe(host: number, peer: Peer): HeartbeatAction[] {
    if (peer.probing) return [];
    peer.probing = true;
    return [{ do: 'probe', host }];
  }

  #evict(host: number, peer: Peer, why: 'refused' | 'silent'): HeartbeatAction {
    const limit = this.limit(host);
    this.#peers.delete(host);
    return { do: 'evict', host, why, silence: peer.silence, limit };
  }
}
