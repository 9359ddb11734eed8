import type { Freight, Mesh } from '../../transport/zeromq/mesh.js';
import { encodePieceHead, PIECE_BYTES, type PieceHead } from '../../wire/network-pieces.js';

/**
 * Bytes of pieces under way to one host. What ranks send each other queues behind them on the same connection: 4 MiB are some
 * ms of a fast network, and enough to fill it over a round trip of 3 ms.
 */
export const UNDER_WAY = 4 * 1024 * 1024;

interface Waiting {
  freight: Freight;
  epoch: number;
  frames: Uint8Array[];
  bytes: number;
}

/** Sends pieces to hosts, in order, a little at a time, as views: they must not change until the receiver has kept them. */
export class PieceCourier {
  readonly #mesh: Pick<Mesh, 'send'>;
  readonly #queues = new Map<number, { waiting: Waiting[]; underWay: number }>();

  constructor(mesh: Pick<Mesh, 'send'>) {
    this.#mesh = mesh;
  }

  /** `chunks` together are the piece; `head.bytes` and `head.offset` are filled in. */
  send(host: number, freight: Freight, epoch: number, head: PieceHead, chunks: readonly Uint8Array[]): void {
    const total = chunks.reduce((n, c) => n + c.length, 0);
    let offset = 0;
    for (const chunk of chunks.length > 0 ? chunks : [new Uint8Array(0)]) {
      let from = 0;
      do {
        const part = chunk.subarray(from, from + PIECE_BYTES);
        const frames = [encodePieceHead({ ...head, bytes: total, offset })];
        if (part.length > 0) frames.push(part);
        this.#queue(host).waiting.push({ freight, epoch, frames, bytes: part.length });
        from += part.length;
        offset += part.length;
      } while (from < chunk.length);
    }
    this.#drain(host);
  }

  /** Nothing more is sent of epochs before this one. */
  dropBefore(epoch: number): void {
    for (const q of this.#queues.values()) q.waiting = q.waiting.filter((w) => w.epoch >= epoch);
  }

  #queue(host: number) {
    let q = this.#queues.get(host);
    if (!q) {
      q = { waiting: [], underWay: 0 };
      this.#queues.set(host, q);
    }
    return q;
  }

  #drain(host: number): void {
    const q = this.#queue(host);
    for (
      let w = q.waiting[0];
      w && (q.underWay === 0 || q.underWay + w.bytes <= UNDER_WAY);
      w = q.waiting[0]
    ) {
      q.waiting.shift();
      const { bytes } = w;
      q.underWay += bytes;
      this.#mesh.send(host, w.freight, w.epoch, w.frames, () => {
        q.underWay -= bytes;
        this.#drain(host);
      });
    }
  }
}
