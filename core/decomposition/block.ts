/**
 * Block distribution of n cells over `parts` blocks: block i holds ⌊n/parts⌋ cells, one more for the
 * first n mod parts blocks, in order. All closed forms, O(1) an axis; nothing is tabulated.
 */
import { require } from '../base/errors.js';
import { coordsOf, shift } from '../topology/cartesian.js';
import type { Box } from './box.js';

function check(n: number, parts: number, i: number): void {
  require(Number.isSafeInteger(n) && n >= 0, () => `block distribution of ${n} cells: use an integer ≥ 0`);
  require(Number.isSafeInteger(parts) && parts >= 1, () =>
    `block distribution over ${parts} parts: use an integer ≥ 1`);
  require(Number.isInteger(i) && i >= 0 && i < parts, () =>
    `block ${i} of ${parts} does not exist: use an integer in 0..${parts - 1}`);
}

/** First cell of block i: i·⌊n/parts⌋ + min(i, n mod parts). */
export function blockStart(n: number, parts: number, i: number): number {
  check(n, parts, i);
  return i * Math.floor(n / parts) + Math.min(i, n % parts);
}

/** Cells in block i: ⌊n/parts⌋, plus one when i < n mod parts. */
export function blockSize(n: number, parts: number, i: number): number {
  check(n, parts, i);
  return Math.floor(n / parts) + (i < n % parts ? 1 : 0);
}

/**
 * The block that holds cell `index`, so that blockStart ≤ index < blockStart + blockSize.
 * @throws HaloweaveError 'argument' when `index` is not an integer in 0..n − 1.
 */
export function blockOwner(n: number, parts: number, index: number): number {
  check(n, parts, 0);
  require(Number.isInteger(index) && index >= 0 && index < n, () =>
    `cell ${index} is outside 0..${n - 1}: no block owns it`);
  const small = Math.floor(n / parts);
  const larger = n % parts;
  const inLarger = larger * (small + 1);
  // With fewer cells than parts, small is 0 but every cell lies in the larger blocks.
  if (index < inLarger) return Math.floor(index / (small + 1));
  return larger + Math.floor((index - inLarger) / small);
}

/** Global box of part `id` when `shape` cells are cut into `dims` blocks per axis, parts row-major. */
export function blockBox(shape: readonly number[], dims: readonly number[], id: number): Box {
  const coords = coordsOf(id, dims);
  const lo = coords.map((c, k) => blockStart(shape[k], dims[k], c));
  return { lo, hi: lo.map((start, k) => start + blockSize(shape[k], dims[k], coords[k])) };
}

/** Part beside part `id` in `direction` (an offset in parts per axis), or −1 outside a non-periodic axis. */
export function blockNeighbour(
  dims: readonly number[],
  periodic: readonly boolean[],
  id: number,
  direction: readonly number[],
): number {
  return shift(coordsOf(id, dims), direction, dims, periodic);
}
