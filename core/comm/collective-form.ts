import type { Operation } from './operation.js';
import type { Buffer } from './payload.js';

/**
 * One way to carry out a group's collectives: `SharedCollectives` through a board in memory that all its ranks
 * share, `MessageCollectives` by messages. Both give the same results, errors and bits.
 *
 * Values are what a message may carry. `into` gives buffers to land in, of exactly the dtype and count that
 * arrive; what a rank sends to itself is copied there too. Without it arrays come as fresh private memory, and
 * what a rank gave itself comes back as the same object. `deadline` is in `performance.now()` time.
 *
 * The optional `into` of a reduction has the form of the operand, and may be it; a result that comes back as
 * `into` lies there already.
 */
export interface CollectiveForm {
  barrier(deadline: number): void;
  bcast(value: unknown, root: number, into: Buffer | null, deadline: number): unknown;
  /** The values by rank on `root`, null elsewhere. */
  gather(value: unknown, root: number, into: readonly Buffer[] | null, deadline: number): unknown[] | null;
  allgather(value: unknown, into: readonly Buffer[] | null, deadline: number): unknown[];
  /** `values` by rank on `root`, null elsewhere. */
  scatter(values: readonly unknown[] | null, root: number, into: Buffer | null, deadline: number): unknown;
  alltoall(values: readonly unknown[], into: readonly Buffer[] | null, deadline: number): unknown[];
  /** The result on `root`, undefined elsewhere. */
  reduce(value: unknown, op: Operation, root: number, deadline: number, into?: Buffer | null): unknown;
  allreduce(value: unknown, op: Operation, deadline: number, into?: Buffer | null): unknown;
  /** `values` holds one operand for each rank; this rank gets the reduction of those for it. */
  reduceScatter(values: readonly unknown[], op: Operation, deadline: number): unknown;
  /** Operands of ranks 0 to this one. */
  scan(value: unknown, op: Operation, deadline: number, into?: Buffer | null): unknown;
  /** Operands of the ranks before this one; undefined on rank 0. */
  exscan(value: unknown, op: Operation, deadline: number, into?: Buffer | null): unknown;
}
