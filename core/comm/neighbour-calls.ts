import { HaloweaveError } from '../base/errors.js';
import type { TypedArray } from '../memory/dtype.js';
import type { Endpoint } from './endpoint.js';
import type { Group } from './group.js';
import { GroupCalls, type Kinds } from './group-calls.js';
import { type Edges, NeighbourExchange } from './neighbourhood.js';
import { Request } from './request.js';
import type { Wait } from './wait.js';

/**
 * What a rank does with its neighbours in a topology. Collective over the communicator, but each rank waits for its
 * own neighbours only. Every call costs one message over each edge in each direction, one round, no copies
 * beyond those of `send`. All ranks must make the same calls in the same order.
 *
 * Pieces are given and returned by edge. In a grid the edges are, for each axis, the lower neighbour and then the
 * upper one (2 · axis, 2 · axis + 1); what is sent to the lower neighbour arrives there as from the upper, also where
 * both are the same rank or this rank itself. Open ends count as edges: what is given for them is ignored, what is
 * returned is undefined. In a graph the edges are those of the list. `Missing` is undefined for grids.
 */
export abstract class NeighbourCalls<Missing> extends GroupCalls {
  /** @internal */
  protected readonly edges: Edges;

  protected constructor(endpoint: Endpoint, group: Group, kinds: Kinds, edges: Edges) {
    super(endpoint, group, kinds);
    this.edges = edges;
  }

  /** By edge: the neighbour's rank, null at an open end. */
  get neighbours(): (number | (Missing extends undefined ? null : never))[] {
    return this.edges.peers.map((p) => (p < 0 ? null : p)) as never;
  }

  /** Sends one value to every neighbour, and gives theirs. As MPI_Neighbor_allgather. */
  neighbourAllgather<T>(value: T): (T | Missing)[] {
    return this._toAll('neighbourAllgather', value).finish() as (T | Missing)[];
  }

  /** Sends `values[k]` over edge k, and gives what came in over each. As MPI_Neighbor_alltoallw. */
  neighbourAlltoall<T>(values: readonly T[]): (T | Missing)[] {
    return this._toEach('neighbourAlltoall', values).finish() as (T | Missing)[];
  }

  /**
   * Sends `sendCounts[k]` elements over edge k, those that follow each other in `send`, and lands `receiveCounts[k]`
   * elements in `receive` in the same way. Counts of open ends must be 0. A dtype or count that does not fit is an
   * error that names both ranks. No allocation for elements. As MPI_Neighbor_alltoallv.
   */
  neighbourAlltoallv<A extends TypedArray>(
    send: A,
    sendCounts: readonly number[],
    receive: A,
    receiveCounts: readonly number[],
  ): A {
    this._counted('neighbourAlltoallv', send, sendCounts, receive, receiveCounts).finish();
    return receive;
  }

  /** Starts a `neighbourAllgather`. */
  ineighbourAllgather<T>(value: T): Request<(T | Missing)[]> {
    return this._start('ineighbourAllgather', this._toAll('ineighbourAllgather', value));
  }

  /** Starts a `neighbourAlltoall`. Arrays must not be changed before the request is complete. */
  ineighbourAlltoall<T>(values: readonly T[]): Request<(T | Missing)[]> {
    return this._start('ineighbourAlltoall', this._toEach('ineighbourAlltoall', values));
  }

  /** @internal */
  protected _toAll(operation: string, value: unknown): NeighbourExchange {
    const values = this.edges.peers.map(() => value);
    return new NeighbourExchange(this.endpoint, this.group, this.edges, values, this._edgeWait(operation));
  }

  /** @internal */
  protected _toEach(operation: string, values: readonly unknown[]): NeighbourExchange {
    this._checkEdges(operation, values.length, 'values');
    return new NeighbourExchange(this.endpoint, this.group, this.edges, values, this._edgeWait(operation));
  }

  /** @internal */
  protected _counted<A extends TypedArray>(
    operation: string,
    send: A,
    sendCounts: readonly number[],
    receive: A,
    receiveCounts: readonly number[],
  ): NeighbourExchange {
    const values = this._pieces(operation, 'send', send, sendCounts);
    const into = this._pieces(operation, 'receive', receive, receiveCounts);
    const wait = this._edgeWait(operation);
    return new NeighbourExchange(this.endpoint, this.group, this.edges, values, wait, into, receiveCounts);
  }

  /** @internal */
  protected _pieces(
    operation: string,
    side: string,
    array: TypedArray,
    counts: readonly number[],
  ): TypedArray[] {
    this._checkEdges(operation, counts.length, `${side} counts`);
    let at = 0;
    const pieces = counts.map((n, k) => {
      const open = this.edges.peers[k]! < 0;
      if (!(Number.isInteger(n) && n >= 0 && (n === 0 || !open)))
        throw new HaloweaveError(
          'argument',
          `${operation}: ${side} count ${n} for edge ${k}: use ${open ? '0, there is no neighbour' : 'a whole number of 0 or more'}`,
          { rank: this.rank, operation },
        );
      at += n;
      return array.subarray(at - n, at);
    });
    if (at !== array.length)
      throw new HaloweaveError(
        'argument',
        `${operation}: ${side} counts add up to ${at}, the array has ${array.length} elements: they must be equal`,
        { rank: this.rank, operation },
      );
    return pieces;
  }

  /** @internal */
  protected _start<T>(operation: string, exchange: NeighbourExchange): Request<T> {
    const request = new Request<T>(this.endpoint, this._edgeWait(operation));
    this.endpoint.track(exchange, request as Request<unknown>);
    return request;
  }

  /** @internal */
  protected _edgeWait(operation: string): Wait {
    return { operation, peer: -1, tag: -1, context: this.context + 1, deadline: this.deadline() };
  }

  /** @internal */
  protected _checkEdges(operation: string, given: number, what: string): void {
    const edges = this.edges.peers.length;
    if (given === edges) return;
    throw new HaloweaveError(
      'argument',
      `${operation}: ${given} ${what} for ${edges} edges: give one for each${this.edges.peers.includes(-1) ? ', open ends included' : ''}`,
      { rank: this.rank, operation },
    );
  }
}
