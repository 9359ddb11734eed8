/** A host that may have ranks. */
export interface Slots {
  host: number;
  /** Ranks that it has room for. */
  slots: number;
}

/**
 * Deals ranks to hosts: by rank, its host. Ranks of a host are consecutive, hosts in the order given. Every host gets its share by
 * slots, so that all work as long as there are as many ranks as hosts.
 *
 * `wanted` is the number of ranks asked for, null for one a slot; without `oversubscribe` there are never more than slots.
 */
export function dealRanks(hosts: readonly Slots[], wanted: number | null, oversubscribe: boolean): number[] {
  const capacity = hosts.reduce((n, h) => n + h.slots, 0);
  if (capacity === 0) return [];
  const ranks = wanted === null ? capacity : oversubscribe ? wanted : Math.min(wanted, capacity);
  const counts = hosts.map(() => 0);
  for (let r = 0; r < ranks; r++) {
    // The host that is the least full with one more; products, for exact ties.
    let best = -1;
    for (const [k, h] of hosts.entries()) {
      if (h.slots === 0) continue;
      if (best < 0 || (counts[k]! + 1) * hosts[best]!.slots < (counts[best]! + 1) * h.slots) best = k;
    }
    counts[best]!++;
  }
  return hosts.flatMap((h, k) => new Array<number>(counts[k]!).fill(h.host));
}
