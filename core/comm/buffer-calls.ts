import { CollectiveCalls } from './collective-calls.js';
import { type FoldOperation, operationOf, type ReduceOperation } from './operations/public.js';
import type { Buffer } from './payload.js';
import {
  type Caller,
  type Counts,
  type Cut,
  equalCut,
  IN_PLACE,
  type InPlace,
  piecesOf,
  refuseArgument,
  runOf,
  sameDtype,
  variableCut,
} from './runs.js';
import { store } from './shared/payloads.js';

/**
 * What a communicator does among all its ranks with typed arrays and ndarrays of the user's: results land in buffers,
 * and the user allocates nothing. Every method is collective. A strided ndarray counts in C order and costs a packed
 * copy. In the variable-count forms `counts[r]` elements from `displacements[r]` on (by default one piece after the
 * other) are rank r's.
 *
 * Costs, determinism and errors are those of the value form of the same name. Besides, `argument` if counts,
 * displacements and buffer do not fit together, and `truncated` on the rank whose buffer does not take exactly what
 * arrives.
 */
export class BufferCalls extends CollectiveCalls {
  /** The elements of `root`'s buffer in every rank's buffer of the same dtype and length (MPI_Bcast). Collective. */
  bcastInto(buffer: Buffer, root = 0): void {
    this._checkPeer(root, 'bcastInto');
    this.collectives.bcast(buffer, root, this.rank === root ? null : buffer, this.deadline());
  }

  /** Every rank's buffer becomes the reduction of all (MPI_Allreduce, in place). Collective. */
  allreduceInto(buffer: Buffer, op: ReduceOperation): void;
  allreduceInto<B extends Buffer>(buffer: B, op: FoldOperation<B>): void;
  allreduceInto(buffer: Buffer, op: unknown): void {
    const operation = operationOf(op, 'allreduceInto');
    this._land(
      this.collectives.allreduce(buffer, operation, this.deadline(), buffer),
      buffer,
      'allreduceInto',
    );
  }

  /** `root`'s buffer becomes the reduction of all; the others stay as they are (MPI_Reduce, in place). Collective. */
  reduceInto(buffer: Buffer, op: ReduceOperation, root?: number): void;
  reduceInto<B extends Buffer>(buffer: B, op: FoldOperation<B>, root?: number): void;
  reduceInto(buffer: Buffer, op: unknown, root = 0): void {
    this._checkPeer(root, 'reduceInto');
    const operation = operationOf(op, 'reduceInto');
    const got = this.collectives.reduce(buffer, operation, root, this.deadline(), buffer);
    if (this.rank === root) this._land(got, buffer, 'reduceInto');
  }

  /** Rank r's buffer becomes the reduction of those of ranks 0 to r (MPI_Scan, in place). Collective. */
  scanInto(buffer: Buffer, op: ReduceOperation): void;
  scanInto<B extends Buffer>(buffer: B, op: FoldOperation<B>): void;
  scanInto(buffer: Buffer, op: unknown): void {
    const operation = operationOf(op, 'scanInto');
    this._land(this.collectives.scan(buffer, operation, this.deadline(), buffer), buffer, 'scanInto');
  }

  /**
   * Rank r's buffer becomes the reduction of those of ranks 0 to r − 1; rank 0's stays as it is (MPI_Exscan, in
   * place). Collective.
   */
  exscanInto(buffer: Buffer, op: ReduceOperation): void;
  exscanInto<B extends Buffer>(buffer: B, op: FoldOperation<B>): void;
  exscanInto(buffer: Buffer, op: unknown): void {
    const operation = operationOf(op, 'exscanInto');
    const got = this.collectives.exscan(buffer, operation, this.deadline(), buffer);
    if (this.rank > 0) this._land(got, buffer, 'exscanInto');
  }

  /**
   * `send` has `counts[r]` elements for each rank r, one piece after the other; `recv`, of `counts[rank]` elements,
   * gets the reduction of what all have for this rank (MPI_Reduce_scatter). Collective.
   */
  reduceScatterInto(send: Buffer, counts: Counts, recv: Buffer, op: ReduceOperation): void {
    const call = 'reduceScatterInto';
    const caller = this._caller(call);
    const { data } = runOf(send);
    const to = runOf(recv);
    sameDtype(data, to.data, caller);
    const cut = variableCut(data.length, counts, null, caller, 'send');
    this._whole(to.data.length, cut.counts[this.rank]!, caller);
    const operation = operationOf(op, call);
    this._land(this.collectives.reduceScatter(piecesOf(data, cut), operation, this.deadline()), recv, call);
  }

  /**
   * Equal pieces of all ranks, in rank order, in `root`'s `recv` (MPI_Gather). `recv` is ignored elsewhere. With
   * `IN_PLACE` as `send`, allowed on `root`, its piece lies in `recv` already. Collective.
   */
  gatherInto(send: Buffer | InPlace, recv: Buffer | null, root = 0): void {
    this._gather('gatherInto', send, recv, root, (n, caller) => equalCut(n, caller, 'receive'));
  }

  /** As `gatherInto` with `counts[r]` elements of rank r; `counts` and `displacements` mean something on `root` only (MPI_Gatherv). Collective. */
  gatherv(
    send: Buffer | InPlace,
    recv: Buffer | null,
    counts: Counts | null,
    displacements?: Counts | null,
    root = 0,
  ): void {
    this._gather('gatherv', send, recv, root, (n, caller) =>
      variableCut(n, counts, displacements, caller, 'receive'),
    );
  }

  /** Equal pieces of all ranks, in rank order, in every rank's `recv` (MPI_Allgather). With `IN_PLACE` the own piece lies there already. Collective. */
  allgatherInto(send: Buffer | InPlace, recv: Buffer): void {
    this._allgather('allgatherInto', send, recv, (n, caller) => equalCut(n, caller, 'receive'));
  }

  /** As `allgatherInto` with `counts[r]` elements of rank r (MPI_Allgatherv). Collective. */
  allgatherv(send: Buffer | InPlace, recv: Buffer, counts: Counts, displacements?: Counts | null): void {
    this._allgather('allgatherv', send, recv, (n, caller) =>
      variableCut(n, counts, displacements, caller, 'receive'),
    );
  }

  /**
   * Equal pieces of `root`'s `send`, one for each rank's `recv` (MPI_Scatter). `send` is ignored elsewhere. With
   * `IN_PLACE` as `recv`, allowed on `root`, its piece stays in `send`. Collective.
   */
  scatterInto(send: Buffer | null, recv: Buffer | InPlace, root = 0): void {
    this._scatter('scatterInto', send, recv, root, (n, caller) => equalCut(n, caller, 'send'));
  }

  /** As `scatterInto` with `counts[r]` elements for rank r; `counts` and `displacements` mean something on `root` only (MPI_Scatterv). Collective. */
  scatterv(
    send: Buffer | null,
    counts: Counts | null,
    recv: Buffer | InPlace,
    displacements?: Counts | null,
    root = 0,
  ): void {
    this._scatter('scatterv', send, recv, root, (n, caller) =>
      variableCut(n, counts, displacements, caller, 'send'),
    );
  }

  /**
   * Piece r of this rank's `send` goes to rank r, piece r of `recv` comes from there; all pieces are equal
   * (MPI_Alltoall). With `IN_PLACE`, `recv` holds what is to be sent; that costs a copy. Collective.
   */
  alltoallInto(send: Buffer | InPlace, recv: Buffer): void {
    const caller = this._caller('alltoallInto');
    const to = runOf(recv);
    const from = send === IN_PLACE ? to.data.slice() : runOf(send).data;
    sameDtype(from, to.data, caller);
    if (from.length !== to.data.length)
      refuseArgument(
        caller,
        `the send buffer holds ${from.length} elements, the receive buffer ${to.data.length}: use the variable-count form, or equal lengths`,
      );
    const cut = equalCut(from.length, caller, 'send');
    this.collectives.alltoall(piecesOf(from, cut), piecesOf(to.data, cut), this.deadline());
    to.finish();
  }

  /**
   * As `alltoallInto` with `sendCounts[r]` elements to and `recvCounts[r]` elements from rank r (MPI_Alltoallv). With
   * `IN_PLACE` the send counts and displacements are those of receiving, whatever is passed. Collective.
   */
  alltoallv(
    send: Buffer | InPlace,
    sendCounts: Counts | null,
    recv: Buffer,
    recvCounts: Counts,
    sendDisplacements?: Counts | null,
    recvDisplacements?: Counts | null,
  ): void {
    const exchange = this._exchange('alltoallv', send, sendCounts, recv, recvCounts, [
      sendDisplacements ?? null,
      recvDisplacements ?? null,
    ]);
    this.collectives.alltoall(exchange.values, exchange.into, this.deadline());
    exchange.finish();
  }

  /** The pieces of a variable-count exchange. @internal */
  protected _exchange(
    call: string,
    send: Buffer | InPlace,
    sendCounts: Counts | null,
    recv: Buffer,
    recvCounts: Counts,
    displacements: readonly [Counts | null, Counts | null],
  ) {
    const caller = this._caller(call);
    const to = runOf(recv);
    const recvCut = variableCut(to.data.length, recvCounts, displacements[1], caller, 'receive');
    const from = send === IN_PLACE ? to.data.slice() : runOf(send).data;
    sameDtype(from, to.data, caller);
    const sendCut =
      send === IN_PLACE ? recvCut : variableCut(from.length, sendCounts, displacements[0], caller, 'send');
    return {
      values: piecesOf(from, sendCut),
      into: piecesOf(to.data, recvCut),
      direct: to.direct,
      finish: to.finish,
    };
  }

  /** @internal */
  protected _gather(
    call: string,
    send: Buffer | InPlace,
    recv: Buffer | null,
    root: number,
    cutOf: (length: number, caller: Caller) => Cut,
  ): void {
    this._checkPeer(root, call);
    const caller = this._caller(call);
    if (this.rank !== root) {
      if (send === IN_PLACE)
        refuseArgument(caller, `IN_PLACE means something on the root only, rank ${root}`);
      this.collectives.gather(runOf(send).data, root, null, this.deadline());
      return;
    }
    if (!recv) refuseArgument(caller, 'the root passes no receive buffer');
    const to = runOf(recv);
    const into = piecesOf(to.data, cutOf(to.data.length, caller));
    this.collectives.gather(this._own(send, into, caller), root, into, this.deadline());
    to.finish();
  }

  /** @internal */
  protected _allgather(
    call: string,
    send: Buffer | InPlace,
    recv: Buffer,
    cutOf: (length: number, caller: Caller) => Cut,
  ): void {
    const caller = this._caller(call);
    const to = runOf(recv);
    const into = piecesOf(to.data, cutOf(to.data.length, caller));
    this.collectives.allgather(this._own(send, into, caller), into, this.deadline());
    to.finish();
  }

  /** @internal */
  protected _scatter(
    call: string,
    send: Buffer | null,
    recv: Buffer | InPlace,
    root: number,
    cutOf: (length: number, caller: Caller) => Cut,
  ): void {
    this._checkPeer(root, call);
    const caller = this._caller(call);
    const into = recv === IN_PLACE ? null : runOf(recv);
    if (this.rank !== root) {
      if (!into) refuseArgument(caller, `IN_PLACE means something on the root only, rank ${root}`);
      this.collectives.scatter(null, root, into.data, this.deadline());
    } else {
      if (!send) refuseArgument(caller, 'the root passes no send buffer');
      const from = runOf(send).data;
      const pieces = piecesOf(from, cutOf(from.length, caller));
      if (into) {
        sameDtype(from, into.data, caller);
        this._whole(into.data.length, pieces[root]!.length, caller);
      }
      this.collectives.scatter(pieces, root, into ? into.data : null, this.deadline());
    }
    into?.finish();
  }

  /** What this rank contributes to a gather whose pieces land in `into`. @internal */
  protected _own(send: Buffer | InPlace, into: readonly Buffer[], caller: Caller) {
    const place = runOf(into[this.rank]!).data;
    if (send === IN_PLACE) return place;
    const { data } = runOf(send);
    sameDtype(data, place, caller);
    if (data.length !== place.length)
      refuseArgument(
        caller,
        `the send buffer holds ${data.length} elements, and the receive buffer has a piece of ${place.length} for this rank`,
      );
    return data;
  }

  /** @internal */
  protected _whole(length: number, count: number, caller: Caller): void {
    if (length !== count)
      refuseArgument(caller, `the receive buffer holds ${length} elements, but ${count} are for this rank`);
  }

  /** Brings a result that does not lie in the buffer there. @internal */
  protected _land(got: unknown, buffer: Buffer, call: string): void {
    if (got === buffer) return;
    const { data } = runOf(got as Buffer);
    const place = runOf(buffer).data;
    sameDtype(data, place, this._caller(call));
    this._whole(place.length, data.length, this._caller(call));
    store(data, 0, buffer, data.length);
  }

  /** @internal */
  protected _caller(call: string): Caller {
    return { rank: this.rank, size: this.size, call };
  }
}
