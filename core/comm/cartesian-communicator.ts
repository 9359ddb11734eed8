import { HaloweaveError, require } from '../base/errors.js';
import { coordsOf, idOf } from '../topology/cartesian.js';
import type { Endpoint } from './endpoint.js';
import type { Group } from './group.js';
import type { Kinds } from './group-calls.js';
import { NeighbourCalls } from './neighbour-calls.js';
import { type CartesianShift, type CartesianTopology, gridEdges, rankAtOrNull } from './topologies.js';

export type { CartesianTopology } from './topologies.js';

/** A communicator whose ranks form a grid: from `cartesian`. A `Communicator` in all else. */
export class CartesianCommunicator extends NeighbourCalls<undefined> {
  /** Ranks along each axis. */
  readonly dims: readonly number[];
  /** For each axis, whether its ends meet. */
  readonly periods: readonly boolean[];

  /** Not for programs: see `Communicator.cartesian`. */
  constructor(endpoint: Endpoint, group: Group, kinds: Kinds, topology: CartesianTopology) {
    super(endpoint, group, kinds, gridEdges(topology, coordsOf(group.rank, topology.dims)));
    this.dims = topology.dims;
    this.periods = topology.periods;
  }

  /** Place of a rank in the grid, by default of this one. Arithmetic only. Throws if there is no such rank. */
  coords(rank: number = this.rank): number[] {
    this._checkPeer(rank, 'coords');
    return coordsOf(rank, this.dims);
  }

  /**
   * The rank at a place. Along a periodic axis coordinates wrap; beyond the ends of another they are refused. Arithmetic
   * only. As MPI_Cart_rank.
   */
  rankAt(coords: readonly number[]): number {
    const { dims, rank } = this;
    const place = { rank, operation: 'rankAt' };
    if (coords.length !== dims.length || !coords.every(Number.isInteger))
      throw new HaloweaveError(
        'argument',
        `rankAt: [${coords.join(', ')}] for a grid of ${dims.length} axes: give one whole number per axis`,
        place,
      );
    const at = rankAtOrNull(this, coords);
    if (at !== null) return at;
    const axis = coords.findIndex((c, k) => !this.periods[k] && (c < 0 || c >= dims[k]!));
    throw new HaloweaveError(
      'argument',
      `rankAt: coordinate ${coords[axis]} on axis ${axis} is outside 0..${dims[axis]! - 1}, and the axis is not periodic`,
      place,
    );
  }

  /**
   * Whom to receive from and whom to send to when everything moves by `displacement` along an axis: the ranks at
   * −displacement and +displacement of this one, null beyond an open end. Arithmetic only. As MPI_Cart_shift, with null
   * for MPI_PROC_NULL.
   */
  shift(axis: number, displacement = 1): CartesianShift {
    const { dims, rank } = this;
    if (!(Number.isInteger(axis) && axis >= 0 && axis < dims.length && Number.isInteger(displacement)))
      throw new HaloweaveError(
        'argument',
        `shift: axis ${axis} by ${displacement} in a grid of ${dims.length} axes: use an axis from 0 and a whole number`,
        { rank, operation: 'shift' },
      );
    const moved = (by: number): number | null =>
      rankAtOrNull(
        this,
        this.coords().map((c, k) => (k === axis ? c + by : c)),
      );
    return { source: moved(-displacement), dest: moved(displacement) };
  }

  /**
   * Slices of the grid: the ranks that differ along the axes to keep only, as a grid of those axes (without any, this
   * rank alone). Collective; costs what `split` does. As MPI_Cart_sub.
   */
  sub(keep: readonly boolean[]): CartesianCommunicator {
    require(keep.length === this.dims.length, () =>
      `sub: ${keep.length} flags for a grid of ${this.dims.length} axes: give one per axis`);
    const at = this.coords();
    const only = <T>(list: readonly T[], kept: boolean): T[] =>
      list.filter((_, k) => Boolean(keep[k]) === kept);
    const topology = { dims: only(this.dims, true), periods: only(this.periods, true) };
    const group = this._subgroup({
      call: 'sub',
      color: idOf(only(at, false), only(this.dims, false)),
      key: idOf(only(at, true), topology.dims),
      collectives: this.group.collectives,
    });
    return this.kinds.cartesian(this.endpoint, group!, this.kinds, topology);
  }
}
