import { HaloweaveError } from '../base/errors.js';
import type { CollectiveForm } from './collective-form.js';
import type { Endpoint } from './endpoint.js';
import { collectiveForms } from './form-choice.js';
import type { Group } from './group.js';
import type { MessageCollectives } from './message-collectives.js';
import {
  type DotOperand,
  type DotOperation,
  type FoldOperation,
  operationOf,
  type ReduceOperation,
} from './operations/public.js';
import { PointToPoint } from './point-to-point.js';

/** What starts collectives without waiting for their end. */
export type NonblockingForm = Pick<
  MessageCollectives,
  'ibarrier' | 'ibcast' | 'iallreduce' | 'iallgather' | 'ialltoallv'
>;

/**
 * What a communicator does among all its ranks with values: see `Communicator`. Every method here is collective:
 * all ranks call it, in the same order, with the same operation and root.
 *
 * Costs are those of ranks that share memory: one meeting of all ranks (one atomic addition a rank, and a wake-up for
 * each that sleeps), and B bytes copied for a payload of B bytes. Values above 480 bytes lie in a block of the shared
 * heap until the next collective. Deterministic: the same bits from run to run, whatever the timing.
 *
 * Errors, besides those named: `program` on every rank if ranks are in different calls; `argument` if a value cannot
 * be sent; `timeout` past the limit of `within`.
 */
export class CollectiveCalls extends PointToPoint {
  /** @internal */
  protected collectives: CollectiveForm;
  /** @internal */
  protected nonblocking: NonblockingForm;

  protected constructor(endpoint: Endpoint, group: Group) {
    super(endpoint, group);
    const forms = collectiveForms(endpoint, group);
    this.collectives = forms.waiting;
    this.nonblocking = forms.nonblocking;
  }

  /** Returns when all ranks have called it (MPI_Barrier). Collective; one meeting, no messages within a host. */
  barrier(): void {
    this.collectives.barrier(this.deadline());
  }

  /**
   * The value of rank `root`, on every rank (on `root` the same object; MPI_Bcast). Other ranks' values are ignored.
   * Collective; one meeting, each rank copies the value once.
   */
  bcast<T>(value: T, root = 0): T {
    this._checkPeer(root, 'bcast');
    return this.collectives.bcast(value, root, null, this.deadline()) as T;
  }

  /**
   * v₀ ∘ v₁ ∘ … ∘ vₙ₋₁ on `root`, undefined elsewhere (MPI_Reduce). Operands, operations and bits as in `allreduce`.
   * Collective; one meeting, two for arrays above 480 bytes, of which each rank combines its share.
   */
  reduce<T>(value: T, op: ReduceOperation, root?: number): T | undefined;
  reduce(value: DotOperand, op: DotOperation, root?: number): number | undefined;
  reduce<T>(value: T, op: FoldOperation<T>, root?: number): T | undefined;
  reduce(value: unknown, op: unknown, root = 0): unknown {
    this._checkPeer(root, 'reduce');
    return this.collectives.reduce(value, operationOf(op, 'reduce'), root, this.deadline());
  }

  /**
   * v₀ ∘ v₁ ∘ … ∘ vₙ₋₁ on every rank (MPI_Allreduce): the same bits on every rank, whatever the timing. Numbers, typed
   * arrays and ndarrays (element by element; all ranks pass one dtype and shape) with a built-in operation; any value
   * with a function, combined in rank order (see `FoldOperation`). Operands are not changed; arrays come as fresh
   * private memory.
   *
   * Collective; one meeting, two for arrays above 480 bytes, of which each rank combines its share. A function runs
   * n − 1 times on every rank. Throws `argument` for an operand that the operation has no meaning for, and `program`
   * on every rank if operands are of different form, dtype or shape.
   */
  allreduce<T>(value: T, op: ReduceOperation): T;
  allreduce(value: DotOperand, op: DotOperation): number;
  allreduce<T>(value: T, op: FoldOperation<T>): T;
  allreduce(value: unknown, op: unknown): unknown {
    return this.collectives.allreduce(value, operationOf(op, 'allreduce'), this.deadline());
  }

  /**
   * Of one operand for each rank, `values[r]` for rank r, this rank gets v⁰ ∘ v¹ ∘ … over what all ranks have for it
   * (MPI_Reduce_scatter). What ranks have for one rank must be of one dtype and shape; those of different ranks may
   * differ. Collective; one meeting. Operations and errors as in `allreduce`.
   */
  reduceScatter<T>(values: readonly T[], op: ReduceOperation): T;
  reduceScatter(values: readonly DotOperand[], op: DotOperation): number;
  reduceScatter<T>(values: readonly T[], op: FoldOperation<T>): T;
  reduceScatter(values: readonly unknown[], op: unknown): unknown {
    this._checkEach(values, 'reduceScatter');
    return this.collectives.reduceScatter(values, operationOf(op, 'reduceScatter'), this.deadline());
  }

  /**
   * v₀ ∘ … ∘ vᵣ on rank r, its own included (MPI_Scan). Operands and errors as in `allreduce`; a function and
   * `sum.fast` combine in the bracket of recursive doubling. Collective; one meeting; rank r reads r + 1 operands.
   */
  scan<T>(value: T, op: ReduceOperation): T;
  scan(value: DotOperand, op: DotOperation): number;
  scan<T>(value: T, op: FoldOperation<T>): T;
  scan(value: unknown, op: unknown): unknown {
    return this.collectives.scan(value, operationOf(op, 'scan'), this.deadline());
  }

  /** v₀ ∘ … ∘ vᵣ₋₁ on rank r, its own left out, undefined on rank 0 (MPI_Exscan). Otherwise as `scan`. */
  exscan<T>(value: T, op: ReduceOperation): T | undefined;
  exscan(value: DotOperand, op: DotOperation): number | undefined;
  exscan<T>(value: T, op: FoldOperation<T>): T | undefined;
  exscan(value: unknown, op: unknown): unknown {
    return this.collectives.exscan(value, operationOf(op, 'exscan'), this.deadline());
  }

  /**
   * The values of all ranks, in rank order, on `root` (its own is the same object), undefined elsewhere (MPI_Gather).
   * Forms and sizes may differ from rank to rank. Collective; one meeting; `root` copies every value once.
   */
  gather<T>(value: T, root = 0): T[] | undefined {
    this._checkPeer(root, 'gather');
    return (this.collectives.gather(value, root, null, this.deadline()) ?? undefined) as T[] | undefined;
  }

  /**
   * The values of all ranks, in rank order, on every rank (its own is the same object; MPI_Allgather). Forms and
   * sizes may differ from rank to rank. Collective; one meeting; every rank copies every value once.
   */
  allgather<T>(value: T): T[] {
    return this.collectives.allgather(value, null, this.deadline()) as T[];
  }

  /**
   * `values[r]` of rank `root` on rank r (on `root` the same object; MPI_Scatter). `values` is ignored elsewhere.
   * Collective; one meeting; each rank copies its value once. Throws `argument` on `root` unless `values` has one
   * entry for each rank.
   */
  scatter<T>(values: readonly T[] | null | undefined, root = 0): T {
    this._checkPeer(root, 'scatter');
    if (this.rank === root) this._checkEach(values, 'scatter');
    return this.collectives.scatter(values ?? null, root, null, this.deadline()) as T;
  }

  /**
   * Rank r gets `values[r]` of every rank, in rank order (from itself the same object; MPI_Alltoall, and Alltoallv:
   * forms and sizes may differ). Collective; one meeting; each rank copies n values once.
   */
  alltoall<T>(values: readonly T[]): T[] {
    this._checkEach(values, 'alltoall');
    return this.collectives.alltoall(values, null, this.deadline()) as T[];
  }

  /** @internal */
  protected _checkEach(values: unknown, operation: string): void {
    const given = Array.isArray(values) ? `${values.length} values` : 'no array of values';
    if (Array.isArray(values) && values.length === this.size) return;
    throw new HaloweaveError(
      'argument',
      `${operation}: rank ${this.rank} passes ${given}: pass an array of ${this.size}, one for each rank`,
      { rank: this.rank, operation },
    );
  }
}
