import { dtypeOf, type TypedArray } from '../memory/dtype.js';
import { type Address, addressOf, arenaNumber, type Heap, offsetOf } from '../memory/heap.js';
import { SHAPE_BYTES } from '../wire/cell.js';
import { copyElements, type Landing, type Outgoing, readShape, writeShape } from './payload.js';

/**
 * Large messages do not pass through the mailbox: it carries the address of a descriptor, and sender and
 * receiver copy together, piece by piece.
 *
 * - Both arrays in the shared heap: each side claims pieces from a common counter and copies straight
 *   from source to destination, so that both cores copy at once and nothing is copied twice.
 * - One of them in the heap: the side that holds the private one copies all pieces, once.
 * - Neither: pieces go through a ring in the heap, filled by the sender while the receiver empties it.
 *
 * The sender returns when the receiver has everything: a large send may wait for its receive.
 */

/**
 * Copied in about 2 µs, ten times a piece's fixed cost, and a ring of four stays in a second-level cache. From 16 to
 * 64 KiB bandwidth is the same within noise; at 8 KiB it halves.
 */
const PIECE_BYTES = 32 * 1024;
/** Pieces in the ring between two private arrays. */
const RING = 4;

// Words of a descriptor.
const MATCHED = 0;
const CLAIMED = 1;
const DONE = 2;
const FILLED = 3;
const LEFT = 4;
const SOURCE_IN_HEAP = 5;
const TARGET_IN_HEAP = 6;
// Addresses take two words: arena, offset.
const SOURCE_ARENA = 8;
const TARGET_ARENA = 10;
const RING_ARENA = 12;
const SHAPE_AT = 16;
const DESCRIPTOR_BYTES = SHAPE_AT * 4 + SHAPE_BYTES;

/** Something under way. `step` does what can be done now and tells whether it is complete. */
export interface Progressing {
  step(): boolean;
  /** What it gives; once complete. */
  readonly value: unknown;
}

/** Tells a transfer from a value that is there. */
export const isTransfer = (got: { value: unknown } | Transfer): got is Transfer => 'step' in got;

/** One side of a large transfer. */
export interface Transfer extends Progressing {
  readonly peer: number;
}

/** The sender's side of a large message that has been made ready and is to be announced to its receiver. */
export interface LargeSend extends Transfer {
  /** Whether its receiver shares no memory. */
  readonly remote: boolean;
  /** What the record that announces it holds as address. */
  readonly address: Address;
  /** Takes it back before anybody has been told of it. */
  withdraw(): void;
}

class Descriptor {
  readonly address: Address;
  readonly words: Int32Array;
  readonly at: number;

  constructor(heap: Heap, address: Address) {
    this.address = address;
    this.words = heap.arenaOf(address).words;
    this.at = offsetOf(address) / 4;
  }
  load(word: number): number {
    return Atomics.load(this.words, this.at + word);
  }
  store(word: number, value: number): void {
    Atomics.store(this.words, this.at + word, value);
  }
  add(word: number, value: number): number {
    return Atomics.add(this.words, this.at + word, value);
  }
  setAddress(word: number, address: Address): void {
    this.words[this.at + word] = arenaNumber(address);
    this.words[this.at + word + 1] = offsetOf(address) | 0;
  }
  getAddress(word: number): Address {
    return addressOf(this.words[this.at + word]!, this.words[this.at + word + 1]! >>> 0);
  }
}

type Wake = (peer: number) => void;

abstract class Side implements Transfer {
  readonly peer: number;
  value: unknown;
  protected readonly d: Descriptor;
  protected readonly heap: Heap;
  protected readonly data: TypedArray;
  protected readonly wake: Wake;
  protected readonly pieces: number;
  /** Elements a piece. */
  protected readonly step1: number;

  constructor(heap: Heap, d: Descriptor, data: TypedArray, peer: number, wake: Wake) {
    this.heap = heap;
    this.d = d;
    this.data = data;
    this.peer = peer;
    this.wake = wake;
    this.step1 = PIECE_BYTES / data.BYTES_PER_ELEMENT;
    this.pieces = Math.ceil(data.length / this.step1);
  }

  abstract step(): boolean;

  protected heapView(word: number): TypedArray {
    const address = this.d.getAddress(word);
    // Not the constructor of the data: encoded values are Node's Buffers.
    const Create = dtypeOf(this.data).create;
    return new Create(
      this.heap.arenaOf(address).buffer,
      offsetOf(address),
      word === RING_ARENA ? RING * this.step1 : this.data.length,
    );
  }

  /** Claims and copies pieces until none is left. */
  protected copyClaimed(from: TypedArray, to: TypedArray): void {
    for (;;) {
      const k = this.d.add(CLAIMED, 1);
      if (k >= this.pieces) return;
      const start = k * this.step1;
      copyElements(from, start, to, start, Math.min(this.step1, this.data.length - start));
      if (this.d.add(DONE, 1) + 1 === this.pieces) this.wake(this.peer);
    }
  }

  protected pieceLength(k: number): number {
    return Math.min(this.step1, this.data.length - k * this.step1);
  }
}

/** The sender's side; made with the descriptor, whose address then travels. */
export class SendTransfer extends Side implements LargeSend {
  readonly remote = false;
  readonly #sourceInHeap: boolean;
  #ring: TypedArray | null = null;
  #filled = 0;
  #left = false;

  constructor(heap: Heap, o: Outgoing, peer: number, wake: Wake) {
    const d = new Descriptor(heap, heap.allocate(DESCRIPTOR_BYTES));
    super(heap, d, o.data, peer, wake);
    d.words.fill(0, d.at, d.at + DESCRIPTOR_BYTES / 4);
    const source = heap.locate(o.data);
    this.#sourceInHeap = source >= 0;
    d.words[d.at + SOURCE_IN_HEAP] = source >= 0 ? 1 : 0;
    if (source >= 0) d.setAddress(SOURCE_ARENA, source);
    else {
      const ring = heap.allocate(RING * PIECE_BYTES);
      d.setAddress(RING_ARENA, ring);
      this.#ring = this.heapView(RING_ARENA);
    }
    if (o.shape) writeShape(o.shape, d.words, d.at + SHAPE_AT);
  }

  get address(): Address {
    return this.d.address;
  }

  withdraw(): void {
    this.#free();
  }

  step(): boolean {
    if (this.#left) return true;
    const d = this.d;
    if (d.load(MATCHED) !== 0) {
      const targetInHeap = d.words[d.at + TARGET_IN_HEAP] !== 0;
      if (targetInHeap) {
        if (d.load(CLAIMED) < this.pieces) this.copyClaimed(this.data, this.heapView(TARGET_ARENA));
      } else if (!this.#sourceInHeap) this.#fill();
      // The receiver's last touch: the descriptor may be used again after it.
      if (d.load(LEFT) !== 0) {
        this.#free();
        return true;
      }
    }
    return false;
  }

  #fill(): void {
    const d = this.d;
    const before = this.#filled;
    while (this.#filled < this.pieces && this.#filled - d.load(DONE) < RING) {
      const k = this.#filled++;
      copyElements(this.data, k * this.step1, this.#ring!, (k % RING) * this.step1, this.pieceLength(k));
      d.store(FILLED, this.#filled);
      if (this.#filled === before + 1) this.wake(this.peer);
    }
    if (this.#filled > before) this.wake(this.peer);
  }

  #free(): void {
    this.#left = true;
    if (this.#ring) this.heap.release(this.d.getAddress(RING_ARENA));
    this.heap.release(this.d.address);
  }
}

/** The receiver's side: made when a receive matches the record that carries the descriptor. */
export class ReceiveTransfer extends Side {
  readonly #landing: Landing;
  readonly #sourceInHeap: boolean;
  readonly #target: Address;
  readonly #ring: TypedArray | null;
  #emptied = 0;
  #finished = false;

  constructor(heap: Heap, address: Address, landing: Landing, peer: number, wake: Wake) {
    const d = new Descriptor(heap, address);
    super(heap, d, landing.data, peer, wake);
    this.#landing = landing;
    this.#sourceInHeap = d.words[d.at + SOURCE_IN_HEAP] !== 0;
    this.#target = heap.locate(landing.data);
    this.#ring = this.#sourceInHeap ? null : this.heapView(RING_ARENA);
    d.words[d.at + TARGET_IN_HEAP] = this.#target >= 0 ? 1 : 0;
    if (this.#target >= 0) d.setAddress(TARGET_ARENA, this.#target);
    d.store(MATCHED, 1);
    wake(peer);
  }

  /** The shape that travels with an ndarray. */
  static shapeOf(heap: Heap, address: Address): number[] {
    const d = new Descriptor(heap, address);
    return readShape(d.words, d.at + SHAPE_AT);
  }

  step(): boolean {
    if (this.#finished) return true;
    const d = this.d;
    if (this.#sourceInHeap) {
      if (d.load(CLAIMED) < this.pieces) this.copyClaimed(this.heapView(SOURCE_ARENA), this.data);
      if (d.load(DONE) < this.pieces) return false;
    } else if (this.#target >= 0) {
      if (d.load(DONE) < this.pieces) return false;
    } else if (!this.#empty()) return false;
    this.#finished = true;
    this.value = this.#landing.finish();
    d.store(LEFT, 1);
    this.wake(this.peer);
    return true;
  }

  #empty(): boolean {
    const d = this.d;
    const filled = d.load(FILLED);
    while (this.#emptied < filled) {
      const k = this.#emptied++;
      copyElements(this.#ring!, (k % RING) * this.step1, this.data, k * this.step1, this.pieceLength(k));
      d.store(DONE, this.#emptied);
      this.wake(this.peer);
    }
    return this.#emptied === this.pieces;
  }
}

/** Refuses a message that has been matched to a receive that cannot take it: the sender is released. */
export function refuse(heap: Heap, address: Address, peer: number, wake: Wake): void {
  const d = new Descriptor(heap, address);
  d.store(CLAIMED, 0x3fff_ffff);
  d.words[d.at + TARGET_IN_HEAP] = 1;
  d.store(MATCHED, 1);
  d.store(LEFT, 1);
  wake(peer);
}
