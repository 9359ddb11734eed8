import { SharedCollectives } from './collectives.js';
import type { Endpoint } from './endpoint.js';
import type { Group } from './group.js';
import { PointToPoint } from './point-to-point.js';
import type { FoldOperation, ReduceOperation } from './reduce.js';

/** What a communicator does among all its ranks: see `Communicator`. */
export class CollectiveCalls extends PointToPoint {
  /** @internal */
  protected collectives: SharedCollectives;

  protected constructor(endpoint: Endpoint, group: Group) {
    super(endpoint, group);
    this.collectives = new SharedCollectives(endpoint, group);
  }

  /** Returns when all ranks have called it. Collective; no messages within a host. */
  barrier(): void {
    this.collectives.barrier();
  }

  /** The value of rank `root`, on every rank (on `root` the same object). Collective. */
  bcast<T>(value: T, root = 0): T {
    this._checkPeer(root, 'bcast');
    return this.collectives.bcast(value, root) as T;
  }

  /**
   * Combines one value per rank and gives the result to all: the same bits on every rank, whatever the
   * timing. Numbers, typed arrays and ndarrays (element by element) with `sum`, `min`, `max`; any value
   * with a function, folded in rank order. Collective.
   */
  allreduce<T>(value: T, op: ReduceOperation): T;
  allreduce<T>(value: T, op: FoldOperation<T>): T;
  allreduce<T>(value: T, op: ReduceOperation | FoldOperation<T>): T {
    return this.collectives.allreduce(value, op as ReduceOperation | FoldOperation<unknown>) as T;
  }

  /** The values of all ranks, in rank order, on every rank. Collective. */
  allgather<T>(value: T): T[] {
    return this.collectives.allgather(value) as T[];
  }
}
