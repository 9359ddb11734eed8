import type { CheckpointNotice } from '../../wire/checkpoint-notices.js';
import { type Generation, Generations } from '../checkpoint/generations.js';
import { type CheckpointPlan, type SavedPlan, SLOTS } from '../checkpoint/plan.js';
import type { PieceStore } from './buddy.js';
import { buddyRing } from './buddy-ring.js';
import { decodeParts } from './control-codec.js';
import type { ControlMessage, ControlOf } from './control-messages.js';

/** The coordinator's process, which writes to disk. */
const DISK = 0;

export interface WorkerSavesSetup {
  /** This host's number. */
  host: number;
  plan: ControlOf<'epoch'>;
  /** Ranks of this host. */
  own: readonly number[];
  store: PieceStore;
  send: (message: ControlMessage) => void;
}

/** What the ranks of one host save in one epoch, and what they go on from. */
export class WorkerSaves {
  readonly plan: CheckpointPlan;
  /** Null for the beginning. */
  readonly saved: SavedPlan | null;
  readonly #setup: WorkerSavesSetup;
  readonly #generations: Generations;
  readonly #buddy: number | undefined;
  /** By part of the state to go on from: hosts that have it. */
  readonly #holders = new Map<number, readonly number[]>();
  #stop = -1;
  #partless = false;

  constructor(setup: WorkerSavesSetup) {
    const { plan, own, host } = setup;
    const { memoryEvery, diskEvery, base, hostOf, addresses } = plan;
    this.#setup = setup;
    this.plan = {
      every: [memoryEvery, diskEvery].filter((n) => n !== null),
      slots: new SharedArrayBuffer(4 * SLOTS * hostOf.length),
      journal: null,
    };
    this.saved = base && {
      path: null,
      cycles: base.cycles,
      delivered: Math.max(base.cycles, plan.delivered),
    };
    for (const { parts, holders } of base?.sets ?? [])
      for (const part of decodeParts(parts)) this.#holders.set(part, holders);
    this.#buddy = buddyRing(addresses.filter((a) => hostOf.includes(a.host))).get(host);
    this.#generations = new Generations(
      own,
      this.plan.slots,
      (generation) => this.#keep(generation),
      (cycles) => setup.send({ type: 'left-out', epoch: plan.epoch, cycles }),
    );
  }

  take(notice: CheckpointNotice): void {
    void this.#generations.take(notice);
    if (this.#partless || !this.#generations.nothingToSave) return;
    this.#partless = true;
    this.#setup.send({ type: 'partless', epoch: this.#setup.plan.epoch });
  }

  /** The run stops after so many cycles: whoever comes next goes on from there. */
  closed(cycles: number): void {
    this.#stop = cycles;
  }

  fetch(part: number): Promise<Uint8Array> {
    const { store, plan } = this.#setup;
    return store.fetch(part, plan.base?.epoch === 0 ? [DISK] : (this.#holders.get(part) ?? []));
  }

  /** The ranks end: nobody waits for a piece any more. */
  end(): void {
    this.#setup.store.end();
  }

  #keep(generation: Generation): undefined {
    const { plan, store, send } = this.#setup;
    const { memoryEvery, diskEvery, epoch } = plan;
    const { cycles } = generation;
    const last = cycles === this.#stop;
    const inMemory = last || (memoryEvery !== null && cycles % memoryEvery === 0);
    const onDisk = diskEvery !== null && (last || cycles % diskEvery === 0);
    const to: number[] = [];
    if (memoryEvery !== null && inMemory && this.#buddy !== undefined) to.push(this.#buddy);
    if (onDisk) {
      to.push(DISK);
      send({ type: 'saving', epoch, cycles });
    }
    store.keep(generation, to, inMemory);
    return undefined;
  }
}
