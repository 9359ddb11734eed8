import type { Freight } from '../../wire/network.js';

/** A message that the peer has not acknowledged yet. */
export interface Parcel {
  readonly sequence: number;
  readonly freight: Freight;
  readonly epoch: number;
  readonly frames: readonly Uint8Array[];
  readonly bytes: number;
  readonly acknowledged: (() => void) | null;
}

/** Places at the front that are cleared at once: moving the rest costs less than a word a message then. */
const CLEAR = 256;

/**
 * Messages in the order of their numbers, from the oldest that is not acknowledged. A cursor stands at the one to put on
 * the wire next; those before it are under way.
 */
export class ResendQueue {
  #parcels: (Parcel | undefined)[] = [];
  #front = 0;
  #oldest = 1;
  #next = 1;
  #bytes = 0;
  #flying = 0;

  /** Number of the oldest message kept; of the next one to be pushed if there is none. */
  get oldest(): number {
    return this.#oldest;
  }
  /** Number of the next message to put on the wire. */
  get next(): number {
    return this.#next;
  }
  /** Number of the last message pushed. */
  get last(): number {
    return this.#oldest + this.#parcels.length - this.#front - 1;
  }
  /** Bytes of all messages kept. */
  get bytes(): number {
    return this.#bytes;
  }
  /** Messages under way, and their bytes. */
  get flying(): number {
    return this.#next - this.#oldest;
  }
  get flyingBytes(): number {
    return this.#flying;
  }

  push(
    freight: Freight,
    epoch: number,
    frames: readonly Uint8Array[],
    bytes: number,
    acknowledged: (() => void) | null,
  ): void {
    this.#parcels.push({ sequence: this.last + 1, freight, epoch, frames, bytes, acknowledged });
    this.#bytes += bytes;
  }

  /** The message at the cursor. */
  peek(): Parcel | undefined {
    return this.#parcels[this.#front + this.#next - this.#oldest];
  }

  advance(): void {
    this.#flying += this.peek()!.bytes;
    this.#next++;
  }

  /** Puts the cursor back to a message; to the oldest, if that one has been acknowledged meanwhile. */
  rewind(sequence: number = this.#oldest): void {
    const to = Math.max(sequence, this.#oldest);
    while (this.#next > to) {
      this.#next--;
      this.#flying -= this.peek()!.bytes;
    }
  }

  /** Lets go of all messages up to a number and gives them to `taken`. */
  release(upTo: number, taken: Parcel[]): void {
    while (this.#oldest <= upTo && this.#front < this.#parcels.length) {
      const parcel = this.#parcels[this.#front]!;
      this.#parcels[this.#front++] = undefined;
      this.#bytes -= parcel.bytes;
      if (this.#oldest < this.#next) this.#flying -= parcel.bytes;
      else this.#next++;
      this.#oldest++;
      taken.push(parcel);
    }
    if (this.#front >= CLEAR && this.#front * 2 >= this.#parcels.length) {
      this.#parcels.splice(0, this.#front);
      this.#front = 0;
    }
  }
}
