import type { SavedState } from '../../kernels/program.js';
import type { SavedPlan } from './plan.js';
import { WHOLE } from './rank-checkpoints.js';

/** A saved state whose pieces the rank's host has, or fetches from the hosts that have them. */
export class SavedAtHost implements SavedState {
  readonly cycles: number;
  readonly delivered: number;
  readonly #ask: (part: number) => Promise<Uint8Array>;

  constructor(plan: SavedPlan, ask: (part: number) => Promise<Uint8Array>) {
    this.cycles = plan.cycles;
    this.delivered = plan.delivered;
    this.#ask = ask;
  }

  part(number: number): Promise<Uint8Array> {
    return this.#ask(number);
  }

  whole(): Promise<Uint8Array> {
    return this.#ask(WHOLE);
  }

  async close(): Promise<void> {}
}
