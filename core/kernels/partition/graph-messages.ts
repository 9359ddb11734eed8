import { HaloweaveError } from '../../base/errors.js';
import { formatBytes } from '../../base/format.js';
import { type Fill, sendRaw } from '../../comm/channel.js';
import type { Endpoint } from '../../comm/endpoint.js';
import { NOTHING, type Stage } from '../../comm/staged.js';
import { dtypeInfo, type TypedArray } from '../../memory/dtype.js';
import { HALO_CONTEXT } from '../../wire/tags.js';

/**
 * What a part publishes for a step, as one message to a rank that shares no memory; its tag is the part's number. In
 * 32-bit words: the step; the number of edges; for each edge to a part of that rank, in the order of the part's list,
 * the word that says what is shared (−1 for nothing) and its bytes. Then what is shared, each from a multiple of
 * 8 bytes on. A phase that shares nothing sends no edges: the step alone.
 */
export const STEP = 0;
export const EDGES = 1;
export const HEAD_WORDS = 2;
export const EDGE_HEAD_WORDS = 2;

const WORD = dtypeInfo('i32');
/** The record of a message counts bytes in 32 bits. */
const LIMIT = 0xffff_ffff;

/** Bytes that a payload takes in the message. */
export function padded(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}

/** Sends what one part stages for the parts of one rank. */
export class ShareMessage {
  readonly rank: number;
  readonly #endpoint: Endpoint;
  readonly #number: number;
  /** What is staged for that rank's parts. */
  readonly #stages: readonly Stage[];
  #step = 0;
  #edges = 0;
  readonly #fill: Fill = (views, offset) => this.#write(views, offset);

  constructor(endpoint: Endpoint, rank: number, number: number, stages: readonly Stage[]) {
    this.#endpoint = endpoint;
    this.rank = rank;
    this.#number = number;
    this.#stages = stages;
  }

  /** Sends the step with what is staged, or the step alone. Waits for room in the rank's mailbox. */
  send(step: number, withShares: boolean): void {
    this.#step = step;
    this.#edges = withShares ? this.#stages.length : 0;
    let bytes = (HEAD_WORDS + this.#edges * EDGE_HEAD_WORDS) * WORD.bytes;
    for (let k = 0; k < this.#edges; k++) bytes += padded(this.#stages[k]!.bytes);
    if (bytes > LIMIT)
      throw new HaloweaveError(
        'argument',
        `a step's shares for the partitions of rank ${this.rank} are ${formatBytes(bytes)}: at most ${formatBytes(LIMIT)} go to a rank on another host; share less at a time, or cut the partition`,
      );
    sendRaw(this.#endpoint, this.rank, this.#number, HALO_CONTEXT, bytes, this.#fill);
  }

  #write(views: readonly TypedArray[], offset: number): void {
    const words = views[WORD.code] as Int32Array;
    let head = offset / WORD.bytes;
    words[head + STEP] = this.#step;
    words[head + EDGES] = this.#edges;
    head += HEAD_WORDS;
    let at = offset + (HEAD_WORDS + this.#edges * EDGE_HEAD_WORDS) * WORD.bytes;
    for (let k = 0; k < this.#edges; k++) {
      const stage = this.#stages[k]!;
      const { word, bytes } = stage;
      words[head] = word;
      words[head + 1] = bytes | 0;
      head += EDGE_HEAD_WORDS;
      if (word === NOTHING) continue;
      stage.copyTo(views, at);
      at += padded(bytes);
    }
  }
}
