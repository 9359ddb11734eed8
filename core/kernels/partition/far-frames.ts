import { type Fill, sendRaw } from '../../comm/channel.js';
import type { Endpoint } from '../../comm/endpoint.js';
import { FRAME_CONTEXT } from '../../wire/tags.js';
import type { FrameSink } from './domain-runtime.js';
import { F64, FrameCells, HEADER } from './frame-messages.js';
import { FRAMES } from './frames.js';
import type { GridDomain } from './grid.js';
import type { OwnedPart } from './owned-part.js';

/**
 * Frames on a rank that shares no memory with rank 0: each part's cells go there in messages of up to 1 MiB, and rank 0 tells with
 * one message a frame how many it has written. A part that would need a third frame waits for that.
 */
export class FarFrames implements FrameSink {
  readonly every: number;
  onWriting: (() => void) | null = null;
  onWritten: ((state: number) => void) | null = null;
  readonly #endpoint: Endpoint;
  readonly #fields: readonly number[];
  readonly #cells: FrameCells;
  #written = 0;

  constructor(every: number, fields: readonly number[], domain: GridDomain, endpoint: Endpoint) {
    this.every = every;
    this.#fields = fields;
    this.#cells = new FrameCells(domain, fields);
    this.#endpoint = endpoint;
    endpoint.listen(FRAME_CONTEXT, ({ views, offset }) => {
      this.#written = views[F64]![offset / 8] as number;
    });
  }

  put(part: OwnedPart, cycle: number): boolean {
    const n = cycle / this.every;
    if (n < this.#written) return true;
    if (n - this.#written >= FRAMES) return false;
    const cells = this.#cells.of(part.id);
    let message = 0;
    const fill: Fill = (views, offset) => {
      views[F64]![offset / 8] = n;
      views[F64]![offset / 8 + 1] = message;
      const { data } = part.object._arrays[this.#fields[cells.position(message)]!]!;
      cells.pack(message, data, views, offset + HEADER);
    };
    for (; message < cells.bytes.length; message++)
      sendRaw(this.#endpoint, 0, part.id, FRAME_CONTEXT, HEADER + cells.bytes[message]!, fill);
    return true;
  }

  writeNext(): boolean {
    return false;
  }

  writeFinal(): void {}

  skipTo(state: number): void {
    this.#written = Math.ceil(state / this.every);
  }

  get next(): number {
    return this.#written * this.every;
  }
}
