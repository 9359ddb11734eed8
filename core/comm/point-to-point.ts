import { HaloweaveError } from '../base/errors.js';
import type { TypedArray } from '../memory/dtype.js';
import type { Heap } from '../memory/heap.js';
import type { NdArray } from '../memory/ndarray.js';
import type { Transport } from '../transport/transport.js';
import {
  BYTES,
  CONTEXT,
  INLINE_BYTES,
  KIND,
  Kind,
  Mode,
  PAYLOAD,
  packKind,
  SOURCE,
  TAG,
} from '../wire/cell.js';
import { ANY_SOURCE, ANY_TAG, MAX_TAG } from '../wire/tags.js';
import type { Endpoint } from './endpoint.js';
import type { Group } from './group.js';
import { type Buffer, outgoing } from './payload.js';
import { fillStatus } from './record.js';
import { isTransfer, type Transfer } from './rendezvous.js';
import { Request, type Status } from './request.js';
import { type Wait, waitFor } from './wait.js';

/** The header word of a small array of f64, the case worth a path of its own. */
const SMALL_F64 = packKind(Kind.typed, 0, Mode.inline);
const SMALL_F64_COUNT = INLINE_BYTES / 8;

/**
 * What a communicator does with single messages: see `Communicator`. Its members are not `#private`, because
 * `within` gives an object that inherits them.
 */
export class PointToPoint {
  /** This rank's number in the communicator, 0 to size − 1. */
  readonly rank: number;
  /** Number of ranks. */
  readonly size: number;
  /** The heap that all ranks of this host share. */
  readonly heap: Heap;
  /** @internal */
  protected readonly endpoint: Endpoint;
  /** @internal */
  protected readonly group: Group;
  /** @internal */
  protected readonly transport: Transport;
  /** @internal */
  protected readonly context: number;
  /** @internal */
  protected readonly members: Int32Array;

  /** Limit of blocking calls in ms. @internal */
  protected limit = Number.POSITIVE_INFINITY;

  protected constructor(endpoint: Endpoint, group: Group) {
    this.endpoint = endpoint;
    this.group = group;
    this.transport = endpoint.transport;
    this.context = group.context;
    this.members = group.members;
    this.rank = group.rank;
    this.size = group.size;
    this.heap = endpoint.heap;
  }

  /**
   * Sends a value to rank `dest`. Blocking, not collective; one message. The value may be changed as soon
   * as the call returns. Throws on a rank or tag that does not exist and on values that are no data.
   */
  send(value: unknown, dest: number, tag = 0): void {
    if (value instanceof Float64Array && value.length <= SMALL_F64_COUNT && dest !== this.rank) {
      this._checkPeer(dest, 'send');
      this._checkTag(tag, 'send');
      this._sendSmall(value, this.members[dest]!, tag);
      return;
    }
    const transfer = this._post(value, dest, tag, 'send');
    if (transfer) this.endpoint.finish(transfer, this._wait('send', dest, tag));
  }

  /**
   * Receives the next matching message. Blocking, not collective. Arrays come as fresh private memory of
   * the dtype and shape that were sent. A receive from `ANY_SOURCE` or with `ANY_TAG` may match different
   * messages from run to run.
   */
  recv<T = unknown>(source: number = ANY_SOURCE, tag: number = ANY_TAG, status?: Status): T {
    this._checkSource(source, tag, 'recv');
    return this._receive(null, source, tag, status) as T;
  }

  /**
   * Receives elements into a typed array or ndarray of the same dtype, without allocating. Blocking, not
   * collective. Gives the number of elements received; fewer than the buffer holds is fine, more is an error.
   */
  recvInto(buffer: Buffer, source: number = ANY_SOURCE, tag: number = ANY_TAG, status?: Status): number {
    this._checkSource(source, tag, 'recvInto');
    const endpoint = this.endpoint;
    const inBox = endpoint.await(this._world(source), tag, this.context, 'recvInto', this.deadline());
    if (buffer instanceof Float64Array) {
      const cell = endpoint.matched;
      const v = inBox ? this.transport.cells : endpoint.stash.views;
      const count = v.i32[cell + BYTES]! >> 3;
      if (v.i32[cell + KIND] === SMALL_F64 && count <= buffer.length) {
        const from = (cell + PAYLOAD) >> 1;
        for (let k = 0; k < count; k++) buffer[k] = v.f64[from + k]!;
        if (status) fillStatus(status, v.i32, cell, this.group);
        if (inBox) this.transport.release(cell);
        return count;
      }
    }
    return this._take(inBox, buffer, status);
  }

  /** A send and a receive that cannot block each other. */
  sendrecv<T = unknown>(
    value: unknown,
    dest: number,
    sendTag: number,
    source: number = ANY_SOURCE,
    recvTag: number = ANY_TAG,
    status?: Status,
  ): T {
    const receive = this.irecv<T>(source, recvTag, status);
    const send = this.isend(value, dest, sendTag);
    const got = receive.wait();
    send.wait();
    return got;
  }

  /**
   * Starts a send. An array must not be changed before the request is complete. Waits for room only
   * when the receiver's mailbox is full.
   */
  isend(value: unknown, dest: number, tag = 0): Request<void> {
    const request = new Request<void>(
      this.endpoint,
      waitFor('isend', this.context, this.members[dest]!, tag),
    );
    const transfer = this._post(value, dest, tag, 'isend');
    if (transfer) this.endpoint.track(transfer, request as Request<unknown>);
    else request.settle(undefined);
    return request;
  }

  /** Starts a receive of whatever form the matching message has; its value is the message. */
  irecv<T = unknown>(source: number = ANY_SOURCE, tag: number = ANY_TAG, status?: Status): Request<T> {
    return this._startReceive(null, source, tag, status) as Request<T>;
  }

  /** Starts a receive into a buffer; its value is the buffer. */
  irecvInto<B extends TypedArray | NdArray>(
    buffer: B,
    source: number = ANY_SOURCE,
    tag: number = ANY_TAG,
    status?: Status,
  ): Request<B> {
    return this._startReceive(buffer, source, tag, status) as Request<B>;
  }

  /** Blocks until a matching message has arrived and says who sent it, without receiving it. */
  probe(source: number = ANY_SOURCE, tag: number = ANY_TAG): Status {
    this._checkSource(source, tag, 'probe');
    const { endpoint } = this;
    // Those with a wildcard have been counted already.
    if (source !== ANY_SOURCE && tag !== ANY_TAG) endpoint.nondeterministic++;
    const world = this._world(source);
    let found = -1;
    endpoint.waitUntil(
      () => {
        found = endpoint.stash.find(world, tag, this.context);
        return found >= 0;
      },
      this._wait('probe', source, tag),
    );
    const status: Status = { source, tag, count: 0 };
    fillStatus(status, endpoint.stash.views.i32, found, this.group);
    return status;
  }

  /**
   * Looks whether a matching message has arrived, without blocking and without receiving it: who sent it, or null.
   * Not collective; the outcome depends on timing, and the run's summary counts it.
   */
  iprobe(source: number = ANY_SOURCE, tag: number = ANY_TAG): Status | null {
    this._checkSource(source, tag, 'iprobe');
    const { endpoint } = this;
    if (source !== ANY_SOURCE && tag !== ANY_TAG) endpoint.nondeterministic++;
    endpoint.advance();
    const found = endpoint.stash.find(this._world(source), tag, this.context);
    if (found < 0) return null;
    const status: Status = { source, tag, count: 0 };
    fillStatus(status, endpoint.stash.views.i32, found, this.group);
    return status;
  }

  /** @internal */
  protected _sendSmall(value: Float64Array, dest: number, tag: number): void {
    const t = this.transport;
    let cell = t.acquire(dest);
    if (cell < 0) cell = this.endpoint.room(dest, tag, this.context, this.deadline());
    const { i32, f64 } = t.cells;
    const n = value.length;
    i32[cell + KIND] = SMALL_F64;
    i32[cell + SOURCE] = this.transport.rank;
    i32[cell + TAG] = tag;
    i32[cell + CONTEXT] = this.context;
    i32[cell + BYTES] = n << 3;
    const at = (cell + PAYLOAD) >> 1;
    for (let k = 0; k < n; k++) f64[at + k] = value[k]!;
    t.commit(dest, cell);
    this.endpoint.sent++;
    this.endpoint.sentBytes += n << 3;
  }

  /** @internal */
  protected _post(value: unknown, dest: number, tag: number, operation: string) {
    this._checkPeer(dest, operation);
    this._checkTag(tag, operation);
    return this.endpoint.post(outgoing(value), this.members[dest]!, tag, this.context, this.deadline());
  }

  /** @internal */
  protected _receive(buffer: Buffer | null, source: number, tag: number, status?: Status): unknown {
    const endpoint = this.endpoint;
    const inBox = endpoint.await(this._world(source), tag, this.context, 'recv', this.deadline());
    return this._read(inBox, buffer, status);
  }

  /** @internal */
  protected _take(inBox: boolean, buffer: Buffer, status?: Status): number {
    const s = status ?? { source: 0, tag: 0, count: 0 };
    this._read(inBox, buffer, s);
    return s.count;
  }

  /** @internal */
  protected _read(inBox: boolean, buffer: Buffer | null, status?: Status): unknown {
    const endpoint = this.endpoint;
    const cell = endpoint.matched;
    const views = inBox ? this.transport.cells : endpoint.stash.views;
    if (status) fillStatus(status, views.i32, cell, this.group);
    let got: { value: unknown } | Transfer;
    try {
      got = endpoint.read(views, cell, buffer);
    } finally {
      if (inBox) this.transport.release(cell);
    }
    if (isTransfer(got))
      endpoint.finish(got, waitFor('recv', this.context, got.peer, views.i32[cell + TAG]!));
    return got.value;
  }

  /** @internal */
  protected _wait(operation: string, peer: number, tag: number): Wait {
    return { operation, context: this.context, peer: this._world(peer), tag, deadline: this.deadline() };
  }

  /** The rank of the run that a source stands for. @internal */
  protected _world(source: number): number {
    return source === ANY_SOURCE ? ANY_SOURCE : this.members[source]!;
  }

  /** @internal */
  protected _startReceive(
    buffer: Buffer | null,
    source: number,
    tag: number,
    status?: Status,
  ): Request<unknown> {
    this._checkSource(source, tag, 'irecv');
    const request = new Request<unknown>(
      this.endpoint,
      waitFor('irecv', this.context, this._world(source), tag),
    );
    this.endpoint.advance();
    this.endpoint.postReceive({
      source: this._world(source),
      group: this.group,
      tag,
      context: this.context,
      buffer,
      status: status ?? null,
      request,
    });
    return request;
  }

  /**
   * This communicator with a limit on every blocking call: one that is not over after `milliseconds` throws a
   * `HaloweaveError` with code `timeout`. Nothing is received by a receive that timed out; a large send goes on
   * in the background, so leave its array alone; one that has met its receive is received to its end; a communicator one of whose collectives has timed out is of no
   * more use. Waits with a limit are never taken for a deadlock. Not collective, no cost: `comm.within(500).recv(3)`.
   */
  within(milliseconds: number): this {
    if (!(milliseconds >= 0))
      throw new HaloweaveError('argument', `within: ${milliseconds} ms: use a number of 0 or more`, {
        rank: this.rank,
      });
    const limited = Object.create(this) as this;
    limited.limit = milliseconds;
    return limited;
  }

  /** When a call that begins now must be over. @internal */
  protected deadline(): number {
    return this.limit === Number.POSITIVE_INFINITY ? this.limit : performance.now() + this.limit;
  }

  /** @internal */
  protected _checkPeer(rank: number, operation: string): void {
    if (rank >= 0 && rank < this.size && Number.isInteger(rank)) return;
    throw new HaloweaveError(
      'argument',
      `${operation}: rank ${rank} does not exist; ranks are 0 to ${this.size - 1}`,
      {
        rank: this.rank,
        operation,
      },
    );
  }

  /** @internal */
  protected _checkSource(rank: number, tag: number, operation: string): void {
    if (rank === ANY_SOURCE || tag === ANY_TAG) this.endpoint.nondeterministic++;
    if (rank !== ANY_SOURCE) this._checkPeer(rank, operation);
    if (tag !== ANY_TAG) this._checkTag(tag, operation);
  }

  /** @internal */
  protected _checkTag(tag: number, operation: string): void {
    if (tag >= 0 && tag <= MAX_TAG && Number.isInteger(tag)) return;
    throw new HaloweaveError(
      'argument',
      `${operation}: tag ${tag} is not a whole number from 0 to ${MAX_TAG}`,
      {
        rank: this.rank,
        operation,
      },
    );
  }
}
