import { ceilLog2 } from '../../topology/rounds.js';

/**
 * What a message costs by itself, as bytes that could be copied in that time. Estimated, not tuned: a message to a thread that
 * looks for it takes 0.1 µs and to one that sleeps 4 to 22 µs; a block of the heap is copied at 2 to 10 GB/s, so a
 * page lies between the two. Between processes a hop costs far more, and the value is to be measured anew there. The
 * thresholds below compare the bytes that an algorithm moves past one rank with the messages it needs; all ranks
 * get the same answer, from sizes that all know.
 */
export const MESSAGE_COST = 4096;

/**
 * Bytes up to which one rank's value travels in bundles along a tree or Bruck's rounds, where it may be copied
 * ⌈log₂ size⌉ times; a larger one is only named there and follows by itself.
 */
export function bundledBytes(size: number): number {
  return Math.floor(MESSAGE_COST / Math.max(1, ceilLog2(size)));
}

/**
 * Whether a broadcast moves its value in shares (scatter, then ring: 2·bytes past each rank, ⌈log₂ size⌉ + size − 1
 * messages) rather than whole (⌈log₂ size⌉·bytes past the root).
 */
export function sharesPay(bytes: number, size: number): boolean {
  const rounds = ceilLog2(size);
  return rounds * bytes > 2 * bytes + (rounds + size - 1) * MESSAGE_COST;
}

/**
 * Whether a reduction of arrays exchanges shares of the raw elements (2·bytes past each rank, 2·(size − 1)
 * messages) rather than whole partials (⌈log₂ size⌉ times). A partial of an exact sum takes 276 bytes an element,
 * so for sums this is so from some dozens of elements on: accumulators of large arrays never travel.
 */
export function exchangePays(bytes: number, partialBytes: number, size: number): boolean {
  return ceilLog2(size) * partialBytes > 2 * bytes + 2 * (size - 1) * MESSAGE_COST;
}
