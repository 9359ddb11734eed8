import type { Address } from '../../memory/heap.js';

/**
 * Bytes of an array in the heap that the host sends in one frame. A frame costs some tens of microseconds on either side
 * beside its bytes, a tenth of what a mebibyte takes at 3 GB/s; larger ones would hold up small messages behind them.
 */
const STREAM_PIECE = 1024 * 1024;
/** Bytes of one array on their way at once: 3 GB/s over the 1.4 ms that an acknowledgement takes between busy hosts. */
const STREAM_WINDOW = 4 * STREAM_PIECE;

/** A large message of a rank of this host that has been announced to a rank of another one. */
export interface Announced {
  readonly rank: number;
  readonly peer: number;
  readonly transfer: number;
  /** Where its array lies in the heap, if the host may send it from there; else −1. */
  readonly source: Address;
  readonly bytes: number;
  matched: boolean;
  /** Bytes sent by the host, and acknowledged. */
  sent: number;
  arrived: number;
}

/**
 * Large messages from announcement to end, as the sender's host sees them. If both arrays lie in heaps, the hosts bring
 * the bytes over by themselves and no rank is woken before everything is there.
 */
export class Transfers {
  readonly #open = new Map<string, Announced>();
  readonly #streams: Announced[] = [];

  /** Messages that have been announced and are not over, as far as their host has a part in it. */
  get size(): number {
    return this.#open.size;
  }

  announce(rank: number, peer: number, transfer: number, source: Address, bytes: number): void {
    const state = { matched: false, sent: 0, arrived: 0 };
    this.#open.set(keyOf(rank, peer, transfer), { rank, peer, transfer, source, bytes, ...state });
  }

  /**
   * A receive has met a message; `direct` if its host brings the pieces to its array. Gives whether this host sends them
   * or the rank has to, or null if there is no such message: each is met once.
   */
  matched(rank: number, peer: number, transfer: number, direct: boolean): 'host' | 'rank' | null {
    const it = this.#open.get(keyOf(rank, peer, transfer));
    if (!it || it.matched) return null;
    it.matched = true;
    if (!direct || it.source < 0) return 'rank';
    this.#streams.push(it);
    return 'host';
  }

  /** A receive that cannot take it has met a message; false if there is no such message. */
  refused(rank: number, peer: number, transfer: number): boolean {
    const it = this.#open.get(keyOf(rank, peer, transfer));
    return it !== undefined && !it.matched && this.#end(it);
  }

  /** A rank has sent the piece that ends at a byte. */
  passed(rank: number, peer: number, transfer: number, end: number): void {
    const it = this.#open.get(keyOf(rank, peer, transfer));
    if (it && end === it.bytes) this.#end(it);
  }

  /** Whether `pump` has something to send. */
  get isReady(): boolean {
    return this.#streams.some((it) => it.sent - it.arrived < STREAM_WINDOW);
  }

  /** Calls back for each piece that may go: where it begins, and its bytes. */
  pump(send: (it: Announced, at: number, bytes: number) => void): void {
    for (let k = 0; k < this.#streams.length; k++) {
      const it = this.#streams[k]!;
      while (it.sent < it.bytes && it.sent - it.arrived < STREAM_WINDOW) {
        const at = it.sent;
        it.sent += Math.min(STREAM_PIECE, it.bytes - at);
        send(it, at, it.sent - at);
      }
      if (it.sent === it.bytes) this.#streams.splice(k--, 1);
    }
  }

  /** So many bytes that `pump` sent have arrived; true if that was all. */
  acknowledged(it: Announced, bytes: number): boolean {
    it.arrived += bytes;
    return it.arrived === it.bytes && this.#end(it);
  }

  #end({ rank, peer, transfer }: Announced): true {
    this.#open.delete(keyOf(rank, peer, transfer));
    return true;
  }
}

const keyOf = (rank: number, peer: number, transfer: number): string => `${rank} ${peer} ${transfer}`;
