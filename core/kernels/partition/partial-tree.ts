import { binomialChildren, binomialParent, binomialSpan } from '../../topology/binomial.js';

/** The way of partials between this host and one beside it in the tree. */
export interface PartialEdge {
  /** Its number; −1 for the parent of the root. */
  readonly host: number;
  /** Its lowest rank, to which messages go. */
  readonly first: number;
  /** Ranks of the child's subtree, in order: their partials come up. For the parent: those of this host's own. */
  readonly inside: readonly number[];
  /** All others that take part: their partials come down. */
  readonly outside: readonly number[];
}

/** Where a host stands in the tree over which partials are exchanged. */
export interface PartialPlace {
  readonly parent: PartialEdge;
  /** The one with the largest subtree first. */
  readonly children: readonly PartialEdge[];
}

/**
 * The binomial tree over the hosts that own parts, in the order of their lowest ranks, as host `mine` sees it. `of` gives
 * each rank's host and `first` each host's lowest rank; ranks 0 … active − 1 own parts. The root is the host of rank 0.
 */
export function partialPlace(of: Int32Array, first: Int32Array, active: number, mine: number): PartialPlace {
  const ranks = Array.from({ length: active }, (_, r) => r);
  const hosts = [...new Set(ranks.map((r) => of[r]!))];
  const place = hosts.indexOf(mine);
  if (place < 0) return { parent: { host: -1, first: -1, inside: [], outside: ranks }, children: [] };
  const placeOf = (rank: number): number => hosts.indexOf(of[rank]!);
  const edge = (to: number, subtree: number): PartialEdge => {
    const end = subtree + binomialSpan(subtree, hosts.length);
    const isInside = (r: number): boolean => placeOf(r) >= subtree && placeOf(r) < end;
    const host = hosts[to] ?? -1;
    return {
      host,
      first: first[host] ?? -1,
      inside: ranks.filter(isInside),
      outside: ranks.filter((r) => !isInside(r)),
    };
  };
  return {
    parent: edge(binomialParent(place), place),
    children: binomialChildren(place, hosts.length).map((child) => edge(child, child)),
  };
}
