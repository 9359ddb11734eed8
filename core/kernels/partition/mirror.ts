import { HaloweaveError } from '../../base/errors.js';
import type { Arrival } from '../../comm/channel.js';
import type { Arena } from '../../memory/arena.js';
import type { CopyBox } from '../../memory/copy-box.js';
import { type Heap, offsetOf } from '../../memory/heap.js';
import { copyBoxOn } from '../../wasm/box-copy.js';
import { type BlockLayout, PUBLISHED } from './blocks.js';
import type { ShareRuns } from './share-runs.js';

/** Where a part's neighbours find what it has published. */
export interface Published {
  readonly arena: Arena;
  /** Byte of its counter of published steps. */
  readonly counter: number;
  /** Bytes of its two slots. */
  readonly slots: readonly [number, number];
}

/** A part's own place: its block in memory that this rank shares. */
export function publishedAt(heap: Heap, address: number, layout: BlockLayout): Published {
  const arena = heap.arenaOf(address);
  const at = offsetOf(address);
  return { arena, counter: at + PUBLISHED * 4, slots: [at + layout.slotAt(0), at + layout.slotAt(1)] };
}

/** Bytes before the slots: the counter has two cache lines to itself, as in a block. */
const HEADER = 128;

/**
 * What this rank sees of a part on another host: a copy of its counter and of its slots, private to this rank, with
 * those pieces in the slots that this rank's parts read. Its owner sends one message a step, more if
 * it is large.
 *
 * Messages of one sender arrive in order, so that they are counted and carry no step. The share for step t overwrites that for
 * t − 2. Every reader of a mirror is a neighbour of the part that it mirrors, and that part has run step t − 1, for which
 * it has seen each of its neighbours publish t − 1: they have run step t − 2, and unpacked the share for it before.
 */
export class Mirror implements Published {
  readonly arena: Arena;
  readonly counter: number;
  readonly slots: readonly [number, number];
  readonly #part: number;
  readonly #owner: number;
  readonly #runs: readonly (readonly ShareRuns[])[];
  /** Messages of the step under way that have come. */
  #come = 0;
  readonly #words: Int32Array;
  readonly #copyBox: CopyBox | null;

  /** `runs`: by phase and message, what of the part's share this rank reads. */
  constructor(
    heap: Heap,
    layout: BlockLayout,
    part: number,
    owner: number,
    runs: readonly (readonly ShareRuns[])[],
  ) {
    const slot = layout.slotAt(1) - layout.slotAt(0);
    const address = heap.allocate(HEADER + 2 * slot);
    const at = offsetOf(address);
    this.arena = heap.arenaOf(address);
    this.counter = at;
    this.slots = [at + HEADER, at + HEADER + slot];
    this.#part = part;
    this.#owner = owner;
    this.#runs = runs;
    this.#words = this.arena.words;
    this.#copyBox = copyBoxOn(this.arena.buffer);
    this.restart(0);
  }

  /** The part has published `step` steps, and nothing is under way. */
  restart(step: number): void {
    this.#words[this.counter / 4] = step;
    this.#come = 0;
  }

  /** Takes in the part's next message. */
  take(a: Arrival): void {
    const step = this.#words[this.counter / 4]! + 1;
    const phases = this.#runs.length;
    const messages = this.#runs[(step + phases - 1) % phases]!;
    const runs = messages[this.#come]!;
    if (a.source !== this.#owner || a.bytes !== runs.bytes)
      throw new HaloweaveError(
        'format',
        `a share of partition ${this.#part} for step ${step} came from rank ${a.source} with ${a.bytes} bytes: it is rank ${this.#owner}'s and has ${runs.bytes}`,
        { partition: this.#part },
      );
    runs.scatter(a.views, a.offset, this.arena.views, this.slots[(step & 1) as 0 | 1], this.#copyBox);
    if (++this.#come < messages.length) return;
    this.#come = 0;
    // Readers are on this thread: they see the counter after the share.
    this.#words[this.counter / 4] = step;
  }
}

/** This rank's mirrors, by part. */
export class Mirrors {
  readonly #of = new Map<number, Mirror>();

  add(part: number, mirror: Mirror): void {
    this.#of.set(part, mirror);
  }

  get(part: number): Mirror | undefined {
    return this.#of.get(part);
  }

  /** All parts have published `step` steps, and nothing is under way. */
  restart(step: number): void {
    for (const m of this.#of.values()) m.restart(step);
  }

  /** Listens to halos; messages say by their tag which part they are of. */
  readonly take = (a: Arrival): void => {
    const mirror = this.#of.get(a.tag);
    if (!mirror)
      throw new HaloweaveError(
        'format',
        `rank ${a.source} sent a share of partition ${a.tag}, which has no neighbour on this rank`,
        { partition: a.tag },
      );
    mirror.take(a);
  };
}
