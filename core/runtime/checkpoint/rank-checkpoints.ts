import type { CheckpointSink } from '../../kernels/program.js';
import type { CheckpointNotice } from '../../wire/checkpoint-notices.js';
import { Journal } from './journal.js';
import { type CheckpointPlan, CLOSING_SLOT, FREE, SLOTS, TAKEN } from './plan.js';

/** Pieces begin at cache lines: copies that are not aligned to 8 bytes are several times slower. */
const ALIGN = 64;
/** Number of the piece of the whole run. */
export const WHOLE = -1;

/**
 * A rank's side of checkpoints: copies pieces into memory that its host shares, and tells the host when a generation is
 * complete. Two memories take turns and stay; while the host still writes from both, a generation is left out. Cost: one
 * copy of the state, and after the second generation of parts whose size stays, no allocation.
 */
export class RankCheckpoints implements CheckpointSink {
  readonly #plan: CheckpointPlan;
  readonly #rank: number;
  readonly #notify: (notice: CheckpointNotice) => Promise<void> | undefined;
  readonly #slots: Int32Array;
  readonly #memories: Uint8Array[] = Array.from({ length: SLOTS }, () => new Uint8Array(0));
  #journal: Journal | null = null;
  #closing = false;
  /** The memory of the generation under way; −1 before its first piece. */
  #slot = -1;
  #used = 0;
  #leftOut = false;
  #pieces: number[] = [];

  constructor(
    plan: CheckpointPlan,
    rank: number,
    notify: (notice: CheckpointNotice) => Promise<void> | undefined,
  ) {
    this.#plan = plan;
    this.#rank = rank;
    this.#notify = notify;
    this.#slots = new Int32Array(plan.slots);
  }

  next(done: number): number {
    let next = Number.POSITIVE_INFINITY;
    for (const k of this.#plan.every) next = Math.min(next, (Math.floor(done / k) + 1) * k);
    return next;
  }

  part(_cycles: number, number: number, bytes: readonly Uint8Array[]): void {
    this.#put(number, bytes);
  }

  whole(_cycles: number, bytes: Uint8Array): void {
    this.#put(WHOLE, [bytes]);
  }

  complete(cycles: number): Promise<void> | undefined {
    const rank = this.#rank;
    if (cycles === Number.POSITIVE_INFINITY) return this.#notify({ type: 'nothing-to-save', rank });
    const [slot, pieces, leftOut] = [this.#slot, this.#pieces, this.#leftOut];
    this.#slot = -1;
    this.#used = 0;
    this.#pieces = [];
    this.#leftOut = false;
    if (leftOut) return this.#notify({ type: 'not-saved', rank, cycles });
    const memory = this.#memories[slot]!.buffer as unknown as SharedArrayBuffer;
    return this.#notify({ type: 'saved', rank, cycles, slot, memory, pieces });
  }

  atClose(): boolean {
    this.#closing = true;
    return true;
  }

  delivered(state: number): void {
    if (this.#plan.journal === null) return;
    this.#journal ??= new Journal(this.#plan.journal);
    this.#journal.note(state);
  }

  /** Closes what is open. */
  close(): void {
    this.#journal?.close();
  }

  #put(number: number, bytes: readonly Uint8Array[]): void {
    if (this.#slot < 0 && !this.#leftOut) this.#begin();
    if (this.#leftOut) return;
    const at = this.#used;
    let end = at;
    for (const b of bytes) end += b.length;
    const memory = this.#room(end);
    let to = at;
    for (const b of bytes) {
      memory.set(b, to);
      to += b.length;
    }
    this.#used = Math.ceil(end / ALIGN) * ALIGN;
    this.#pieces.push(number, at, end - at);
  }

  #begin(): void {
    const base = this.#rank * SLOTS;
    for (let slot = 0; slot < SLOTS; slot++) {
      if (slot === CLOSING_SLOT && !this.#closing) break;
      if (Atomics.load(this.#slots, base + slot) !== FREE) continue;
      Atomics.store(this.#slots, base + slot, TAKEN);
      this.#slot = slot;
      return;
    }
    this.#leftOut = true;
  }

  /** The memory of this generation, with room for so many bytes. */
  #room(bytes: number): Uint8Array {
    const memory = this.#memories[this.#slot]!;
    if (memory.length >= bytes) return memory;
    const larger = new Uint8Array(new SharedArrayBuffer(Math.max(bytes, 2 * memory.length)));
    larger.set(memory.subarray(0, this.#used));
    this.#memories[this.#slot] = larger;
    return larger;
  }
}
