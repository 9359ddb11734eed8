/**
 * Hilbert order of points and parts, by the transpose form of J. Skilling, "Programming the Hilbert
 * curve", AIP Conf. Proc. 707 (2004) 381–387: the index is kept as d words whose bits, read across the
 * words from the highest bit down, are the bits of the index.
 */
import { require } from '../base/errors.js';
import { checkExtents, coordsOf, pointCount } from '../topology/cartesian.js';

/** The bit masks are signed 32-bit integers, whose sign must stay clear. */
const MAX_BITS = 31;

/** Turns a point (d words of `bits` bits, at `words[at…]`) into its transposed Hilbert index, in place. */
function toTranspose(words: Int32Array, at: number, d: number, bits: number): void {
  // From the coarsest subcube to the finest: undo the reflection or the exchange of axes that each
  // level of the curve applied to everything below it.
  for (let bit = bits - 1; bit >= 1; bit--) {
    const below = (1 << bit) - 1;
    for (let k = 0; k < d; k++) {
      if ((words[at + k] >> bit) & 1) {
        words[at] ^= below;
      } else {
        const differ = (words[at] ^ words[at + k]) & below;
        words[at] ^= differ;
        words[at + k] ^= differ;
      }
    }
  }
  // Gray code across the words; its carry out of the last word flips all lower bits of every word.
  for (let k = 1; k < d; k++) words[at + k] ^= words[at + k - 1];
  let flip = 0;
  for (let bit = bits - 1; bit >= 1; bit--) {
    if ((words[at + d - 1] >> bit) & 1) flip ^= (1 << bit) - 1;
  }
  for (let k = 0; k < d; k++) words[at + k] ^= flip;
}

/**
 * Position of an integer point along the Hilbert curve that fills the cube [0, 2^bits)^d, in
 * 0..2^(bits·d) − 1; a bijection whose consecutive points are neighbours. O(bits · d), deterministic.
 * A bigint because three axes of 18 bits already pass 2^53.
 * @throws HaloweaveError 'argument' for bits outside 1..31 or a coordinate outside the cube.
 */
export function hilbertIndex(point: ArrayLike<number>, bits: number): bigint {
  const d = point.length;
  require(d >= 1, 'a Hilbert index needs at least one coordinate');
  require(Number.isInteger(bits) && bits >= 1 && bits <= MAX_BITS, () =>
    `Hilbert curve of ${bits} bits per axis: use an integer in 1..${MAX_BITS}`);
  for (let k = 0; k < d; k++) {
    require(Number.isInteger(point[k]) && point[k] >= 0 && point[k] < 2 ** bits, () =>
      `coordinate ${point[k]} on axis ${k} is outside 0..${2 ** bits - 1}: use more bits`);
  }
  const words = Int32Array.from(point);
  toTranspose(words, 0, d, bits);
  let index = 0n;
  for (let bit = bits - 1; bit >= 0; bit--) {
    for (let k = 0; k < d; k++) index = (index << 1n) | BigInt((words[k] >> bit) & 1);
  }
  return index;
}

/**
 * Ids of the parts of a grid of `dims` parts (row-major ids), in the order in which the Hilbert curve of
 * the smallest enclosing power-of-two cube meets their coordinates. A permutation of 0..Π dims − 1,
 * without ties since the curve is a bijection. Axes of one part are left out, so a row of parts keeps its
 * order. Deterministic; O(P log P · d) for P parts.
 * @throws HaloweaveError 'argument' when dims are not positive integers or hold more than 2^31 − 1 parts.
 */
export function curveOrder(dims: number[]): Int32Array {
  checkExtents(dims, 'dims');
  const count = pointCount(dims);
  require(count < 2 ** 31, () => `${dims.join('x')} is ${count} parts: use at most ${2 ** 31 - 1}`);
  const order = Int32Array.from({ length: count }, (_, id) => id);
  // Dropping axes of extent 1 does not change the row-major ids of the others.
  const extents = dims.filter((extent) => extent > 1);
  const d = extents.length;
  if (d <= 1) return order;
  const bits = 32 - Math.clz32(Math.max(...extents) - 1);
  const words = new Int32Array(count * d);
  for (let id = 0; id < count; id++) {
    words.set(coordsOf(id, extents), id * d);
    toTranspose(words, id * d, d, bits);
  }
  // Two transposed indices differ first at the highest bit that differs in any word, the earlier word
  // winning a draw, so that word alone decides: no index wider than a word is ever formed.
  return order.sort((a, b) => {
    let top = 0;
    let word = 0;
    for (let k = 0; k < d; k++) {
      const differ = words[a * d + k] ^ words[b * d + k];
      // Exactly when differ's highest bit is above top's.
      if (top < differ && top < (top ^ differ)) {
        top = differ;
        word = k;
      }
    }
    return words[a * d + word] - words[b * d + word];
  });
}
