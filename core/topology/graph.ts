/** Graphs given by a list of neighbours for each vertex; a list may name a vertex several times, and its own. */

/** A pair of vertices that do not name each other equally often. */
export interface OneSided {
  readonly from: number;
  readonly to: number;
  /** How often `from` names `to`. */
  readonly times: number;
  /** How often `to` names `from`. */
  readonly back: number;
}

/**
 * The first pair, by `from` and then by place in its list, that do not name each other equally often; null if the
 * graph is symmetric. Every entry must be a vertex. O(Σ length) time and memory.
 */
export function firstOneSided(lists: readonly ArrayLike<number>[]): OneSided | null {
  const counts = lists.map((list) => {
    const times = new Map<number, number>();
    for (let k = 0; k < list.length; k++) times.set(list[k]!, (times.get(list[k]!) ?? 0) + 1);
    return times;
  });
  for (const [from, named] of counts.entries())
    for (const [to, times] of named) {
      const back = counts[to]!.get(from) ?? 0;
      if (back !== times) return { from, to, times, back };
    }
  return null;
}

/** For each entry how many equal ones stand before it: the number of the edge among those to one neighbour. */
export function occurrences(list: ArrayLike<number>): number[] {
  const seen = new Map<number, number>();
  return Array.from(list, (v) => {
    const before = seen.get(v) ?? 0;
    seen.set(v, before + 1);
    return before;
  });
}
