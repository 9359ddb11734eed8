import { dtypeInfo, type TypedArray } from '../memory/dtype.js';
import { type Address, addressOf, arenaNumber, type Heap, offsetOf } from '../memory/heap.js';
import type { Transport } from '../transport/transport.js';
import { Kind, Mode, PAYLOAD, packKind } from '../wire/cell.js';
import { PIECE_CONTEXT, TRANSFER_CONTEXT } from '../wire/tags.js';
import {
  NOTE,
  NOTE_ARENA,
  NOTE_BYTES,
  NOTE_DIRECT,
  NOTE_LENGTH,
  NOTE_OFFSET,
  Note,
  PIECE_AT,
  PIECE_DIRECT,
} from '../wire/transfer.js';
import type { Landing, Outgoing } from './payload.js';
import { fillHead } from './record.js';
import type { LargeSend, Progressing, Transfer } from './rendezvous.js';

/**
 * A piece is a message of its own on the way, which costs some microseconds on either side beside its copy: at 128 KiB
 * that is a tenth of the copy, and a window of credits still holds eight.
 */
export const REMOTE_PIECE_BYTES = 128 * 1024;
/** Pieces on their way at once: 1 MiB, which fills a link of 10 Gb/s over 0.8 ms. */
const IN_FLIGHT = 8;

const BYTE = dtypeInfo('u8').code;
const NOTE_WORD = packKind(Kind.typed, BYTE, Mode.inline);
const BLOCK_WORD = packKind(Kind.typed, BYTE, Mode.block);
const PIECE_WORD = packKind(Kind.typed, BYTE, Mode.piece);

/** The bytes of an array. */
const bytesOfArray = (a: TypedArray): Uint8Array => new Uint8Array(a.buffer, a.byteOffset, a.byteLength);

/** A free record for `peer`, or −1; then this rank is woken when there is one. */
function acquire(t: Transport, peer: number): number {
  const cell = t.acquire(peer);
  if (cell >= 0) return cell;
  t.askForRoom(peer);
  return t.acquire(peer);
}

/**
 * The sender's side of a large message between ranks that share no memory. It is announced like any message; once a
 * receive has met it, its pieces follow, an array in the heap from where it lies if a host carries it, any other through
 * lent blocks. Complete when nobody reads the array any more.
 */
export class RemoteSend implements LargeSend {
  readonly remote = true;
  readonly peer: number;
  readonly value = undefined;
  /** Number of the transfer, as the record that announces it holds it. */
  readonly address: Address;
  readonly #t: Transport;
  readonly #transfer: number;
  readonly #bytes: Uint8Array;
  /** Where the array lies in the heap, if its pieces are sent from there; else −1. */
  readonly #source: Address;
  readonly #pieces: number;
  readonly #over: () => void;
  #matched = false;
  #direct = 0;
  #posted = 0;
  #arrived = 0;
  #finished = false;

  /** `over` is called when nothing more will be heard of the transfer. */
  constructor(t: Transport, o: Outgoing, peer: number, transfer: number, over: () => void) {
    this.#t = t;
    this.peer = peer;
    this.#transfer = transfer;
    this.address = addressOf(transfer, 0);
    this.#bytes = bytesOfArray(o.data);
    this.#source = t.bridged ? t.heap.locate(o.data) : -1;
    this.#pieces = Math.ceil(this.#bytes.byteLength / REMOTE_PIECE_BYTES);
    this.#over = over;
  }

  /** A receive has met it; `direct` if its host brings the pieces to its array. */
  matched(direct: number): void {
    this.#matched = true;
    this.#direct = direct;
  }

  /** A receive that cannot take it has met it. */
  refused(): void {
    this.#end();
  }

  /** So many more pieces have arrived. */
  acknowledged(pieces: number): void {
    this.#arrived += pieces;
  }

  withdraw(): void {
    this.#end();
  }

  step(): boolean {
    if (this.#finished) return true;
    if (!this.#matched) return false;
    while (this.#posted < this.#pieces) {
      // Without a host in between nobody acknowledges, and the mailbox is the only bound.
      if (this.#t.bridged && this.#posted - this.#arrived >= IN_FLIGHT) return false;
      if (!this.#post()) return false;
    }
    if (this.#t.bridged && this.#arrived < this.#pieces) return false;
    this.#end();
    return true;
  }

  #post(): boolean {
    const t = this.#t;
    const from = this.#posted * REMOTE_PIECE_BYTES;
    const bytes = Math.min(REMOTE_PIECE_BYTES, this.#bytes.byteLength - from);
    const here = this.#source >= 0;
    // Lent before a record is taken: a record that is never sent would block the queue.
    const address = here ? this.#source + from : lendCopy(t.heap, this.#bytes, from, bytes);
    const cell = acquire(t, this.peer);
    if (cell < 0) {
      if (!here) t.heap.giveBack(address, bytes);
      return false;
    }
    const tag = this.#transfer;
    const mode = here ? Mode.piece : Mode.block;
    const word = here ? PIECE_WORD : BLOCK_WORD;
    fillHead(t.cells, cell, word, { source: t.rank, tag, context: PIECE_CONTEXT, mode, bytes, address });
    t.cells.u32[cell + PIECE_AT] = from;
    t.cells.i32[cell + PIECE_DIRECT] = this.#direct;
    t.commit(this.peer, cell);
    this.#posted++;
    return true;
  }

  #end(): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#over();
  }
}

function lendCopy(heap: Heap, bytes: Uint8Array, from: number, count: number): Address {
  const address = heap.lend(count);
  const { buffer } = heap.arenaOf(address);
  new Uint8Array(buffer, offsetOf(address), count).set(bytes.subarray(from, from + count));
  return address;
}

/** The receiver's side: made when a receive matches the record that announces it. */
export class RemoteReceive implements Transfer {
  readonly peer: number;
  value: unknown;
  readonly #t: Transport;
  readonly #transfer: number;
  readonly #landing: Landing;
  readonly #bytes: Uint8Array;
  /** Where the array lies in the heap, if the host brings the pieces there; else −1. */
  readonly #target: Address;
  readonly #over: () => void;
  #told = false;
  #landed = 0;
  #finished = false;

  constructor(t: Transport, peer: number, transfer: number, landing: Landing, over: () => void) {
    this.#t = t;
    this.peer = peer;
    this.#transfer = transfer;
    this.#landing = landing;
    this.#bytes = bytesOfArray(landing.data);
    this.#target = t.bridged ? t.heap.locate(landing.data) : -1;
    this.#over = over;
  }

  /** The next piece, in memory that is the host's. */
  take(piece: Uint8Array): void {
    this.#bytes.set(piece, this.#landed);
    this.#landed += piece.byteLength;
  }

  /** Everything lies in the array. */
  landed(): void {
    this.#landed = this.#bytes.byteLength;
  }

  step(): boolean {
    if (this.#finished) return true;
    if (!this.#told)
      this.#told = tell(this.#t, this.peer, this.#transfer, Note.matched, this.#target, this.#bytes);
    if (this.#landed < this.#bytes.byteLength) return false;
    this.#finished = true;
    this.#over();
    this.value = this.#landing.finish();
    return true;
  }
}

/** Tells the sender that its message has met a receive that cannot take it. */
export class RemoteRefusal implements Progressing {
  readonly value = undefined;
  readonly #t: Transport;
  readonly #peer: number;
  readonly #transfer: number;

  constructor(t: Transport, peer: number, transfer: number) {
    this.#t = t;
    this.#peer = peer;
    this.#transfer = transfer;
  }

  step(): boolean {
    return tell(this.#t, this.#peer, this.#transfer, Note.refused, -1, null);
  }
}

/** Sends a note; false if there was no room. */
function tell(
  t: Transport,
  peer: number,
  transfer: number,
  note: Note,
  target: Address,
  array: Uint8Array | null,
): boolean {
  const cell = acquire(t, peer);
  if (cell < 0) return false;
  const head = { source: t.rank, tag: transfer, context: TRANSFER_CONTEXT, mode: Mode.inline, address: 0 };
  fillHead(t.cells, cell, NOTE_WORD, { ...head, bytes: NOTE_LENGTH });
  const { i32, u32 } = t.cells;
  i32.fill(0, cell + PAYLOAD, cell + PAYLOAD + NOTE_LENGTH / 4);
  i32[cell + NOTE] = note;
  if (target >= 0) {
    i32[cell + NOTE_DIRECT] = 1;
    u32[cell + NOTE_ARENA] = arenaNumber(target);
    u32[cell + NOTE_OFFSET] = offsetOf(target);
    u32[cell + NOTE_BYTES] = array!.byteLength;
  }
  t.commit(peer, cell);
  return true;
}
