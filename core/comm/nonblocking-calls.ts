import { BufferCalls } from './buffer-calls.js';
import {
  type DotOperand,
  type DotOperation,
  type FoldOperation,
  operationOf,
  type ReduceOperation,
} from './operations/public.js';
import type { Buffer } from './payload.js';
import type { Request } from './request.js';
import { type Counts, type InPlace, refuseArgument } from './runs.js';

/**
 * Collectives that are started and go on while the rank does other things, always by messages. Every method is
 * collective: all ranks start them in the same order, and those of one communicator may be under way together, with
 * collectives that wait in between. The request gives what the call without `i` would give, to the bit; progress is
 * made inside haloweave's calls only. Arrays and buffers that are passed must not change before it is complete.
 *
 * P ranks; L = ⌈log₂ P⌉ rounds. Deterministic but for `test` and `Request.any`, which look at the clock. Errors come
 * with the request: `program` if ranks are in different calls, after which this communicator's nonblocking calls are of
 * no more use. `within` limits the wait.
 */
export class NonblockingCalls extends BufferCalls {
  /** Complete when all ranks have started it (MPI_Ibarrier). Collective; L messages a rank. */
  ibarrier(): Request<void> {
    return this.nonblocking.ibarrier(this.deadline());
  }

  /**
   * The value of rank `root` (MPI_Ibcast). Collective; P − 1 messages down a binomial tree in L rounds, twice as many
   * above 4 KiB.
   */
  ibcast<T>(value: T, root = 0): Request<T> {
    this._checkPeer(root, 'ibcast');
    return this.nonblocking.ibcast(value, root, null, this.deadline()) as Request<T>;
  }

  /**
   * As `allreduce` (MPI_Iallreduce). Collective; about L messages a rank, of 292 bytes an element for exact sums;
   * 2(P − 1) messages of shares for large arrays. A function combines up a binary tree, then the result comes down.
   */
  iallreduce<T>(value: T, op: ReduceOperation): Request<T>;
  iallreduce(value: DotOperand, op: DotOperation): Request<number>;
  iallreduce<T>(value: T, op: FoldOperation<T>): Request<T>;
  iallreduce(value: unknown, op: unknown): Request<unknown> {
    return this.nonblocking.iallreduce(value, operationOf(op, 'iallreduce'), this.deadline());
  }

  /** As `allgather` (MPI_Iallgather). Collective; L messages a rank, P − 1 more for each value above 4 KiB / L. */
  iallgather<T>(value: T): Request<T[]> {
    return this.nonblocking.iallgather(value, null, this.deadline()) as Request<T[]>;
  }

  /**
   * As `alltoallv` (MPI_Ialltoallv), into a buffer that is not strided. Collective; L messages a rank, and one for each
   * piece above 4 KiB / L.
   */
  ialltoallv(
    send: Buffer | InPlace,
    sendCounts: Counts | null,
    recv: Buffer,
    recvCounts: Counts,
    sendDisplacements?: Counts | null,
    recvDisplacements?: Counts | null,
  ): Request<void> {
    const exchange = this._exchange('ialltoallv', send, sendCounts, recv, recvCounts, [
      sendDisplacements ?? null,
      recvDisplacements ?? null,
    ]);
    if (!exchange.direct)
      refuseArgument(
        this._caller('ialltoallv'),
        'the receive buffer is a strided ndarray: use a contiguous one, or alltoallv',
      );
    const request: Request<unknown> = this.nonblocking.ialltoallv(
      exchange.values,
      exchange.into,
      this.deadline(),
    );
    return request as Request<void>;
  }
}
