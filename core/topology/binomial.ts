/**
 * The binomial tree over places 0..size−1, place 0 being its root: the parent of v is v without its lowest bit, and
 * the subtree of v is the range v..v + span(v) − 1. Its depth is ⌈log₂ size⌉, as many as the root has children. With another
 * root, places are ranks counted from it (`placeOf`, `rankAt`): the tree is for moving data, not for combining it
 * in rank order.
 */
export function binomialParent(v: number): number {
  return v === 0 ? -1 : v & (v - 1);
}

/** Places of the subtree of `v`, itself included. */
export function binomialSpan(v: number, size: number): number {
  return v === 0 ? size : Math.min(v & -v, size - v);
}

/** Children of `v`, the one with the largest subtree first: whoever sends to them in this order keeps the depth. */
export function binomialChildren(v: number, size: number): number[] {
  const children: number[] = [];
  const span = binomialSpan(v, size);
  for (let step = highestPower(span - 1); step >= 1; step >>= 1) children.push(v + step);
  return children;
}

/** The largest power of two that is at most n; 0 for n = 0. */
function highestPower(n: number): number {
  return n === 0 ? 0 : 1 << (31 - Math.clz32(n));
}

/** Place of a rank in a tree that is rooted at rank `root`. */
export function placeOf(rank: number, root: number, size: number): number {
  return rank >= root ? rank - root : rank - root + size;
}

/** The rank at a place. */
export function rankAt(place: number, root: number, size: number): number {
  const rank = place + root;
  return rank < size ? rank : rank - size;
}
