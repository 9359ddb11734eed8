/** Smallest and largest blocks kept, as powers of two: a record's payload limit, and the largest eager message. */
const LEAST = 7;
const MOST = 18;
/** Blocks kept of each size: enough for a burst to all neighbours, at most 2 MiB of the largest. */
const KEPT = 8;

/**
 * Blocks that one thread keeps for its next messages, by size. Taking one from here costs no lock, and a
 * block that was used a moment ago is still in the caches. A block may be given back on another thread
 * than it was taken on: two ranks that answer each other pass the same few blocks to and fro.
 */
export class BlockCache {
  /** Blocks kept, and their bytes. */
  blocks = 0;
  bytes = 0;
  readonly #kept: number[][] = Array.from({ length: MOST + 1 }, () => []);

  /** The size that is allocated for a payload, or −1 if such blocks are not kept. */
  sizeFor(bytes: number): number {
    const k = exponent(bytes);
    return k <= MOST ? 2 ** k : -1;
  }

  /** The address of a block for a payload, or −1 if none is kept. */
  take(bytes: number): number {
    const k = exponent(bytes);
    const address = k <= MOST ? this.#kept[k]!.pop() : undefined;
    if (address === undefined) return -1;
    this.blocks--;
    this.bytes -= 2 ** k;
    return address;
  }

  /** Keeps a block that was allocated with the size for such a payload; false if there are enough. */
  keep(address: number, bytes: number): boolean {
    const k = exponent(bytes);
    if (k > MOST || this.#kept[k]!.length >= KEPT) return false;
    this.#kept[k]!.push(address);
    this.blocks++;
    this.bytes += 2 ** k;
    return true;
  }

  /** Gives up everything: the addresses, which are the caller's to release. */
  empty(): number[] {
    const all = this.#kept.flat();
    for (const list of this.#kept) list.length = 0;
    this.blocks = 0;
    this.bytes = 0;
    return all;
  }
}

function exponent(bytes: number): number {
  return Math.max(LEAST, 32 - Math.clz32(bytes - 1));
}
