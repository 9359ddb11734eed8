import { type Address, addressOf, type Heap, offsetOf } from '../../memory/heap.js';
import {
  ARENA,
  BYTES,
  CELL_WORDS,
  CONTEXT,
  KIND,
  Mode,
  modeOf,
  OFFSET,
  SOURCE,
  TAG,
} from '../../wire/cell.js';
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
import { RECORD_COST, type SendCredits } from './credits.js';
import type { Mailboxes } from './mailboxes.js';
import { Freight, type Mesh } from './mesh.js';
import { FULL_BYTES, MAX_PAYLOADS, MAX_RECORDS, TARGET } from './records.js';

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
    return this.records >= MAX_RECORDS || this.payloads.length >= MAX_PAYLOADS || this.bytes >= FULL_BYTES;
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
    return RECORD_COST + (mode === Mode.block || mode === Mode.piece ? u32[cell + BYTES]! : 0);
  }

  #load(rank: number, host: number, cell: number): void {
    const { i32, u32 } = this.#boxes.views;
    this.#loads[host] ??= new Load();
    const load = this.#loads[host];
    const at = load.next();
    const { words } = load;
    words.set(i32.subarray(cell, cell + CELL_WORDS), at);
    words[at + TARGET] = rank;
    const mode = modeOf(i32[cell + KIND]!);
    const source = i32[cell + SOURCE]!;
    const context = i32[cell + CONTEXT]!;
    if (context === PIECE_CONTEXT) {
      load.pieces.push(source, rank, i32[cell + TAG]!);
      this.unacknowledged++;
    } else if (context === TRANSFER_CONTEXT) this.#readNote(rank, source, cell, words, at);
    if (mode === Mode.block || mode === Mode.piece) {
      const bytes = u32[cell + BYTES]!;
      const address = addressOf(u32[cell + ARENA]!, u32[cell + OFFSET]!);
      const { buffer } = this.#heap.arenaOf(address);
      load.payloads.push(new Uint8Array(buffer, offsetOf(address), bytes));
      load.bytes += bytes;
      this.bytes += bytes;
      words[at + ARENA] = 0;
      words[at + OFFSET] = 0;
      if (mode === Mode.block) {
        load.blocks.push(address, bytes);
        this.#heap.carry();
      } else words[at + KIND] = (words[at + KIND]! & ~(0xf << 12)) | (Mode.block << 12);
    } else if (mode === Mode.rendezvous)
      throw new Error(`rank ${source} sent an address of this host's heap to rank ${rank} of another host`);
    this.sent[host]!++;
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
    const { words, records, payloads, blocks, pieces } = load;
    const head = new Uint8Array(words.buffer, 0, records * CELL_WORDS * 4);
    this.messages++;
    this.#mesh.send(host, Freight.records, this.#boxes.epoch, [head, ...payloads], () => {
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
