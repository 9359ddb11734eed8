import { bytesOf, writePayload } from '../payload.js';
import { type Payload, travelling } from './payloads.js';
import type { Slots } from './slots.js';

/** Words of a directory entry: kind and dtype, bytes, offset in the block, mark. */
const ENTRY = 4;
const ENTRY_BYTES = ENTRY * 4;

/** Payloads start at multiples of this: the largest element. */
const ALIGN = 8;

/** One payload for each rank in one slot or block: a directory, then the payloads. */
export class Pieces {
  readonly #slots: Slots;

  constructor(slots: Slots) {
    this.#slots = slots;
  }

  /**
   * Writes the values as this rank's payload; that of rank `skip` without its elements. `marks` are told in the
   * directory. Gives a digest of the directory, which is the same for values of the same forms.
   */
  write(values: readonly unknown[], skip: number, marks: readonly number[] | null = null): number {
    const travel = values.map(travelling);
    const places: number[] = [];
    let end = values.length * ENTRY_BYTES;
    travel.forEach(({ o }, k) => {
      places.push(end);
      if (k !== skip) end += Math.ceil(bytesOf(o) / ALIGN) * ALIGN;
    });
    const { views, at } = this.#slots.room(0, end);
    const words = views[7] as Uint32Array;
    let digest = 0;
    travel.forEach(({ o, word }, k) => {
      const entry = at / 4 + k * ENTRY;
      words[entry] = word;
      words[entry + 1] = bytesOf(o);
      words[entry + 2] = places[k]!;
      words[entry + 3] = marks ? marks[k]! : 0;
      for (const w of [word, bytesOf(o), ...(marks ? [marks[k]!] : []), ...(o.shape ?? [])])
        digest = Math.imul(digest ^ w, 0x01000193) + 1;
      if (k !== skip) writePayload(o, views, at + places[k]!);
    });
    return digest;
  }

  /** What `rank` has for `to`, where it lies. */
  payload(g: number, rank: number, to: number): Payload {
    const { views, at } = this.#slots.payload(g, rank);
    const words = views[7] as Uint32Array;
    const entry = at / 4 + to * ENTRY;
    return { views, at: at + words[entry + 2]!, word: words[entry]!, bytes: words[entry + 1]! };
  }

  mark(g: number, rank: number, to: number): number {
    const { views, at } = this.#slots.payload(g, rank);
    return (views[7] as Uint32Array)[at / 4 + to * ENTRY + 3]!;
  }
}
