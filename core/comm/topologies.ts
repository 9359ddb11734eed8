import { HaloweaveError } from '../base/errors.js';
import { idOf, shift } from '../topology/cartesian.js';
import { firstOneSided, occurrences } from '../topology/graph.js';
import type { Edges } from './neighbourhood.js';

/** A grid of ranks in C order. */
export interface CartesianTopology {
  /** Ranks an axis. */
  readonly dims: readonly number[];
  /** For each axis, whether its ends meet. */
  readonly periods: readonly boolean[];
}

/** The ranks on both sides of one, some ranks away along an axis of a grid. */
export interface CartesianShift {
  /** Whom to receive from; null beyond an open end. */
  readonly source: number | null;
  /** Whom to send to; null beyond an open end. */
  readonly dest: number | null;
}

/** Refuses grids that differ between ranks: dims and periods of each. */
export function agreeOnGrid(all: readonly Float64Array[], rank: number): void {
  const say = (a: Float64Array): string => {
    const d = a.length / 2;
    const periodic = Array.from(a.subarray(d), (p, k) => (p === 1 ? k : -1)).filter((k) => k >= 0);
    return `${a.subarray(0, d).join('x')}, periodic axes ${periodic.join(', ') || 'none'}`;
  };
  const other = all.findIndex((a) => a.join() !== all[rank]!.join());
  if (other < 0) return;
  throw new HaloweaveError(
    'program',
    `cartesian: rank ${rank} passes a grid of ${say(all[rank]!)}, rank ${other} one of ${say(all[other]!)}: all ranks must pass the same`,
    { rank, operation: 'cartesian' },
  );
}

/** Refuses lists of neighbours that make no graph. */
export function agreeOnGraph(lists: readonly Float64Array[], rank: number): void {
  const place = { rank, operation: 'graph' };
  for (const [r, list] of lists.entries())
    for (const p of list)
      if (!(Number.isInteger(p) && p >= 0 && p < lists.length))
        throw new HaloweaveError(
          'argument',
          `graph: rank ${r} names ${p} as its neighbour; ranks are 0 to ${lists.length - 1}`,
          place,
        );
  const pair = firstOneSided(lists);
  if (!pair) return;
  const times = (n: number): string => (n === 0 ? 'never' : n === 1 ? 'once' : `${n} times`);
  throw new HaloweaveError(
    'program',
    `graph: rank ${pair.from} names rank ${pair.to} as its neighbour ${times(pair.times)}, but rank ${pair.to} names rank ${pair.from} ${times(pair.back)}: neighbours must name each other`,
    place,
  );
}

/** Edges of a rank of a grid: for each axis to its lower and then to its upper neighbour. */
export function gridEdges(grid: CartesianTopology, coords: readonly number[]): Edges {
  const { dims, periods } = grid;
  const peers: number[] = [];
  for (let axis = 0; axis < dims.length; axis++)
    for (const step of [-1, 1])
      peers.push(
        shift(
          coords,
          dims.map((_, k) => (k === axis ? step : 0)),
          dims,
          periods,
        ),
      );
  const here = peers.map((_, k) => k);
  // What leaves through my lower end arrives at the upper end of whoever is there.
  return { peers, here, there: here.map((k) => k ^ 1) };
}

/** Edges of a rank of a graph: the k-th to a neighbour is the k-th of that neighbour to this rank. */
export function graphEdges(neighbours: readonly number[]): Edges {
  const order = occurrences(neighbours);
  return { peers: [...neighbours], here: order, there: order };
}

/** The rank at a place: periodic axes wrap; null beyond an open end. */
export function rankAtOrNull(grid: CartesianTopology, coords: readonly number[]): number | null {
  const at = coords.map((c, k) => {
    const n = grid.dims[k]!;
    return grid.periods[k] ? ((c % n) + n) % n : c;
  });
  return at.every((c, k) => c >= 0 && c < grid.dims[k]!) ? idOf(at, grid.dims) : null;
}
