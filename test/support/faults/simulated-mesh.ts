import type { Freight, Mesh } from '../../../core/transport/zeromq/mesh.js';
import type { Refusal } from '../../../core/wire/network.js';

interface Message {
  from: number;
  to: number;
  freight: Freight;
  epoch: number;
  frames: Uint8Array[];
  acknowledged: (() => void) | undefined;
}

/** Hosts whose messages wait until a test lets them arrive: in order between two hosts, in any order else. */
export class SimulatedMesh {
  readonly refused: { at: number; from: number; refusal: Refusal }[] = [];
  /** Called with what arrives. */
  readonly take = new Map<
    number,
    (host: number, freight: Freight, epoch: number, frames: Uint8Array[]) => void
  >();
  /** Bytes that were under way from one host to another, at most. */
  mostUnderWay = 0;
  #messages: Message[] = [];

  of(self: number): Pick<Mesh, 'send' | 'refuse'> {
    return {
      send: (to, freight, epoch, frames, acknowledged) => {
        this.#messages.push({ from: self, to, freight, epoch, frames: [...frames], acknowledged });
        const bytes = this.#messages
          .filter((m) => m.from === self && m.to === to)
          .reduce((n, m) => n + m.frames.reduce((k, f) => k + f.length, 0), 0);
        this.mostUnderWay = Math.max(this.mostUnderWay, bytes);
      },
      refuse: (from, refusal) => {
        this.refused.push({ at: self, from, refusal });
      },
    };
  }

  /** A host is gone, with what is under way to it and from it. */
  drop(host: number): void {
    const gone = this.#messages.filter((m) => m.from === host || m.to === host);
    this.#messages = this.#messages.filter((m) => !gone.includes(m));
    for (const m of gone) m.acknowledged?.();
  }

  /** Lets messages arrive until none is under way; `pick` chooses among the pairs that have one. */
  settle(pick: (n: number) => number = () => 0): void {
    while (this.deliver(pick));
  }

  deliver(pick: (n: number) => number = () => 0): boolean {
    const firsts = this.#messages.filter(
      (m, k) => this.#messages.findIndex((o) => o.from === m.from && o.to === m.to) === k,
    );
    if (firsts.length === 0) return false;
    const m = firsts[pick(firsts.length)]!;
    this.#messages.splice(this.#messages.indexOf(m), 1);
    // Copied as a network does: what the sender does with its memory afterwards does not show.
    this.take.get(m.to)!(
      m.from,
      m.freight,
      m.epoch,
      m.frames.map((f) => Uint8Array.from(f)),
    );
    m.acknowledged?.();
    return true;
  }
}
