import type { CheckpointNotice, SavedNotice } from '../../wire/checkpoint-notices.js';
import { giveBack } from './plan.js';

/** The pieces of all ranks of a host after the same cycles. */
export interface Generation {
  readonly cycles: number;
  /** By part, −1 for the whole run; views of the ranks' memory, valid until `release`. */
  readonly pieces: ReadonlyMap<number, Uint8Array>;
  readonly bytes: number;
  /** Gives the memory back to the ranks. */
  release(): void;
}

/** Puts together what the ranks of a host save, until a generation has the pieces of all of them. */
export class Generations {
  /** Generations that some rank had to leave out. */
  leftOut = 0;
  readonly #slots: SharedArrayBuffer;
  readonly #waiting: ReadonlySet<number>;
  readonly #without = new Set<number>();
  readonly #open = new Map<number, { saved: SavedNotice[]; missing: Set<number>; whole: boolean }>();
  readonly #onComplete: (generation: Generation) => Promise<void> | undefined;
  readonly #onLeftOut: (cycles: number) => void;

  /** `ranks`: those of this host. */
  constructor(
    ranks: readonly number[],
    slots: SharedArrayBuffer,
    onComplete: (generation: Generation) => Promise<void> | undefined,
    onLeftOut: (cycles: number) => void = () => {},
  ) {
    this.#waiting = new Set(ranks);
    this.#slots = slots;
    this.#onComplete = onComplete;
    this.#onLeftOut = onLeftOut;
  }

  /** No rank of this host has parts. */
  get nothingToSave(): boolean {
    return this.#without.size === this.#waiting.size;
  }

  /** Takes what a rank says. Gives what `onComplete` gave if that completes a generation. */
  take(notice: CheckpointNotice): Promise<void> | undefined {
    const { rank } = notice;
    if (notice.type === 'nothing-to-save') {
      this.#without.add(rank);
      for (const [cycles, g] of this.#open) if (g.missing.delete(rank)) void this.#close(cycles);
      return undefined;
    }
    const { cycles } = notice;
    let g = this.#open.get(cycles);
    if (!g) {
      const missing = new Set(this.#waiting);
      for (const r of this.#without) missing.delete(r);
      g = { saved: [], missing, whole: true };
      this.#open.set(cycles, g);
    }
    g.missing.delete(rank);
    if (notice.type === 'saved') g.saved.push(notice);
    else g.whole = false;
    return this.#close(cycles);
  }

  #close(cycles: number): Promise<void> | undefined {
    const g = this.#open.get(cycles)!;
    if (g.missing.size > 0) return undefined;
    this.#open.delete(cycles);
    const release = (): void => {
      for (const { rank, slot } of g.saved) giveBack(this.#slots, rank, slot);
    };
    if (!g.whole) {
      this.leftOut++;
      release();
      this.#onLeftOut(cycles);
      return undefined;
    }
    const pieces = new Map<number, Uint8Array>();
    let bytes = 0;
    for (const { memory, pieces: list } of g.saved)
      for (let k = 0; k < list.length; k += 3) {
        pieces.set(list[k]!, new Uint8Array(memory, list[k + 1]!, list[k + 2]!));
        bytes += list[k + 2]!;
      }
    return this.#onComplete({ cycles, pieces, bytes, release });
  }
}
