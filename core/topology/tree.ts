import { require } from '../base/errors.js';

/** A rank's neighbours in the preorder tree; −1 where there is none. */
export interface TreePlace {
  readonly parent: number;
  readonly left: number;
  readonly right: number;
  /** The rank after the last one of its subtree, which is the range rank..end−1. */
  readonly end: number;
}

/**
 * Where a rank stands in the preorder halving tree of `size` ranks: the root is rank 0, the ranks after it are cut
 * in halves of ⌈(size − 1)/2⌉ and ⌊(size − 1)/2⌋, and each half is such a tree again.
 *
 *     size 7:  0 ─┬─ 1 ─┬─ 2
 *                 │     └─ 3
 *                 └─ 4 ─┬─ 5
 *                       └─ 6
 *
 * Every subtree is a contiguous range of ranks that begins with its root, so own, left, right combined in this order
 * is rank order: an associative operation need not commute. A rank has at most two children, so at most two
 * incoming messages of a reduction; the depth is ⌊log₂ size⌋. Cost O(log size).
 *
 * Source: the binary-tree interconnect of IPython.parallel.
 */
export function treePlace(rank: number, size: number): TreePlace {
  require(Number.isInteger(rank) && rank >= 0 && rank < size, () =>
    `rank ${rank} is not in a tree of ${size} ranks: use an integer in 0..${size - 1}`);
  let parent = -1;
  let root = 0;
  let count = size;
  for (;;) {
    const leftCount = count >> 1; // ⌈(count − 1)/2⌉
    const right = root + 1 + leftCount;
    const end = root + count;
    if (rank === root)
      return { parent, left: leftCount > 0 ? root + 1 : -1, right: right < end ? right : -1, end };
    parent = root;
    if (rank < right) {
      root += 1;
      count = leftCount;
    } else {
      root = right;
      count = end - right;
    }
  }
}

/** Edges between the root and the farthest rank: ⌊log₂ size⌋. */
export function treeDepth(size: number): number {
  return 31 - Math.clz32(size);
}

/**
 * Combines `operand(0) … operand(size − 1)` in the bracket of the preorder tree:
 * fold(r) = (operand(r) · fold(left)) · fold(right). Recursion of depth ⌊log₂ size⌋.
 */
export function foldTree<T>(size: number, operand: (rank: number) => T, combine: (a: T, b: T) => T): T {
  require(size >= 1, 'a fold needs at least one operand');
  const fold = (root: number, end: number): T => {
    let value = operand(root);
    const right = root + 1 + ((end - root) >> 1);
    if (right > root + 1) value = combine(value, fold(root + 1, right));
    if (end > right) value = combine(value, fold(right, end));
    return value;
  };
  return fold(0, size);
}
