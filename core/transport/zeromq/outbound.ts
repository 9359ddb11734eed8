import { type Address, addressOf, type Heap, offsetOf } from '../../memory/heap.js';
import {
  ARENA,
  BYTES,
  CELL_BYTES,
  CELL_WORDS,
  CONTEXT,
  KIND,
  Mode,
  modeOf,
  OFFSET,
  SOURCE,
  TAG,
} from '../../wire/cell.js';
import { Freight, MAX_FRAMES } from '../../wire/network.js';
import { DESTINATION, MAX_RECORDS, recordAt, writeRecordsHead } from '../../wire/network-records.js';
import { PIECE_CONTEXT, TRANSFER_CONTEXT } from '../../wire/tags.js';
import {
  NOTE,
  NOTE_ARENA,
  NOTE_BYTES,
  NOTE_DIRECT,
  NOTE_OFFSET,
  Note,
  PIECE_DIRECT,
} from '../../wire/transfer.js';
import type { SendCredits } from './credits.js';
import type { Mailboxes } from './mailboxes.js';
import type { Mesh } from './mesh.js';

/** Payload bytes up to which a payload is copied beside the records: a frame of its own costs more than that copy. */
const SMALL_BYTES = 1024;
/** Payload bytes at which a message is closed, so that the first are on their way while the next are gathered. */
const FULL_BYTES = 1024 * 1024;

/** What the sending side tells the receiving side of the same host. */
export interface LocalNotes {
  /** A rank of this host has an array in the heap ready for a transfer. */
  expect(rank: number, source: number, transfer: number, address: Address, bytes: number): void;
  /** Pieces that a rank of this host sent have arrived at the host of `peer`. */
  acknowledged(rank: number, peer: number, transfer: number, pieces: number): void;
}

/** What is being gathered for one host. */
class Load {
  words = new Int32Array(16 * CELL_WORDS);
  records = 0;
  bytes = 0;
  /** Payloads that go beside the records, and which records they belong to: first word and bytes in turn. */
  small = new Uint8Array(4 * SMALL_BYTES);
  smallBytes = 0;
  smallOf: number[] = [];
  payloads: Uint8Array[] = [];
  /** Blocks to give back: address and bytes in turn. */
  blocks: number[] = [];
  /** Pieces to acknowledge: rank, peer and transfer in turn. */
  pieces: number[] = [];

  /** Room for one more record: its first word. */
  next(): number {
    const at = this.records++ * CELL_WORDS;
    if (at === this.words.length) {
      const larger = new Int32Array(this.words.length * 2);
      larger.set(this.words);
      this.words = larger;
    }
    return at;
  }

  get isFull(): boolean {
    return this.records >= MAX_RECORDS || this.payloads.length >= MAX_FRAMES - 1 || this.bytes >= FULL_BYTES;
  }

  /** Adds a payload that is small to the record at `at`. */
  addSmall(at: number, payload: Uint8Array): void {
    const end = this.smallBytes + payload.byteLength;
    if (end > this.small.byteLength) {
      const larger = new Uint8Array(this.small.byteLength * 2);
      larger.set(this.small);
      this.small = larger;
    }
    this.small.set(payload, this.smallBytes);
    this.words[at + ARENA] = 0;
    this.smallOf.push(at, this.smallBytes);
    this.smallBytes = (end + 7) & ~7;
  }

  /** Adds a payload that stays where it is until it is acknowledged. */
  add(at: number, payload: Uint8Array): void {
    this.payloads.push(payload);
    this.words[at + ARENA] = this.payloads.length;
    this.words[at + OFFSET] = 0;
  }

  /** The first frame of the message. */
  pack(): Uint8Array {
    const { words, records, smallOf } = this;
    const end = recordAt(records);
    for (let k = 0; k < smallOf.length; k += 2) words[smallOf[k]! + OFFSET] = end + smallOf[k + 1]!;
    const first = new Uint8Array(end + this.smallBytes);
    writeRecordsHead(first, records, this.payloads.length);
    first.set(new Uint8Array(words.buffer, 0, records * CELL_BYTES), recordAt(0));
    first.set(this.small.subarray(0, this.smallBytes), end);
    return first;
  }
}

/** Takes records out of the proxies and sends what is ready for one host as one message, payloads from where they lie. */
export class Outbound {
  /** By host: records sent. */
  readonly sent: Float64Array;
  /** Payload bytes sent. */
  bytes = 0;
  /** Messages sent to other hosts. */
  messages = 0;
  /** Pieces sent and not acknowledged. */
  unacknowledged = 0;
  readonly #boxes: Mailboxes;
  readonly #heap: Heap;
  readonly #mesh: Mesh;
  readonly #hostOf: Int32Array;
  readonly #credits: SendCredits;
  readonly #notes: LocalNotes;
  readonly #loads: (Load | null)[];

  constructor(
    boxes: Mailboxes,
    heap: Heap,
    mesh: Mesh,
    hostOf: Int32Array,
    credits: SendCredits,
    notes: LocalNotes,
  ) {
    this.#boxes = boxes;
    this.#heap = heap;
    this.#mesh = mesh;
    this.#hostOf = hostOf;
    this.#credits = credits;
    this.#notes = notes;
    const hosts = Math.max(...hostOf) + 1;
    this.#loads = new Array<Load | null>(hosts).fill(null);
    this.sent = new Float64Array(hosts);
  }

  /** Sends all that is ready and that credits allow. */
  drain(): void {
    for (const rank of this.#boxes.remote) this.#drainProxy(rank);
    for (let host = 0; host < this.#loads.length; host++) this.#send(host);
  }

  /** Records that wait in proxies. */
  get queued(): number {
    let n = 0;
    for (const rank of this.#boxes.remote) n += this.#boxes.queued(rank);
    return n;
  }

  #drainProxy(rank: number): void {
    const host = this.#hostOf[rank]!;
    for (let cell = this.#boxes.poll(rank); cell >= 0; cell = this.#boxes.poll(rank)) {
      const cost = this.#cost(cell);
      if (!this.#credits.allows(rank, cost)) return;
      this.#credits.use(rank, cost);
      this.#load(rank, host, cell);
      this.#boxes.release(rank, cell);
      if (this.#loads[host]!.isFull) this.#send(host);
    }
  }

  /** Bytes of credit that a record takes: none if its bytes go to an array that is ready for them. */
  #cost(cell: number): number {
    const { i32, u32 } = this.#boxes.views;
    const mode = modeOf(i32[cell + KIND]!);
    if (i32[cell + CONTEXT] === PIECE_CONTEXT && i32[cell + PIECE_DIRECT] === 1) return 0;
    return CELL_BYTES + (mode === Mode.block || mode === Mode.piece ? u32[cell + BYTES]! : 0);
  }

  #load(rank: number, host: number, cell: number): void {
    const { i32 } = this.#boxes.views;
    this.#loads[host] ??= new Load();
    const load = this.#loads[host];
    const at = load.next();
    const { words } = load;
    words.set(i32.subarray(cell, cell + CELL_WORDS), at);
    words[at + DESTINATION] = rank;
    const mode = modeOf(i32[cell + KIND]!);
    const source = i32[cell + SOURCE]!;
    const context = i32[cell + CONTEXT]!;
    if (context === PIECE_CONTEXT) {
      load.pieces.push(source, rank, i32[cell + TAG]!);
      this.unacknowledged++;
    } else if (context === TRANSFER_CONTEXT) this.#readNote(rank, source, cell, words, at);
    if (mode === Mode.block || mode === Mode.piece) this.#loadPayload(load, at, mode, cell);
    this.sent[host]!++;
  }

  #loadPayload(load: Load, at: number, mode: Mode, cell: number): void {
    const { u32 } = this.#boxes.views;
    const bytes = u32[cell + BYTES]!;
    const address = addressOf(u32[cell + ARENA]!, u32[cell + OFFSET]!);
    const payload = new Uint8Array(this.#heap.arenaOf(address).buffer, offsetOf(address), bytes);
    load.bytes += bytes;
    this.bytes += bytes;
    if (mode === Mode.piece) {
      load.words[at + KIND] = (load.words[at + KIND]! & ~(0xf << 12)) | (Mode.block << 12);
      load.add(at, payload);
    } else if (bytes <= SMALL_BYTES) {
      load.addSmall(at, payload);
      this.#heap.giveBack(address, bytes);
    } else {
      load.add(at, payload);
      load.blocks.push(address, bytes);
      this.#heap.carry();
    }
  }

  /** A note that says where a message is to lie is for this host, which brings it there. */
  #readNote(peer: number, rank: number, cell: number, words: Int32Array, at: number): void {
    const { i32, u32 } = this.#boxes.views;
    if (i32[cell + NOTE] !== Note.matched || i32[cell + NOTE_DIRECT] !== 1) return;
    const address = addressOf(u32[cell + NOTE_ARENA]!, u32[cell + NOTE_OFFSET]!);
    this.#notes.expect(rank, peer, i32[cell + TAG]!, address, u32[cell + NOTE_BYTES]!);
    words.fill(0, at + NOTE_ARENA, at + NOTE_BYTES + 1);
  }

  #send(host: number): void {
    const load = this.#loads[host];
    if (!load || load.records === 0) return;
    this.#loads[host] = null;
    const { payloads, blocks, pieces } = load;
    this.messages++;
    this.#mesh.send(host, Freight.records, this.#boxes.epoch, [load.pack(), ...payloads], () => {
      for (let k = 0; k < blocks.length; k += 2) this.#heap.carriedBack(blocks[k]!, blocks[k + 1]!);
      this.#acknowledge(pieces);
    });
  }

  #acknowledge(pieces: readonly number[]): void {
    for (let k = 0; k < pieces.length; ) {
      const [rank, peer, transfer] = [pieces[k]!, pieces[k + 1]!, pieces[k + 2]!];
      let n = 0;
      // Pieces of one transfer mostly follow each other.
      for (; pieces[k] === rank && pieces[k + 1] === peer && pieces[k + 2] === transfer; k += 3) n++;
      this.unacknowledged -= n;
      this.#notes.acknowledged(rank, peer, transfer, n);
    }
  }
}
