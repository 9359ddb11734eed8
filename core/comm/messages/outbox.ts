import { HaloweaveError } from '../../base/errors.js';
import { formatBytes } from '../../base/format.js';
import { type Address, offsetOf } from '../../memory/heap.js';
import { INLINE_BYTES, Mode } from '../../wire/cell.js';
import { EAGER_BYTES, type Endpoint } from '../endpoint.js';
import { bytesOf, type Outgoing, writePayload } from '../payload.js';
import { fillRecord } from '../record.js';
import type { LargeSend } from '../rendezvous.js';

/** A message made ready: its payload lies where the receiver will read it, or is small enough for the record. */
interface Parcel {
  readonly o: Outgoing;
  readonly bytes: number;
  /** Rank of the run. */
  readonly peer: number;
  readonly mode: Mode;
  readonly address: Address;
  readonly transfer: LargeSend | null;
}

/**
 * The sends of one collective call, none of which blocks: a message that finds the peer's mailbox full is kept, in
 * order, and a large one goes on while others do. Never for messages to oneself.
 */
export class Outbox {
  readonly #endpoint: Endpoint;
  readonly #tag: number;
  readonly #context: number;
  readonly #mark: number;
  /** What has found no room yet, in order. */
  readonly #kept: Parcel[] = [];
  /** Large messages whose receiver has not taken everything yet. */
  readonly #under: LargeSend[] = [];

  constructor(endpoint: Endpoint, tag: number, context: number, mark: number) {
    this.#endpoint = endpoint;
    this.#tag = tag;
    this.#context = context;
    this.#mark = mark;
  }

  get isEmpty(): boolean {
    return this.#kept.length === 0 && this.#under.length === 0;
  }

  /** A rank of the run that something is still to go to; −1 if none. */
  get peer(): number {
    return this.#kept[0]?.peer ?? this.#under[0]?.peer ?? -1;
  }

  /** Sends; the elements must stay as they are until the outbox is empty. */
  send(o: Outgoing, peer: number): void {
    const parcel = this.#prepare(o, peer);
    if (this.#kept.length > 0 || !this.#post(parcel)) this.#kept.push(parcel);
  }

  /** Does what can be done now; true once everything is sent and taken, so that its elements may change. */
  flush(): boolean {
    while (this.#kept.length > 0 && this.#post(this.#kept[0]!)) this.#kept.shift();
    for (let k = this.#under.length - 1; k >= 0; k--) if (this.#under[k]!.step()) this.#under.splice(k, 1);
    return this.isEmpty;
  }

  #prepare(o: Outgoing, peer: number): Parcel {
    const bytes = bytesOf(o);
    if (bytes > 0xffff_ffff)
      throw new HaloweaveError(
        'argument',
        `a message of ${formatBytes(bytes)} within a collective: pass values in parts below 4 GiB`,
      );
    const { transport } = this.#endpoint;
    const { heap } = transport;
    if (bytes > EAGER_BYTES) {
      const transfer = this.#endpoint.large.send(o, peer);
      return { o, bytes, peer, mode: Mode.rendezvous, address: transfer.address, transfer };
    }
    if (bytes <= INLINE_BYTES) return { o, bytes, peer, mode: Mode.inline, address: 0, transfer: null };
    const address = heap.lend(bytes);
    writePayload(o, heap.arenaOf(address).views, offsetOf(address));
    return { o, bytes, peer, mode: Mode.block, address, transfer: null };
  }

  /** Puts a message into the peer's mailbox; false if that is full, and then this rank is woken when it is not. */
  #post(p: Parcel): boolean {
    const endpoint = this.#endpoint;
    const t = endpoint.transport;
    let cell = t.acquire(p.peer);
    if (cell < 0) {
      t.askForRoom(p.peer);
      cell = t.acquire(p.peer);
      if (cell < 0) return false;
    }
    const { bytes, mode, address } = p;
    const remote = p.transfer?.remote ?? false;
    const head = { source: t.rank, tag: this.#tag, context: this.#context, mode, bytes, address, remote };
    fillRecord(t.cells, cell, p.o, head, this.#mark);
    t.commit(p.peer, cell);
    endpoint.sent++;
    endpoint.sentBytes += p.bytes;
    if (p.transfer) this.#under.push(p.transfer);
    return true;
  }
}
