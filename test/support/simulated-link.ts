import { Link, OWN } from '../../core/transport/zeromq/link.js';
import {
  emptyHeader,
  Freight,
  HEADER_BYTES,
  type Header,
  readHeader,
  writeHeader,
} from '../../core/wire/network.js';

/** Numbers from 0 to 1 of a small generator (mulberry32), so that a failure can be run again. */
export function randomFrom(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export interface Weather {
  seed: number;
  /** Messages each way. */
  messages: [number, number];
  /** Up to so many bytes each. */
  bytes: number;
  /** ms between two messages of a side, on average; 0: all at once. */
  pause: number;
  /** ms from one side to the other: at least, and how much more at most. */
  delay: number;
  jitter: number;
  /** Probabilities by message: that it is lost, that it comes twice, that the socket is full. */
  drop: number;
  twice: number;
  full: number;
  /** ms until a sender knows what the socket did with a message: at most. */
  late: number;
  /** Times at which the connection is cut, and for how long. */
  cuts: [number, number][];
  /** Probability that the one who connects does not learn of a cut, or of the new connection. */
  deaf: number;
}

interface Side {
  link: Link;
  name: number;
  delivered: number[];
  acknowledged: number[];
  pushed: number;
  /** Own messages, and those with frames, put on the wire. */
  own: number;
  wire: number;
  most: number;
  timer: number;
  pumping: boolean;
}

/**
 * Two links and what is between them: an order-preserving connection with losses, repetitions and cuts, in simulated time.
 * Side 0 connects; what it sends while there is no connection waits in its socket, side 1 is told that nobody is there.
 */
export class SimulatedLink {
  readonly sides: [Side, Side];
  now = 0;
  readonly #weather: Weather;
  readonly #random: () => number;
  #events: { at: number; order: number; run: () => void }[] = [];
  #order = 0;
  /** By side that sends on it: up to when what is under way still arrives. */
  #connection = [0, 0];
  #up = false;
  #last = [0, 0];
  /** What side 0's socket holds until there is a connection. */
  #waiting: (() => void)[] = [];

  constructor(weather: Weather) {
    this.#weather = weather;
    this.#random = randomFrom(weather.seed);
    const side = (name: number): Side => ({
      link: new Link(1 - name),
      name,
      delivered: [],
      acknowledged: [],
      pushed: 0,
      own: 0,
      wire: 0,
      most: 0,
      timer: Number.POSITIVE_INFINITY,
      pumping: false,
    });
    this.sides = [side(0), side(1)];
  }

  /** Runs until nothing can happen any more, or too much has. */
  run(most = 2_000_000): void {
    const { cuts, messages, pause } = this.#weather;
    this.#at(this.#random() * 20, () => this.#connect(true));
    for (const [at, pauseOf] of cuts) {
      this.#at(at, () => this.#cut());
      this.#at(at + pauseOf, () => this.#connect(this.#random() >= this.#weather.deaf));
    }
    for (const side of this.sides) {
      let at = 0;
      for (let k = 0; k < messages[side.name]!; k++) {
        this.#at(at, () => this.#push(side));
        at += pause * 2 * this.#random();
      }
    }
    let steps = 0;
    for (let event = this.#pop(); event; event = this.#pop()) {
      if (++steps > most) throw new Error(`still busy after ${most} events, at ${this.now} ms`);
      this.now = event.at;
      event.run();
    }
  }

  #at(at: number, run: () => void): void {
    // A binary heap: there may be a hundred thousand events at a time.
    const heap = this.#events;
    const event = { at, order: this.#order++, run };
    let k = heap.push(event) - 1;
    for (; k > 0; ) {
      const up = (k - 1) >> 1;
      if (!before(event, heap[up]!)) break;
      heap[k] = heap[up]!;
      k = up;
    }
    heap[k] = event;
  }

  #pop(): { at: number; run: () => void } | undefined {
    const heap = this.#events;
    const top = heap[0];
    const last = heap.pop();
    if (!last || heap.length === 0) return top;
    let k = 0;
    for (;;) {
      let down = 2 * k + 1;
      if (down >= heap.length) break;
      if (down + 1 < heap.length && before(heap[down + 1]!, heap[down]!)) down++;
      if (!before(heap[down]!, last)) break;
      heap[k] = heap[down]!;
      k = down;
    }
    heap[k] = last;
    return top;
  }

  #push(side: Side): void {
    const number = ++side.pushed;
    const bytes = HEADER_BYTES + Math.floor(this.#random() * this.#weather.bytes);
    const frames = [new Uint8Array(0)];
    side.link.push(Freight.records, number, frames, bytes, () => side.acknowledged.push(number), this.now);
    this.#pump(side);
  }

  #connect(told: boolean): void {
    if (this.#up) return;
    this.#up = true;
    this.#connection = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    this.#last = [this.now, this.now];
    for (const send of this.#waiting.splice(0)) send();
    if (told) this.sides[0].link.connection(true, this.now);
    this.#pump(this.sides[0]);
  }

  #cut(): void {
    if (!this.#up) return;
    this.#up = false;
    // Some of what is under way has been received already, and is read in a moment.
    for (const k of [0, 1]) this.#connection[k] = this.now + this.#random() * this.#weather.delay * 2;
    if (this.#random() >= this.#weather.deaf) this.sides[0].link.connection(false, this.now);
    this.#arm(this.sides[0]);
  }

  /** As a mesh does it: what became of a message is known a moment later, and other things may happen before. */
  #pump(side: Side): void {
    if (side.pumping) return;
    const h = emptyHeader();
    const what = side.link.take(h, this.now);
    if (what === null) {
      side.most = Math.max(side.most, side.link.inFlight);
      this.#arm(side);
      return;
    }
    const unreachable = !this.#up && side.name === 1;
    const refused = unreachable || this.#random() < this.#weather.full;
    if (!refused) {
      if (what === OWN) side.own++;
      else side.wire++;
      const frame = new Uint8Array(HEADER_BYTES);
      writeHeader(frame, h);
      const bytes = what === OWN ? HEADER_BYTES : what.bytes;
      if (this.#up) this.#carry(side, frame, bytes);
      else this.#waiting.push(() => this.#carry(side, frame, bytes));
    }
    side.pumping = true;
    this.#at(this.now + this.#random() * this.#weather.late, () => {
      side.pumping = false;
      if (refused) side.link.refused(what, unreachable, this.now);
      this.#pump(side);
    });
  }

  #carry(side: Side, frame: Uint8Array, bytes: number): void {
    const { delay, jitter, drop, twice } = this.#weather;
    const connection = this.#connection;
    const times = this.#random() < drop ? 0 : this.#random() < twice ? 2 : 1;
    for (let k = 0; k < times; k++) {
      const at = Math.max(this.#last[side.name]!, this.now + delay + jitter * this.#random());
      this.#last[side.name] = at;
      this.#at(at, () => {
        if (at <= connection[side.name]!) this.#arrive(this.sides[1 - side.name]!, frame, bytes);
      });
    }
  }

  #arrive(side: Side, frame: Uint8Array, bytes: number): void {
    const h: Header = emptyHeader();
    const refusal = readHeader(frame, h);
    if (refusal) throw new Error(`a header was refused: ${refusal}`);
    const verdict = side.link.arrived(h, bytes, this.now);
    if (side.link.broken !== null) throw new Error(side.link.broken);
    if (verdict === 'deliver') side.delivered.push(h.epoch);
    for (const parcel of side.link.released.splice(0)) parcel.acknowledged?.();
    this.#pump(side);
  }

  #arm(side: Side): void {
    const at = side.link.deadline;
    if (at === Number.POSITIVE_INFINITY || at >= side.timer) return;
    side.timer = at;
    this.#at(Math.max(at, this.now), () => {
      if (side.timer !== at) return;
      side.timer = Number.POSITIVE_INFINITY;
      side.link.tick(this.now);
      this.#pump(side);
    });
  }
}

type Timed = { at: number; order: number };
const before = (a: Timed, b: Timed): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);
