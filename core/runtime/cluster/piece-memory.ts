/**
 * Memory of pieces that are kept for a while. What has come off the wire lies in memory that the engine accounts to its heap: kept there,
 * every state would have all of the heap collected several times. So it is copied into shared memory, which is not, and which
 * the next state of the same size uses again.
 */
export class PieceMemory {
  #free: Uint8Array[] = [];
  #freeBytes = 0;
  #heldBytes = 0;

  /** Bytes of what is kept. */
  get held(): number {
    return this.#heldBytes;
  }

  /** A copy that stays until it is given back. Cost: one copy. */
  hold(bytes: Uint8Array): Uint8Array {
    const { length } = bytes;
    const k = this.#free.findIndex((f) => f.length === length);
    let kept: Uint8Array;
    if (k < 0) kept = new Uint8Array(new SharedArrayBuffer(length));
    else {
      kept = this.#free.splice(k, 1)[0]!;
      this.#freeBytes -= length;
    }
    kept.set(bytes);
    this.#heldBytes += length;
    return kept;
  }

  /** These are of no use any more, and overwritten by what comes next. As much is kept for that as is held. */
  giveBack(chunks: readonly Uint8Array[]): void {
    for (const chunk of chunks) {
      this.#heldBytes -= chunk.length;
      this.#freeBytes += chunk.length;
      this.#free.push(chunk);
    }
    while (this.#freeBytes > this.#heldBytes) this.#freeBytes -= this.#free.shift()!.length;
  }
}
