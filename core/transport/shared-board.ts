import type { Board, CellViews } from './transport.js';

/**
 * Bytes of a slot of a board: a header like a record's, and so much beside it that the unrounded partial of an
 * exact sum fits.
 */
export const SLOT_BYTES = 512;
const SLOT_WORDS = SLOT_BYTES / 4;

/** Where a board's words lie. Words that many ranks write need lines of their own. */
export interface BoardPlace {
  /** Word that counts arrivals. */
  readonly arrived: number;
  /** Word that holds the generation. */
  readonly generation: number;
  /** First word of the slots: `boardSlotBytes(size)` bytes. */
  readonly slots: number;
}

/** Bytes of two slots for each of `size` ranks. */
export const boardSlotBytes = (size: number): number => 2 * size * SLOT_BYTES;

/** A board in memory that all ranks of a group share; zeroed before any of them sees it. */
export class SharedBoard implements Board {
  readonly slotBytes = SLOT_BYTES;
  readonly views: CellViews;
  readonly #size: number;
  readonly #wakeAll: () => void;
  readonly #arrived: number;
  readonly #generation: number;
  readonly #slots: number;

  /** `wakeAll` wakes every rank of the group that may have parked. */
  constructor(views: CellViews, place: BoardPlace, size: number, wakeAll: () => void) {
    this.views = views;
    this.#size = size;
    this.#wakeAll = wakeAll;
    this.#arrived = place.arrived;
    this.#generation = place.generation;
    this.#slots = place.slots;
  }

  slot(generation: number, rank: number): number {
    return this.#slots + ((generation & 1) * this.#size + rank) * SLOT_WORDS;
  }

  // The counter only grows (modulo 2^32), so nothing has to be reset between two generations.
  arrive(generation: number): boolean {
    const i32 = this.views.i32;
    const before = Atomics.add(i32, this.#arrived, 1);
    if (((before + 1) | 0) !== Math.imul(generation + 1, this.#size)) return false;
    Atomics.store(i32, this.#generation, (generation + 1) | 0);
    this.#wakeAll();
    return true;
  }

  complete(generation: number): boolean {
    return ((Atomics.load(this.views.i32, this.#generation) - generation) | 0) > 0;
  }
}
