import { type Address, type Heap, offsetOf } from '../memory/heap.js';
import { cellViews } from '../transport/cell-views.js';
import { boardSlotBytes, SharedBoard } from '../transport/shared-board.js';
import type { Transport } from '../transport/transport.js';

/** Two cache lines: adjacent-line prefetch makes neighbouring lines one for false sharing. */
const LINE_WORDS = 32;
const ARRIVED = 0;
const GENERATION = LINE_WORDS;
/** Counts the ranks that are done with the board for good. */
const LEFT = 2 * LINE_WORDS;
const SLOTS = 3 * LINE_WORDS;

const bytesFor = (size: number): number => SLOTS * 4 + boardSlotBytes(size);

/** The board of a group that was split off another, in a block of the shared heap (384 bytes, and 1 KiB a rank). */
export class BoardBlock {
  readonly board: SharedBoard;
  readonly #heap: Heap;
  readonly #address: Address;
  readonly #words: Int32Array;
  readonly #size: number;

  /** A zeroed block for a group of `size`: one member makes it and tells the others its address. */
  static allocate(heap: Heap, size: number): Address {
    const address = heap.allocate(bytesFor(size));
    const from = offsetOf(address) / 4;
    heap.arenaOf(address).words.fill(0, from, from + SLOTS);
    return address;
  }

  /** `members` are ranks of the run. */
  constructor(transport: Transport, address: Address, members: Int32Array) {
    const { heap, rank } = transport;
    const size = members.length;
    const views = cellViews(heap.arenaOf(address).buffer, offsetOf(address), bytesFor(size));
    this.#heap = heap;
    this.#address = address;
    this.#words = views.i32;
    this.#size = size;
    const others = members.filter((m) => m !== rank);
    const wakeAll = (): void => {
      for (let k = 0; k < others.length; k++) transport.wake(others[k]!);
    };
    const place = { arrived: ARRIVED, generation: GENERATION, slots: SLOTS };
    this.board = new SharedBoard(views, place, size, wakeAll);
  }

  /** This rank will not look at the board again. The last one gives the block back: nobody can be reading it then. */
  leave(): void {
    if (Atomics.add(this.#words, LEFT, 1) === this.#size - 1) this.#heap.release(this.#address);
  }
}

/** The board of a rank that is alone in its group: memory of its own, nothing to give back. */
export function lonelyBoard(): SharedBoard {
  const place = { arrived: ARRIVED, generation: GENERATION, slots: SLOTS };
  return new SharedBoard(cellViews(new ArrayBuffer(bytesFor(1))), place, 1, () => {});
}
