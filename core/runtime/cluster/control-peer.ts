import type { OnRefusal } from '../../transport/zeromq/refusal.js';

/** What a frame of a control link is for. */
export const FrameKind = {
  /** The next message, in the second part. */
  message: 1,
  ping: 2,
  pong: 3,
  acknowledge: 4,
  /** Send again from `number` on. */
  again: 5,
  /** The link that the frame belongs to is not known here. */
  unknown: 6,
} as const;
export type FrameKind = (typeof FrameKind)[keyof typeof FrameKind];

/** The first part of everything on a control link: kind, number, acknowledged, at, each a little-endian double. */
interface FrameHeader {
  kind: FrameKind;
  /** Of the message, or of the last one sent. */
  number: number;
  /** All messages up to this one have arrived. */
  acknowledged: number;
  /** Of a ping: when it was sent, in ms of the sender's clock. */
  at: number;
}

export const HEADER_BYTES = 32;

export function writeHeader(header: FrameHeader): Uint8Array {
  const view = new DataView(new ArrayBuffer(HEADER_BYTES));
  view.setFloat64(0, header.kind, true);
  view.setFloat64(8, header.number, true);
  view.setFloat64(16, header.acknowledged, true);
  view.setFloat64(24, header.at, true);
  return new Uint8Array(view.buffer);
}

/** Null for bytes that are no header. */
export function readHeader(bytes: Uint8Array | undefined): FrameHeader | null {
  if (bytes?.length !== HEADER_BYTES) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, HEADER_BYTES);
  const [kind, number, acknowledged, at] = [0, 8, 16, 24].map((o) => view.getFloat64(o, true));
  const whole = (n: number | undefined): boolean => Number.isSafeInteger(n) && n! >= 0;
  if (!whole(kind) || kind! < 1 || kind! > 6 || !whole(number) || !whole(acknowledged)) return null;
  if (!Number.isFinite(at)) return null;
  return { kind: kind as FrameKind, number: number!, acknowledged: acknowledged!, at: at! };
}

/**
 * One side of a control link: messages arrive once and in order however often the connection breaks, as long as both processes
 * live. Each has a number and is kept until it is acknowledged. A connection keeps the order, so whoever hears of a number
 * beyond the next one has lost what lies between, and asks for it again. Pings carry the last number: a loss is found within
 * one of them. Pings themselves are never sent again.
 *
 * Knows no socket: `transmit` puts a frame on its way, and may lose it.
 */
export class ControlPeer {
  /** Called with the body of every message, in order. */
  onMessage: (body: Uint8Array) => void = () => {};
  /** Called when the answer to a ping comes; `at` is when it was sent. */
  onPong: (at: number) => void = () => {};
  /** Called for every frame. */
  onHeard: () => void = () => {};
  /** The connection has broken; it may come back by itself. */
  onDisconnected: () => void = () => {};
  /** Called once when the other side does not know this link any more (`forgotten`), or breaks its rules. */
  onBroken: (reason: string, forgotten: boolean) => void = () => {};
  /** Called whenever the listener refuses this side, or this side it; after most refusals it is not tried again by itself. */
  onRefused: OnRefusal = () => {};
  readonly #transmit: (frames: Uint8Array[]) => void;
  readonly #release: () => void;
  #unacknowledged: { number: number; body: Uint8Array }[] = [];
  #sent = 0;
  #received = 0;
  /** Something has come from the other side. */
  #heard = false;
  /** The last number that the other side has been told of having arrived. */
  #told = 0;
  /** From where on messages have been asked for again; 0 if nothing is missing. */
  #missing = 0;
  #telling: NodeJS.Immediate | null = null;
  #closed = false;
  #flushed: (() => void)[] = [];

  constructor(transmit: (frames: Uint8Array[]) => void, release: () => void = () => {}) {
    this.#transmit = transmit;
    this.#release = release;
  }

  get closed(): boolean {
    return this.#closed;
  }

  send(body: Uint8Array): void {
    if (this.#closed) return;
    this.#sent++;
    this.#unacknowledged.push({ number: this.#sent, body });
    this.#put(FrameKind.message, this.#sent, 0, body);
  }

  ping(now: number): void {
    if (!this.#closed) this.#put(FrameKind.ping, this.#sent, now);
  }

  /**
   * Resolves when all that was sent has arrived, or after `limit` ms, or when the link is closed; at once if nothing has ever
   * come from the other side: nobody may be there.
   */
  async flushed(limit: number): Promise<void> {
    if (this.#unacknowledged.length === 0 || this.#closed || !this.#heard) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, limit);
      this.#flushed.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  /** Gives the link up: nothing is sent or heard any more. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#telling) clearImmediate(this.#telling);
    this.#unacknowledged = [];
    this.#allFlushed();
    this.#release();
  }

  /** Takes a frame that has arrived. */
  take(frames: readonly Uint8Array[]): void {
    if (this.#closed) return;
    const header = readHeader(frames[0]);
    const body = frames[1];
    if (!header || frames.length > 2 || (header.kind === FrameKind.message) !== (body !== undefined)) {
      this.#breaks('it sent a frame that is none');
      return;
    }
    const { kind, number, acknowledged, at } = header;
    if (acknowledged > this.#sent) {
      this.#breaks('it acknowledges what was never sent');
      return;
    }
    this.#heard = true;
    this.onHeard();
    this.#acknowledge(acknowledged);
    if (kind === FrameKind.message) this.#arrived(number, body!);
    else if (kind === FrameKind.ping) {
      this.#put(FrameKind.pong, this.#sent, at);
      this.#hearsOf(number, true);
    } else if (kind === FrameKind.pong) {
      this.onPong(at);
      this.#hearsOf(number, true);
    } else if (kind === FrameKind.again) {
      for (const m of this.#unacknowledged)
        if (m.number >= number) this.#put(FrameKind.message, m.number, 0, m.body);
    } else if (kind === FrameKind.unknown)
      this.#breaks('it does not know this link: it has begun anew, or given this side up', true);
  }

  #arrived(number: number, body: Uint8Array): void {
    if (number === this.#received + 1) {
      this.#received = number;
      this.#tellSoon();
      this.onMessage(body);
    } else if (number > this.#received) this.#hearsOf(number, false);
    else this.#tellSoon();
  }

  /** The other side has sent up to `number`. Asks once for what is missing, and with every ping after that. */
  #hearsOf(number: number, repeat: boolean): void {
    if (number <= this.#received || (!repeat && this.#missing === this.#received + 1)) return;
    this.#missing = this.#received + 1;
    this.#put(FrameKind.again, this.#missing);
  }

  #acknowledge(number: number): void {
    const list = this.#unacknowledged;
    let k = 0;
    while (k < list.length && list[k]!.number <= number) k++;
    if (k === 0) return;
    list.splice(0, k);
    if (list.length === 0) this.#allFlushed();
  }

  #allFlushed(): void {
    for (const resolve of this.#flushed.splice(0)) resolve();
  }

  #tellSoon(): void {
    this.#telling ??= setImmediate(() => {
      this.#telling = null;
      if (this.#told !== this.#received) this.#put(FrameKind.acknowledge, this.#sent);
    });
  }

  #put(kind: FrameKind, number: number, at = 0, body?: Uint8Array): void {
    this.#told = this.#received;
    const header = writeHeader({ kind, number, acknowledged: this.#received, at });
    this.#transmit(body ? [header, body] : [header]);
  }

  #breaks(reason: string, forgotten = false): void {
    if (this.#closed) return;
    this.close();
    this.onBroken(reason, forgotten);
  }
}
