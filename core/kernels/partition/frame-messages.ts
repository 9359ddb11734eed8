import { HaloweaveError } from '../../base/errors.js';
import { type Arrival, type Fill, sendRaw } from '../../comm/channel.js';
import type { Endpoint } from '../../comm/endpoint.js';
import { dtypeInfo, type TypedArray } from '../../memory/dtype.js';
import { FRAME_CONTEXT } from '../../wire/tags.js';
import type { Hosts } from '../hosts.js';
import type { GridDomain } from './grid.js';
import { OwnedCells } from './owned-cells.js';

export const F64 = dtypeInfo('f64').code;
/** Bytes before a part's cells: as doubles, the number of the frame, and of the part's message for it. */
export const HEADER = 16;

/** By part: what it puts into a frame. */
export class FrameCells {
  readonly #known = new Map<number, OwnedCells>();
  readonly #domain: GridDomain;
  readonly #fields: readonly number[];

  constructor(domain: GridDomain, fields: readonly number[]) {
    this.#domain = domain;
    this.#fields = fields;
  }

  of(part: number): OwnedCells {
    let cells = this.#known.get(part);
    if (!cells) {
      cells = new OwnedCells(this.#domain, part, this.#fields);
      this.#known.set(part, cells);
    }
    return cells;
  }
}

/** Rank 0's side: takes parts' cells in, and tells the ranks of other hosts how far it is. */
export class FrameMessages {
  readonly #endpoint: Endpoint;
  readonly #ranks: readonly number[];
  #written = 0;

  /** `owner`: by part. `array` gives a frame's whole field by its position; `count` counts a part in. */
  constructor(
    endpoint: Endpoint,
    hosts: Hosts,
    owner: Int32Array,
    domain: GridDomain,
    fields: readonly number[],
    array: (position: number, frame: number) => TypedArray,
    count: (frame: number) => void,
  ) {
    this.#endpoint = endpoint;
    this.#ranks = [...new Set(owner)].filter((rank) => !hosts.near(rank));
    const cells = new FrameCells(domain, fields);
    endpoint.listen(FRAME_CONTEXT, (a: Arrival) => {
      const known = a.tag < domain.parts && owner[a.tag] === a.source && a.bytes >= HEADER;
      const layout = known ? cells.of(a.tag) : null;
      const message = known ? (a.views[F64]![a.offset / 8 + 1] as number) : -1;
      if (!layout || a.bytes !== HEADER + (layout.bytes[message] ?? -1))
        throw new HaloweaveError(
          'format',
          `rank ${a.source} sent ${a.bytes} bytes as the output of partition ${a.tag}, which is not its share of it`,
          { partition: a.tag },
        );
      const n = a.views[F64]![a.offset / 8] as number;
      layout.place(message, a.views, a.offset + HEADER, array(layout.position(message), n));
      // Messages of a part come in order.
      if (message === layout.bytes.length - 1) count(n);
    });
  }

  /** Tells that so many frames have been written. */
  tell(written: number): void {
    this.#written = written;
    for (const rank of this.#ranks) sendRaw(this.#endpoint, rank, 0, FRAME_CONTEXT, HEADER, this.#fill);
  }

  readonly #fill: Fill = (views, offset) => {
    views[F64]![offset / 8] = this.#written;
  };
}
