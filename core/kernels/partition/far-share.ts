import { type Fill, sendRaw } from '../../comm/channel.js';
import type { Endpoint } from '../../comm/endpoint.js';
import { copyBoxOn } from '../../wasm/box-copy.js';
import { HALO_CONTEXT } from '../../wire/tags.js';
import type { Published } from './mirror.js';
import type { ShareRuns } from './share-runs.js';

/** One part's shares on their way to one rank of another host: a message a step, with what that rank's parts read, more if it is large. */
export class FarShare {
  readonly rank: number;
  readonly #endpoint: Endpoint;
  readonly #part: number;
  readonly #runs: readonly (readonly ShareRuns[])[];
  readonly #fill: Fill;
  #sending: ShareRuns;
  #slot = 0;
  readonly #slots: readonly [number, number];

  /** `runs`: by phase and message; `from`: the part's own slots. */
  constructor(
    endpoint: Endpoint,
    rank: number,
    part: number,
    runs: readonly (readonly ShareRuns[])[],
    from: Published,
  ) {
    this.#endpoint = endpoint;
    this.rank = rank;
    this.#part = part;
    this.#runs = runs;
    this.#slots = from.slots;
    this.#sending = runs[0]![0]!;
    const { views, buffer } = from.arena;
    const copyBox = copyBoxOn(buffer);
    // Made once: messages of every step go out through it.
    this.#fill = (to, offset) => this.#sending.gather(views, this.#slot, to, offset, copyBox);
  }

  /** Bytes of halos that a phase sends. */
  bytes(phase: number): number {
    return this.#runs[phase]!.reduce((n, message) => n + message.haloBytes, 0);
  }

  /** Sends what `phase` has shared for a step; waits only for room in the mailbox. */
  send(step: number, phase: number): void {
    const messages = this.#runs[phase]!;
    this.#slot = this.#slots[(step & 1) as 0 | 1];
    for (let k = 0; k < messages.length; k++) {
      this.#sending = messages[k]!;
      sendRaw(this.#endpoint, this.rank, this.#part, HALO_CONTEXT, messages[k]!.bytes, this.#fill);
    }
  }
}
