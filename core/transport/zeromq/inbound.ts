import { dtypeInfo } from '../../memory/dtype.js';
import { type Address, arenaNumber, type Heap, offsetOf } from '../../memory/heap.js';
import {
  ARENA,
  BYTES,
  CELL_BYTES,
  CELL_WORDS,
  CONTEXT,
  EPOCH,
  INLINE_BYTES,
  KIND,
  Kind,
  Mode,
  modeOf,
  OFFSET,
  packKind,
  SOURCE,
  TAG,
} from '../../wire/cell.js';
import type { Refusal } from '../../wire/network.js';
import { DESTINATION, payloadOf, recordAt, recordCount } from '../../wire/network-records.js';
import { PIECE_CONTEXT, TRANSFER_CONTEXT } from '../../wire/tags.js';
import { NOTE, NOTE_COUNT, NOTE_LENGTH, Note, PIECE_AT, PIECE_DIRECT } from '../../wire/transfer.js';
import { Owed } from './credits.js';
import type { Mailboxes } from './mailboxes.js';

/** A record that waits for room in the mailbox of a rank of this host. */
interface Waiting {
  /** The message's records, and the first word of this one. */
  words: Int32Array;
  at: number;
  payload: Uint8Array | null;
  /** −1 for a note of this host itself. */
  host: number;
  cost: number;
}

/** An array of a rank of this host that a large message goes to. */
interface Landing {
  address: Address;
  bytes: number;
  landed: number;
}

const NOTE_WORD = packKind(Kind.typed, dtypeInfo('u8').code, Mode.inline);

/**
 * Brings what came from other hosts to the ranks of this one: records to their mailboxes, their payloads to blocks of the
 * heap, pieces of large messages to the arrays that wait for them. A full mailbox keeps its records here, in order;
 * how many that can be is bounded by the credits of the hosts that send.
 */
export class Inbound {
  /** By host: records that reached their mailbox or array. */
  readonly received: Float64Array;
  /** Payload bytes that reached them. */
  bytes = 0;
  /** Records, and notes of this host, that wait for room. */
  waiting = 0;
  readonly #boxes: Mailboxes;
  readonly #heap: Heap;
  /** By rank; null for those of other hosts. */
  readonly #owed: (Owed | null)[];
  readonly #queues: (Waiting[] | null)[];
  readonly #landings = new Map<string, Landing>();

  constructor(boxes: Mailboxes, heap: Heap, hosts: number, window: number) {
    this.#boxes = boxes;
    this.#heap = heap;
    this.received = new Float64Array(hosts);
    this.#owed = new Array<Owed | null>(boxes.ranks).fill(null);
    this.#queues = new Array<Waiting[] | null>(boxes.ranks).fill(null);
    for (const rank of boxes.local) {
      this.#owed[rank] = new Owed(hosts, boxes.records, window);
      this.#queues[rank] = [];
    }
  }

  /** Takes the records of a message that `checkRecords` has let pass; what is wrong in what they say, or null. */
  take(host: number, frames: readonly Uint8Array[]): Refusal | null {
    const first = frames[0]!;
    const count = recordCount(first);
    const words = new Int32Array(count * CELL_WORDS);
    new Uint8Array(words.buffer).set(first.subarray(recordAt(0), recordAt(count)));
    for (let k = 0; k < count; k++) {
      const at = k * CELL_WORDS;
      const block = modeOf(words[at + KIND]!) === Mode.block;
      const payload = block ? payloadOf(frames, recordAt(k)) : null;
      const why = wrongTransfer(words, at, payload) ?? this.#takeOne({ words, at, payload, host, cost: 0 });
      if (why !== null) return why;
    }
    return null;
  }

  #takeOne(w: Waiting): Refusal | null {
    const { words, at, payload } = w;
    if (words[at + CONTEXT] === PIECE_CONTEXT && words[at + PIECE_DIRECT] === 1)
      return this.#land(words, at, w.host, payload!);
    w.cost = CELL_BYTES + (payload?.byteLength ?? 0);
    const rank = words[at + DESTINATION]!;
    if (!this.#owed[rank]!.arrived(w.host, w.cost)) return 'credit';
    this.#queue(w);
    return null;
  }

  /** Sends a note of this host to one of its ranks, as if from `source`. */
  note(rank: number, source: number, transfer: number, note: Note, count: number): void {
    const words = new Int32Array(CELL_WORDS);
    words[DESTINATION] = rank;
    words[KIND] = NOTE_WORD;
    words[SOURCE] = source;
    words[TAG] = transfer;
    words[CONTEXT] = TRANSFER_CONTEXT;
    words[EPOCH] = this.#boxes.epoch;
    words[BYTES] = NOTE_LENGTH;
    words[NOTE] = note;
    words[NOTE_COUNT] = count;
    this.#queue({ words, at: 0, payload: null, host: -1, cost: 0 });
  }

  /** An array of a rank of this host waits for a message. */
  expect(rank: number, source: number, transfer: number, address: Address, bytes: number): void {
    this.#landings.set(keyOf(rank, source, transfer), { address, bytes, landed: 0 });
  }

  /** Large messages whose arrays are not full yet. */
  get landings(): number {
    return this.#landings.size;
  }

  /** Moves on what waits for room, and asks to be woken for what still does. */
  push(): void {
    if (this.waiting === 0) return;
    for (const rank of this.#boxes.local) {
      const queue = this.#queues[rank]!;
      let moved = 0;
      while (moved < queue.length && this.#deliver(rank, queue[moved]!)) moved++;
      if (moved === 0) continue;
      queue.splice(0, moved);
      this.waiting -= moved;
    }
  }

  /** Calls `give` with credits that are to go back: what ranks have taken out of their mailboxes. */
  returnCredits(give: (host: number, rank: number, bytes: number) => void): void {
    const hosts = this.received.length;
    for (const rank of this.#boxes.local) {
      const owed = this.#owed[rank]!;
      owed.settle(this.#boxes.taken(rank));
      for (let host = 0; host < hosts; host++) this.#return(owed, rank, host, give);
    }
  }

  #return(owed: Owed, rank: number, host: number, give: (host: number, rank: number, bytes: number) => void) {
    let bytes = owed.give(host);
    if (bytes === 0 && owed.isPressed(host)) {
      // Look again after asking: the rank may just have taken something out.
      this.#boxes.askForRoom(rank);
      owed.settle(this.#boxes.taken(rank));
      bytes = owed.give(host);
    }
    if (bytes > 0) give(host, rank, bytes);
  }

  #queue(w: Waiting): void {
    const rank = w.words[w.at + DESTINATION]!;
    const queue = this.#queues[rank]!;
    if (queue.length === 0 && this.#deliver(rank, w)) return;
    queue.push(w);
    this.waiting++;
  }

  /** Puts a record into its mailbox; false if that is full, and then the host is woken when it is not. */
  #deliver(rank: number, { words, at, payload, host, cost }: Waiting): boolean {
    const boxes = this.#boxes;
    let cell = boxes.acquire(rank);
    if (cell < 0) {
      boxes.askForRoom(rank);
      cell = boxes.acquire(rank);
      if (cell < 0) return false;
    }
    const { i32, u32 } = boxes.views;
    const ticket = boxes.ticket(cell);
    const address = payload ? this.#toBlock(payload) : -1;
    for (let k = 1; k < CELL_WORDS; k++) i32[cell + k] = words[at + k]!;
    if (payload) {
      u32[cell + ARENA] = arenaNumber(address);
      u32[cell + OFFSET] = offsetOf(address);
    }
    if (host >= 0) {
      const owed = this.#owed[rank]!;
      // Makes room: what lay in this record before has been taken out.
      owed.settle(boxes.taken(rank));
      owed.pushed(ticket, host, cost);
      this.received[host]!++;
    }
    boxes.commit(rank, cell);
    return true;
  }

  #toBlock(payload: Uint8Array): Address {
    const bytes = payload.byteLength;
    // A payload that would fit in a record may still lie in a block, as the last piece of an array does.
    const address = this.#heap.lend(Math.max(bytes, INLINE_BYTES + 1));
    new Uint8Array(this.#heap.arenaOf(address).buffer, offsetOf(address), bytes).set(payload);
    this.bytes += bytes;
    return address;
  }

  /** Brings a piece to the array that waits for it. */
  #land(words: Int32Array, at: number, host: number, payload: Uint8Array): Refusal | null {
    const rank = words[at + DESTINATION]!;
    const source = words[at + SOURCE]!;
    const transfer = words[at + TAG]!;
    const key = keyOf(rank, source, transfer);
    const landing = this.#landings.get(key);
    if (!landing) return 'destination';
    const start = words[at + PIECE_AT]! >>> 0;
    if (start !== landing.landed || start + payload.byteLength > landing.bytes) return 'payload place';
    const { buffer } = this.#heap.arenaOf(landing.address);
    new Uint8Array(buffer, offsetOf(landing.address) + start, payload.byteLength).set(payload);
    landing.landed += payload.byteLength;
    this.bytes += payload.byteLength;
    this.received[host]!++;
    if (landing.landed < landing.bytes) return null;
    this.#landings.delete(key);
    this.note(rank, source, transfer, Note.landed, 1);
    return null;
  }
}

/** What is wrong with a record of a large message, or null. */
function wrongTransfer(words: Int32Array, at: number, payload: Uint8Array | null): Refusal | null {
  const context = words[at + CONTEXT]!;
  if (context === PIECE_CONTEXT)
    return payload && payload.byteLength > 0 && words[at + PIECE_DIRECT]! >>> 1 === 0 ? null : 'mode';
  if (context !== TRANSFER_CONTEXT) return null;
  // The other notes come from the own host only.
  const note = words[at + NOTE]!;
  return !payload && words[at + BYTES] === NOTE_LENGTH && (note === Note.matched || note === Note.refused)
    ? null
    : 'kind';
}

const keyOf = (rank: number, source: number, transfer: number): string => `${rank} ${source} ${transfer}`;
