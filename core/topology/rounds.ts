/** ⌈log₂ size⌉: rounds in which something can reach `size` ranks. */
export function ceilLog2(size: number): number {
  return 32 - Math.clz32(size - 1);
}

/** The rank `distance` places on, and back, on the ring 0..size−1; 0 ≤ distance < size. */
export function ahead(rank: number, distance: number, size: number): number {
  const r = rank + distance;
  return r < size ? r : r - size;
}
export function behind(rank: number, distance: number, size: number): number {
  return rank >= distance ? rank - distance : rank - distance + size;
}

/** First of `count` things that fall to share `k` of `shares`; share k ends where share k + 1 begins. */
export function shareStart(count: number, shares: number, k: number): number {
  return Math.floor((count * k) / shares);
}

/**
 * A rank's part in recursive doubling. The largest power of two 2^m ≤ size takes part; of the first 2·(size − 2^m) ranks
 * the even ones give what they have to the odd ones beforehand and get the result afterwards. Partners in rank order
 * stand for adjoining ranges of ranks, so combining lower · higher keeps rank order.
 */
export interface DoublingPlace {
  /** The rank that this one gives to before and gets from afterwards; −1 if it takes part itself. */
  readonly proxy: number;
  /** The rank that gives to this one before; −1 if none. */
  readonly guest: number;
  /** By round, for a rank that takes part. */
  readonly partners: readonly number[];
}

export function doublingPlace(rank: number, size: number): DoublingPlace {
  const rounds = 31 - Math.clz32(size);
  const extra = size - (1 << rounds);
  if (rank < 2 * extra && rank % 2 === 0) return { proxy: rank + 1, guest: -1, partners: [] };
  const guest = rank < 2 * extra ? rank - 1 : -1;
  const number = rank < 2 * extra ? rank >> 1 : rank - extra;
  const partners = Array.from({ length: rounds }, (_, k) => {
    const other = number ^ (1 << k);
    return other < extra ? 2 * other + 1 : other + extra;
  });
  return { proxy: -1, guest, partners };
}

/** Blocks that Bruck's allgather sends in round k, in which a rank has 2^k of them: all it has, or those still missing. */
export function bruckCount(round: number, size: number): number {
  return Math.min(1 << round, size - (1 << round));
}

/** Distances 1..size−1 whose bit `round` is set: the pieces that Bruck's alltoall sends in that round. */
export function bruckDistances(round: number, size: number): number[] {
  const distances: number[] = [];
  for (let d = 1; d < size; d++) if ((d >> round) & 1) distances.push(d);
  return distances;
}
