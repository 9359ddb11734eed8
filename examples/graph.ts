/**
 * PageRank of a random graph of pages and links, cut into pieces that know only their own pages:
 *
 *     r_v ← (1 − d)/N + d·Σ_{u → v} r_u / out(u),   d = 0.85,   until Σ_v |Δr_v| < tolerance
 *
 *     npx haloweave run examples/graph.ts -n 2 --hash
 *     npx haloweave run examples/graph.ts -n 3 --json -- --pages 5000 --pieces 7 --tolerance 1e-6
 *
 * Expected of the first line: 28 cycles, hash 715741ffa194d68534d15db937c56252. The ranks sum to 1; the same hash on any
 * number of ranks, and of pieces too, because every page adds up its links in the order of their pages.
 * Most links lead to a page nearby, some to page 0 and its like, which get the highest ranks.
 * Builds on: heat.ts; a domain that is no grid: `graph`, a state per partition, share and accept.
 */
import { type Args, graph, HaloweaveError, type PartId, partitionKernel, RandomStream, sum } from 'haloweave';

const LINKS = 6;
const DAMPING = 0.85;

/** The pages of one piece. */
interface Pages {
  first: number;
  rank: Float64Array;
  next: Float64Array;
  /** By page: the pages that link to it, ascending. */
  from: number[][];
  /** r_u / out(u) of every page that links into the piece. */
  given: Map<number, number>;
  /** By neighbour: own pages that link to a page of it, ascending. */
  to: Map<PartId, number[]>;
  /** By neighbour: its pages that link to an own one, ascending. */
  by: Map<PartId, number[]>;
}

export default partitionKernel<Pages, Float64Array, Float64Array>(({ args }) => {
  const { pages: N, pieces, tolerance } = numbers(args);
  const links = Array.from({ length: N }, (_, u) => linksOf(u, N));
  const firstOf = (piece: number): number => Math.floor((piece * N) / pieces);
  const pieceOf = (page: number): number => Math.floor(((page + 1) * pieces - 1) / N);
  /** between[p][q]: pages of piece p that link to a page of piece q, ascending. */
  const between = Array.from({ length: pieces }, () => new Map<number, number[]>());
  const from: number[][] = Array.from({ length: N }, () => []);
  links.forEach((targets, u) => {
    for (const v of targets) from[v]!.push(u);
    for (const q of new Set(targets.map(pieceOf))) {
      const those = between[pieceOf(u)]!;
      if (!those.has(q)) those.set(q, []);
      those.get(q)!.push(u);
    }
  });

  return {
    // A link needs an edge both ways: neighbours exchange, and may have nothing to say.
    partition: () =>
      graph({
        parts: between.map((those, p) => ({
          id: p,
          neighbours: between.flatMap((back, q) => (those.has(q) || back.has(p) ? [q] : [])),
          cells: firstOf(p + 1) - firstOf(p),
        })),
      }),

    setup({ id, neighbours, cells }) {
      const p = Number(id);
      const first = firstOf(p);
      const pairs = (list: (q: number) => number[] | undefined): Map<PartId, number[]> =>
        new Map(neighbours.map((q) => [q, list(Number(q)) ?? []]));
      return {
        first,
        rank: new Float64Array(cells).fill(1 / N),
        next: new Float64Array(cells),
        from: from.slice(first, first + cells),
        given: new Map(),
        to: pairs((q) => between[p]!.get(q)),
        by: pairs((q) => between[q]!.get(p)),
      };
    },

    share: ({ state }, to) => {
      const own = state.to.get(to)!;
      if (own.length === 0) return undefined;
      return Float64Array.from(own, (u) => state.rank[u - state.first]! / links[u]!.length);
    },

    accept({ state }, from, data) {
      state.by.get(from)!.forEach((u, k) => {
        state.given.set(u, data[k]!);
      });
    },

    workunit({ state }) {
      const { rank, next, given } = state;
      state.from.forEach((pages, v) => {
        let s = 0;
        for (const u of pages) s += given.get(u)!;
        next[v] = (1 - DAMPING) / N + DAMPING * s;
      });
      state.rank = next;
      state.next = rank;
    },

    hash: ({ state }, emit) => emit('rank', state.first, state.rank),

    measure: {
      total: sum(({ state }, add) => {
        for (const r of state.rank) add(r);
      }),
      change: sum(({ state: { rank, next } }, add) => {
        for (let v = 0; v < rank.length; v++) add(Math.abs(rank[v]! - next[v]!));
      }),
    },
    until: ({ cycle, measures }) => cycle > 0 && measures.change! < tolerance,

    collect: ({ state }) => state.rank,
    report: ({ collected, measures, cycles }) => {
      const rank = [...collected.values()].flatMap((piece) => [...piece]);
      const pages = rank.map((_, v) => v).sort((a, b) => rank[b]! - rank[a]! || a - b);
      return {
        cycles,
        total: measures.total,
        highest: pages.slice(0, 5).map((v) => ({ page: v, rank: rank[v] })),
      };
    },
  };
});

/** The pages that a page links to, each once, itself excepted: most within 50 pages, some of the first few. */
export function linksOf(u: number, pages: number): number[] {
  const stream = new RandomStream(1998);
  const targets = new Set<number>();
  for (let k = 0; k < LINKS; k++) {
    const x = stream.uniform(u, 0, 2 * k);
    const far = stream.uniform(u, 0, 2 * k + 1) < 0.1;
    // The fourth power of a uniform number: page 0 is the likeliest by far.
    targets.add(far ? Math.floor(pages * x * x * x * x) : (u + Math.floor(101 * x) + pages - 50) % pages);
  }
  targets.delete(u);
  // A page without links would give its rank to nobody.
  return targets.size > 0 ? [...targets] : [(u + 1) % pages];
}

function numbers(args: Args): { pages: number; pieces: number; tolerance: number } {
  const { pages = 20_000, pieces = 16, tolerance = 1e-4 } = args as Record<string, unknown>;
  const all = { pages: Number(pages), pieces: Number(pieces), tolerance: Number(tolerance) };
  const whole = Number.isSafeInteger(all.pages) && Number.isSafeInteger(all.pieces);
  if (!(whole && all.pieces >= 1 && all.pages >= Math.max(101, all.pieces)))
    throw new HaloweaveError(
      'argument',
      `--pages ${pages} --pieces ${pieces}: expected at least 101 pages, and 1 to as many pieces`,
    );
  if (!(all.tolerance > 0))
    throw new HaloweaveError('argument', `--tolerance ${tolerance}: expected a number above 0`);
  return all;
}
