import { HaloweaveError } from '../base/errors.js';
import type { TypedArray } from '../memory/dtype.js';
import type { NdArray } from '../memory/ndarray.js';
import { checkExtents, fillDims, pointCount } from '../topology/cartesian.js';
import { WORLD_CONTEXT } from '../wire/tags.js';
import type { CartesianCommunicator, CartesianTopology } from './cartesian-communicator.js';
import type { Communicator } from './communicator.js';
import type { Endpoint } from './endpoint.js';
import { freedForm } from './freed-form.js';
import type { GraphCommunicator } from './graph-communicator.js';
import type { CollectiveChoice, Group } from './group.js';
import { NonblockingCalls } from './nonblocking-calls.js';
import { checkResult } from './result-hash.js';
import { type Belonging, subgroup } from './subgroup.js';
import { agreeOnGraph, agreeOnGrid } from './topologies.js';

/** How a communicator is made from another. */
export interface GroupOptions {
  /**
   * How the new communicator's collectives are carried out (default `auto`): through memory that its ranks share, or
   * by messages. The results are the same to the bit. All ranks of one communicator must ask for the same.
   */
  readonly collectives?: CollectiveChoice;
}

/** How a grid of ranks is made. */
export interface CartesianOptions extends GroupOptions {
  /** For each axis, whether its ends meet (default: none does). */
  readonly periods?: readonly boolean[];
}

/**
 * How the kinds of communicators are made. They make each other, so none of their files can import all of them:
 * the file of `Communicator` does, and hands them on.
 */
export interface Kinds {
  plain(endpoint: Endpoint, group: Group): Communicator;
  cartesian(
    endpoint: Endpoint,
    group: Group,
    kinds: Kinds,
    topology: CartesianTopology,
  ): CartesianCommunicator;
  graph(endpoint: Endpoint, group: Group, kinds: Kinds, neighbours: readonly number[]): GraphCommunicator;
}

/** What makes communicators out of communicators, and the results of an SPMD program: see `Communicator`. */
export abstract class GroupCalls extends NonblockingCalls {
  /** @internal */
  protected readonly kinds: Kinds;
  /** This communicator itself, not one that `within` made of it. @internal */
  protected readonly self: this;

  protected constructor(endpoint: Endpoint, group: Group, kinds: Kinds) {
    super(endpoint, group);
    this.kinds = kinds;
    this.self = this;
  }

  /**
   * Splits the ranks into one communicator for each `color` (a whole number); ranks that pass undefined get null.
   * In each, ranks are numbered by `key` (any number), those of equal keys in the order that they have here.
   * Messages and wildcard receives of one communicator never meet those of another.
   *
   * Collective over this communicator; costs two `allgather`s of some 50 bytes a rank, and a block of 384 bytes and
   * 1 KiB a rank in the shared heap for each new communicator of two or more ranks, until `free`. Deterministic.
   * Throws on every rank if any passes no colour and no undefined, no key, or other `collectives` than its fellows.
   * As MPI_Comm_split (MPI 4.1, 7.4.2).
   */
  split(color: number | undefined, key: number = this.rank, options: GroupOptions = {}): Communicator | null {
    const collectives = options.collectives ?? this.group.collectives;
    const group = this._subgroup({ call: 'split', color, key, collectives });
    return group && this.kinds.plain(this.endpoint, group);
  }

  /**
   * The same ranks with the same numbers, and messages that never meet those of this communicator: for libraries.
   * Collective; costs what `split` does. As MPI_Comm_dup, without a topology.
   */
  dup(options: GroupOptions = {}): Communicator {
    const collectives = options.collectives ?? this.group.collectives;
    const group = this._subgroup({ call: 'dup', color: 0, key: this.rank, collectives });
    return this.kinds.plain(this.endpoint, group!);
  }

  /**
   * The first Π `dims` ranks as a grid, in C order: rank Σ coords[k] · Π_{j>k} dims[j]. Zeros among `dims` are filled
   * in so that all ranks fit, as equal as possible, the larger first (MPI_Dims_create). Ranks that have no place in
   * the grid get null. `how` says which axes are periodic: `cartesian([4, 2], [true, false])`. Ranks keep their order.
   *
   * Collective; costs what `split` does. Throws on every rank if `dims` have more places than there are ranks or
   * differ between ranks. As MPI_Cart_create.
   */
  cartesian(
    dims: readonly number[],
    how: readonly boolean[] | CartesianOptions = {},
  ): CartesianCommunicator | null {
    const options: CartesianOptions = Array.isArray(how) ? { periods: how } : (how as CartesianOptions);
    const topology = gridOf(dims, options.periods, this.size, this.rank);
    const group = this._subgroup(
      {
        call: 'cartesian',
        color: this.rank < pointCount(topology.dims) ? 0 : undefined,
        key: this.rank,
        collectives: options.collectives ?? this.group.collectives,
        topology: [...topology.dims, ...topology.periods.map(Number)],
      },
      (all) => agreeOnGrid(all, this.rank),
    );
    return group && this.kinds.cartesian(this.endpoint, group, this.kinds, topology);
  }

  /**
   * The same ranks, each with its own list of neighbours: numbers of this communicator, which may repeat and may name
   * the rank itself. Neighbourship is mutual: a rank must name another as often as that one names it; the k-th time
   * on one side and the k-th on the other are two ends of one edge.
   *
   * Collective; costs what `split` does, with 8 bytes more for each neighbour. Throws on every rank if a list names a
   * rank that does not exist, or two ranks do not name each other equally often. As MPI_Dist_graph_create_adjacent
   * with sources equal to destinations.
   */
  graph(neighbours: readonly number[], options: GroupOptions = {}): GraphCommunicator {
    const collectives = options.collectives ?? this.group.collectives;
    const group = this._subgroup(
      { call: 'graph', color: 0, key: this.rank, collectives, topology: neighbours },
      (all) => agreeOnGraph(all, this.rank),
    );
    return this.kinds.graph(this.endpoint, group!, this.kinds, neighbours);
  }

  /**
   * Gives back what a communicator made by `split`, `dup`, `cartesian`, `sub` or `graph` holds. Collective over it, and a
   * barrier. Its collectives throw from then on; requests that are under way complete. What is never freed goes
   * with the run. Throws for the communicator of all ranks.
   */
  free(): void {
    if (this.context === WORLD_CONTEXT)
      throw new HaloweaveError('program', 'free: the communicator of all ranks lives as long as the run', {
        rank: this.rank,
        operation: 'free',
      });
    const { self } = this;
    this.barrier();
    self.nonblocking = freedForm(this.rank);
    self.collectives = freedForm(this.rank);
    this.group.block?.leave();
  }

  /**
   * Registers elements of an SPMD program's result for the state hash: those of `array` (any dtype; an ndarray in C
   * order) are elements `globalOffset`, `globalOffset` + 1, … of the result `name`. The values of the moment of the
   * call count. The run's hash is the sum over all ranks, so it does not depend on how the elements are spread
   * over ranks: H = Σ mix(name, global index, value bits) mod 2^128, as the state hash of kernels.
   *
   * Not collective; no messages; 20 ns an element, nothing in a run without hash. Register each element once, on the
   * rank that owns it: an element that two calls registered ends the run with an error that names both ranks.
   */
  result(name: string, array: TypedArray | NdArray, globalOffset = 0): void {
    checkResult(name, array, globalOffset, this.rank);
    this.group.registry.results?.add(name, array, globalOffset);
  }

  /** @internal */
  protected _subgroup(mine: Belonging, agree?: (topologies: Float64Array[]) => void): Group | null {
    return subgroup(this.group, this.transport, (a) => this.allgather(a), mine, agree);
  }
}

function gridOf(
  dims: readonly number[],
  periods: readonly boolean[] | undefined,
  size: number,
  rank: number,
): CartesianTopology {
  const place = { rank, operation: 'cartesian' };
  checkExtents(
    dims.map((n) => (n === 0 ? 1 : n)),
    'cartesian: dims',
  );
  const filled = fillDims(dims, size);
  const cells = pointCount(filled);
  if (cells > size)
    throw new HaloweaveError(
      'argument',
      `cartesian: a grid of ${filled.join('x')} needs ${cells} ranks, the communicator has ${size}: use smaller dims, or 0 for dims to be filled in`,
      place,
    );
  const ends = periods ?? filled.map(() => false);
  if (ends.length !== filled.length)
    throw new HaloweaveError(
      'argument',
      `cartesian: ${ends.length} periods for a grid of ${filled.length} axes: give one per axis`,
      place,
    );
  return { dims: filled, periods: ends.map(Boolean) };
}
