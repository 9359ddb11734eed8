import { Flag, Freight, type Header } from '../../wire/network.js';
import { type Parcel, ResendQueue } from './resend-queue.js';
import { RoundTrip } from './round-trip.js';

/** Messages and bytes under way to a peer; more wait here. 32 MiB fill 1 Gbit/s over a round trip of 250 ms. */
export const WINDOW_MESSAGES = 1024;
export const WINDOW_BYTES = 32 * 1024 * 1024;
/**
 * What may arrive before it is acknowledged, unless a message back carries the acknowledgement: this long, so many
 * messages, so many bytes. The sender's heap blocks are taken meanwhile: few of them, and less than a second-level cache.
 */
const ACK_MS = 5;
const ACK_MESSAGES = 32;
const ACK_BYTES = 512 * 1024;
/** After the socket's own queue was full. */
const RETRY_MS = 5;

/** Probes whose answers are still understood: with the pauses between them doubling, many round trips. */
const PROBES = 16;

/** What `take` gives for a message of the link's own: a header without frames. */
export const OWN = Symbol('own');

/** What became of a message that arrived. */
export type Verdict = 'deliver' | 'duplicate' | 'early' | 'own' | 'broken';

/**
 * One pair of hosts as one of them sees it: which messages the peer has, which it must get again, which are next from it.
 * A state machine without clock and without sockets: each event comes in by a call with its time in ms, and `take` gives,
 * one by one, what is to be put on the wire.
 *
 * Messages have numbers from 1; the peer takes them in order only, and tells by every message of its own up to which it has
 * them all. What got lost is found in two ways. A number that comes too early is answered by `gap`, once. And if nothing
 * is acknowledged for as long as answers usually take, or after a new connection, the peer is asked (`probe`): its answer
 * comes after all that was sent before the probe on that connection, so what is not acknowledged by then is lost. A slow
 * link therefore never has anything sent twice.
 */
export class Link {
  readonly #peer: number;
  readonly #queue = new ResendQueue();
  readonly #trip = new RoundTrip();
  /** Messages that have been acknowledged, for whoever called `arrived`. */
  readonly released: Parcel[] = [];
  /** Why the link cannot go on; null while it can. */
  broken: string | null = null;
  /** Messages that came twice, and too early. */
  duplicates = 0;
  early = 0;
  /** Messages that have arrived, of whatever kind. */
  heard = 0;

  /** Number of the next message from the peer. */
  #expected = 1;
  /** Highest number ever put on the wire. */
  #highest = 0;
  /** Whether messages may be put on the wire: false until the peer has answered on a connection. */
  #open = false;

  // Acknowledgements that are due: since the last that was told.
  #arrived = 0;
  #arrivedBytes = 0;
  #acknowledgeAt = Number.POSITIVE_INFINITY;
  #gap = false;
  /** The number that was missing when `gap` was last told. */
  #gapTold = 0;

  // Probes: the number of the last one, of the last one answered or given up, and whether another is to be sent.
  #probe = 0;
  #answered = 0;
  #probeDue = false;
  #probeFresh = false;
  /** Of the last few probes, by their number modulo `PROBES`: when they were sent, and which messages had been before. */
  readonly #probeAt = new Float64Array(PROBES);
  readonly #probed = new Float64Array(PROBES);
  #unanswered = 0;
  /** When the patience that a probe ends began. */
  #since = 0;
  #answer = 0;

  #retryAt = 0;
  /** Flags of the last own message, in case the socket does not take it. */
  #ownFlags = 0;

  constructor(peer: number) {
    this.#peer = peer;
  }

  /** Bytes that the peer has not acknowledged. */
  get inFlight(): number {
    return this.#queue.bytes;
  }

  /** Whether the peer owes something: an acknowledgement, an answer, or a connection. */
  get owes(): boolean {
    return this.#waits();
  }

  /** Mean round trip in ms, 0 until one was measured. */
  get roundTrip(): number {
    return this.#trip.mean;
  }

  /** When `tick` has something to do; infinity for never. */
  get deadline(): number {
    if (this.broken !== null) return Number.POSITIVE_INFINITY;
    if (this.#retryAt > 0) return this.#retryAt;
    let at = this.#acknowledgeAt;
    if (this.#waits()) at = Math.min(at, this.#since + this.#trip.patience(this.#unanswered));
    return at;
  }

  /** A message to the peer. */
  push(
    freight: Freight,
    epoch: number,
    frames: readonly Uint8Array[],
    bytes: number,
    acknowledged: (() => void) | null,
    now: number,
  ): void {
    if (!this.#waits()) this.#since = now;
    this.#queue.push(freight, epoch, frames, bytes, acknowledged);
  }

  /** The connection has been made anew, or is known to be lost. */
  connection(up: boolean, now: number): void {
    this.#retryAt = 0;
    this.#answered = this.#probe;
    this.#probeDue = up;
    this.#probeFresh = up;
    this.#since = now;
    if (up) this.#unanswered = 0;
    else this.#open = false;
  }

  /** Time has passed. */
  tick(now: number): void {
    if (this.#retryAt <= now) this.#retryAt = 0;
    if (!this.#waits() || now < this.#since + this.#trip.patience(this.#unanswered)) return;
    this.#probeDue = true;
    this.#unanswered++;
    this.#since = now;
  }

  /**
   * What to put on the wire now: fills the header's fields that are the link's, and gives the message whose frames follow,
   * or `OWN` for none; null if there is nothing to send.
   */
  take(h: Header, now: number): Parcel | typeof OWN | null {
    if (this.broken !== null || now < this.#retryAt) return null;
    if (this.#probeDue || this.#answer !== 0 || this.#gap) return this.#own(h, now);
    const parcel = this.#open ? this.#queue.peek() : undefined;
    if (parcel && this.#fits(parcel)) {
      if (this.#queue.flying === 0) this.#since = now;
      this.#queue.advance();
      if (parcel.sequence > this.#highest) this.#highest = parcel.sequence;
      this.#stamp(h, parcel.freight, parcel.sequence);
      h.epoch = parcel.epoch;
      h.frames = parcel.frames.length;
      h.flags = h.probe = h.answer = 0;
      return parcel;
    }
    return now >= this.#acknowledgeAt ? this.#own(h, now) : null;
  }

  /** The socket did not take what `take` gave last: its queue is full, or the peer is not connected to it. */
  refused(what: Parcel | typeof OWN, unreachable: boolean, now: number): void {
    if (what !== OWN) this.#queue.rewind(what.sequence);
    if (unreachable) this.connection(false, now);
    else {
      this.#retryAt = now + RETRY_MS;
      this.#acknowledgeAt = Math.min(this.#acknowledgeAt, now + ACK_MS);
      if (what === OWN) this.#undoOwn();
    }
  }

  /** A message from the peer, whose header has been checked; `bytes` of the frames behind it. */
  arrived(h: Header, bytes: number, now: number): Verdict {
    if (this.broken !== null) return 'broken';
    this.heard++;
    if (h.acknowledged > this.#highest)
      return this.#break(`acknowledges message ${h.acknowledged}, of ${this.#highest} sent`);
    if (h.oldest > this.#expected)
      return this.#break(`no longer has message ${this.#expected}, which never arrived`);
    if (h.sequence - h.oldest >= WINDOW_MESSAGES)
      return this.#break(`sends message ${h.sequence} while ${h.oldest} is not acknowledged`);
    if (h.acknowledged >= this.#queue.oldest) {
      this.#queue.release(h.acknowledged, this.released);
      this.#unanswered = 0;
      this.#since = now;
    }
    if (h.freight === Freight.link) {
      this.#heard(h, now);
      return 'own';
    }
    return this.#number(h.sequence, bytes, now);
  }

  /** Gives up: all that is kept goes to `released`. */
  abandon(): void {
    this.broken ??= `host ${this.#peer} was dropped`;
    this.#queue.release(this.#queue.last, this.released);
  }

  #break(what: string): Verdict {
    this.broken = `host ${this.#peer} ${what}: it has begun anew, or is no haloweave host of this version`;
    return 'broken';
  }

  #waits(): boolean {
    const { flying, last, oldest } = this.#queue;
    return flying > 0 || this.#probe > this.#answered || (!this.#open && last >= oldest);
  }

  #fits(parcel: Parcel): boolean {
    const { flying, flyingBytes } = this.#queue;
    return flying === 0 || (flying < WINDOW_MESSAGES && flyingBytes + parcel.bytes <= WINDOW_BYTES);
  }

  #number(sequence: number, bytes: number, now: number): Verdict {
    if (sequence > this.#expected) {
      this.early++;
      this.#gap ||= this.#gapTold !== this.#expected;
      return 'early';
    }
    const verdict = sequence < this.#expected ? 'duplicate' : 'deliver';
    if (verdict === 'deliver') this.#expected++;
    else this.duplicates++;
    this.#arrived++;
    this.#arrivedBytes += bytes;
    if (this.#arrived >= ACK_MESSAGES || this.#arrivedBytes >= ACK_BYTES) this.#acknowledgeAt = now;
    else if (this.#acknowledgeAt === Number.POSITIVE_INFINITY) this.#acknowledgeAt = now + ACK_MS;
    return verdict;
  }

  /** A message of the peer's link itself. */
  #heard(h: Header, now: number): void {
    if ((h.flags & Flag.probe) !== 0) this.#answer = h.probe;
    if ((h.flags & Flag.fresh) !== 0) {
      // On a new connection, and it says what it has: all else is lost.
      this.#open = true;
      this.#retryAt = 0;
      this.#resend();
    }
    if ((h.flags & Flag.answer) !== 0 && h.answer > this.#answered && h.answer <= this.#probe) {
      this.#answered = h.answer;
      this.#unanswered = 0;
      this.#since = now;
      this.#open = true;
      const at = h.answer % PROBES;
      if (this.#probe - h.answer < PROBES) {
        this.#trip.sample(now - this.#probeAt[at]!);
        if (this.#queue.oldest <= this.#probed[at]!) this.#resend();
      }
    }
    // An older one may come late: then what it misses has been acknowledged since.
    if ((h.flags & Flag.gap) !== 0 && h.acknowledged === this.#queue.oldest - 1) this.#resend();
  }

  /** All that was under way is lost. The probes that are out must not say so a second time. */
  #resend(): void {
    this.#queue.rewind();
    this.#probed.fill(0);
  }

  #own(h: Header, now: number): typeof OWN {
    this.#stamp(h, Freight.link, 0);
    h.epoch = h.frames = h.flags = h.probe = h.answer = 0;
    if (this.#probeDue) {
      if (!this.#waits()) this.#since = now;
      this.#probeDue = false;
      this.#probe++;
      this.#probeAt[this.#probe % PROBES] = now;
      this.#probed[this.#probe % PROBES] = this.#queue.next - 1;
      h.probe = this.#probe;
      h.flags |= Flag.probe | (this.#probeFresh ? Flag.fresh : 0);
      this.#probeFresh = false;
    }
    if (this.#answer !== 0) {
      h.answer = this.#answer;
      h.flags |= Flag.answer;
      this.#answer = 0;
    }
    if (this.#gap) {
      h.flags |= Flag.gap;
      this.#gap = false;
      this.#gapTold = this.#expected;
    }
    this.#ownFlags = h.flags;
    return OWN;
  }

  /** The socket was full: what the own message asked is to be asked again. An answer is not: the peer asks again. */
  #undoOwn(): void {
    if ((this.#ownFlags & Flag.probe) !== 0) {
      this.#probeDue = true;
      this.#probeFresh = (this.#ownFlags & Flag.fresh) !== 0;
    }
    if ((this.#ownFlags & Flag.gap) !== 0) this.#gap = true;
  }

  #stamp(h: Header, freight: Freight, sequence: number): void {
    h.freight = freight;
    h.sequence = sequence;
    h.acknowledged = this.#expected - 1;
    h.oldest = this.#queue.oldest;
    this.#arrived = this.#arrivedBytes = 0;
    this.#acknowledgeAt = Number.POSITIVE_INFINITY;
  }
}
