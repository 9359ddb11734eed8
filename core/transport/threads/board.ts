import type { Board, CellViews } from '../transport.js';
import { type ControlLayout, SLOT_BYTES } from './layout.js';

/** The collectives' board in the control memory of one host. */
export class ThreadsBoard implements Board {
  readonly slotBytes = SLOT_BYTES;
  readonly views: CellViews;
  readonly #layout: ControlLayout;
  readonly #wakeAll: () => void;
  readonly #arrived: number;
  readonly #generation: number;

  constructor(views: CellViews, layout: ControlLayout, wakeAll: () => void) {
    this.views = views;
    this.#layout = layout;
    this.#wakeAll = wakeAll;
    this.#arrived = layout.arrived;
    this.#generation = layout.generation;
  }

  slot(generation: number, rank: number): number {
    return this.#layout.slot(generation & 1, rank);
  }

  // The counter only grows (modulo 2^32), so nothing has to be reset between two generations.
  arrive(generation: number): boolean {
    const i32 = this.views.i32;
    const before = Atomics.add(i32, this.#arrived, 1);
    if (((before + 1) | 0) !== Math.imul(generation + 1, this.#layout.ranks)) return false;
    Atomics.store(i32, this.#generation, (generation + 1) | 0);
    this.#wakeAll();
    return true;
  }

  complete(generation: number): boolean {
    return ((Atomics.load(this.views.i32, this.#generation) - generation) | 0) > 0;
  }
}
