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
import { ReceiveTransfer } from './rendezvous.js';
import { Request, type Status } from './request.js';
import { type Wait, waitFor } from './wait.js';

/** The header word of a small array of f64, the case worth a path of its own. */
const SMALL_F64 = packKind(Kind.typed, 0, Mode.inline);
const SMALL_F64_COUNT = INLINE_BYTES / 8;

/** What a communicator does with single messages: see `Communicator`. */
export class PointToPoint {
  readonly rank: number;
  readonly size: number;
  /** The heap that all ranks of this host share. */
  readonly heap: Heap;
  /** @internal */
  protected readonly endpoint: Endpoint;
  /** @internal */
  protected readonly group: Group;
  readonly #transport: Transport;
  readonly #context: number;
  readonly #members: Int32Array;

  protected constructor(endpoint: Endpoint, group: Group) {
    this.endpoint = endpoint;
    this.group = group;
    this.#transport = endpoint.transport;
    this.#context = group.context;
    this.#members = group.members;
    this.rank = group.rank;
    this.size = group.size;
    this.heap = endpoint.transport.heap;
  }

  /**
   * Sends a value to rank `dest`. Blocking, not collective; one message. The value may be changed as soon
   * as the call returns. Throws on a rank or tag that does not exist and on values that are no data.
   */
  send(value: unknown, dest: number, tag = 0): void {
    if (value instanceof Float64Array && value.length <= SMALL_F64_COUNT && dest !== this.rank) {
      this.checkPeer(dest, 'send');
      this.#checkTag(tag, 'send');
      this.#sendSmall(value, this.#members[dest]!, tag);
      return;
    }
    const transfer = this.#post(value, dest, tag, 'send');
    if (transfer) this.endpoint.finish(transfer, this.#wait('send', dest, tag));
  }

  /**
   * Receives the next matching message. Blocking, not collective. Arrays come as fresh private memory of
   * the dtype and shape that were sent. A receive from `ANY_SOURCE` or with `ANY_TAG` may match different
   * messages from run to run.
   */
  recv<T = unknown>(source: number = ANY_SOURCE, tag: number = ANY_TAG, status?: Status): T {
    this.#checkSource(source, tag, 'recv');
    return this.#receive(null, source, tag, status) as T;
  }

  /**
   * Receives elements into a typed array or ndarray of the same dtype, without allocating. Blocking, not
   * collective. Gives the number of elements received; fewer than the buffer holds is fine, more is an error.
   */
  recvInto(buffer: Buffer, source: number = ANY_SOURCE, tag: number = ANY_TAG, status?: Status): number {
    this.#checkSource(source, tag, 'recvInto');
    const endpoint = this.endpoint;
    const inBox = endpoint.await(this.#world(source), tag, this.#context);
    if (buffer instanceof Float64Array) {
      const cell = endpoint.matched;
      const v = inBox ? this.#transport.cells : endpoint.stash.views;
      const count = v.i32[cell + BYTES]! >> 3;
      if (v.i32[cell + KIND] === SMALL_F64 && count <= buffer.length) {
        const from = (cell + PAYLOAD) >> 1;
        for (let k = 0; k < count; k++) buffer[k] = v.f64[from + k]!;
        if (status) endpoint.fillStatus(status, v.i32, cell, this.group);
        if (inBox) this.#transport.release(cell);
        return count;
      }
    }
    return this.#take(inBox, buffer, status);
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
    const request = new Request<void>(this.endpoint, this.#wait('isend', dest, tag));
    const transfer = this.#post(value, dest, tag, 'isend');
    if (transfer) this.endpoint.track(transfer, request as Request<unknown>);
    else request.settle(undefined);
    return request;
  }

  /** Starts a receive of whatever form the matching message has; its value is the message. */
  irecv<T = unknown>(source: number = ANY_SOURCE, tag: number = ANY_TAG, status?: Status): Request<T> {
    return this.#startReceive(null, source, tag, status) as Request<T>;
  }

  /** Starts a receive into a buffer; its value is the buffer. */
  irecvInto<B extends TypedArray | NdArray>(
    buffer: B,
    source: number = ANY_SOURCE,
    tag: number = ANY_TAG,
    status?: Status,
  ): Request<B> {
    return this.#startReceive(buffer, source, tag, status) as Request<B>;
  }

  /** Blocks until a matching message has arrived and says who sent it, without receiving it. */
  probe(source: number = ANY_SOURCE, tag: number = ANY_TAG): Status {
    this.#checkSource(source, tag, 'probe');
    this.endpoint.nondeterministic++;
    const endpoint = this.endpoint;
    const world = this.#world(source);
    let found = -1;
    endpoint.waitUntil(
      () => {
        found = endpoint.stash.find(world, tag, this.#context);
        return found >= 0;
      },
      this.#wait('probe', source, tag),
    );
    const status: Status = { source, tag, count: 0 };
    endpoint.fillStatus(status, endpoint.stash.views.i32, found, this.group);
    return status;
  }

  #sendSmall(value: Float64Array, dest: number, tag: number): void {
    const t = this.#transport;
    let cell = t.acquire(dest);
    if (cell < 0) cell = this.endpoint.room(dest);
    const { i32, f64 } = t.cells;
    const n = value.length;
    i32[cell + KIND] = SMALL_F64;
    i32[cell + SOURCE] = this.#transport.rank;
    i32[cell + TAG] = tag;
    i32[cell + CONTEXT] = this.#context;
    i32[cell + BYTES] = n << 3;
    const at = (cell + PAYLOAD) >> 1;
    for (let k = 0; k < n; k++) f64[at + k] = value[k]!;
    t.commit(dest, cell);
    this.endpoint.sent++;
    this.endpoint.sentBytes += n << 3;
  }

  #post(value: unknown, dest: number, tag: number, operation: string) {
    this.checkPeer(dest, operation);
    this.#checkTag(tag, operation);
    return this.endpoint.post(outgoing(value), this.#members[dest]!, tag, this.#context);
  }

  #receive(buffer: Buffer | null, source: number, tag: number, status?: Status): unknown {
    const endpoint = this.endpoint;
    const inBox = endpoint.await(this.#world(source), tag, this.#context);
    return this.#read(inBox, buffer, status);
  }

  #take(inBox: boolean, buffer: Buffer, status?: Status): number {
    const s = status ?? { source: 0, tag: 0, count: 0 };
    this.#read(inBox, buffer, s);
    return s.count;
  }

  #read(inBox: boolean, buffer: Buffer | null, status?: Status): unknown {
    const endpoint = this.endpoint;
    const cell = endpoint.matched;
    const views = inBox ? this.#transport.cells : endpoint.stash.views;
    if (status) endpoint.fillStatus(status, views.i32, cell, this.group);
    let got: { value: unknown } | ReceiveTransfer;
    try {
      got = endpoint.read(views, cell, buffer);
    } finally {
      if (inBox) this.#transport.release(cell);
    }
    if (got instanceof ReceiveTransfer)
      endpoint.finish(got, waitFor('recv', this.#context, got.peer, views.i32[cell + TAG]!));
    return got.value;
  }

  #wait(operation: string, peer: number, tag: number): Wait {
    return waitFor(operation, this.#context, this.#world(peer), tag);
  }

  /** The rank of the run that a source stands for. */
  #world(source: number): number {
    return source === ANY_SOURCE ? ANY_SOURCE : this.#members[source]!;
  }

  #startReceive(buffer: Buffer | null, source: number, tag: number, status?: Status): Request<unknown> {
    this.#checkSource(source, tag, 'irecv');
    const request = new Request<unknown>(this.endpoint, this.#wait('irecv', source, tag));
    this.endpoint.postReceive({
      source: this.#world(source),
      group: this.group,
      tag,
      context: this.#context,
      buffer,
      status: status ?? null,
      request,
    });
    return request;
  }

  /** @internal */
  protected checkPeer(rank: number, operation: string): void {
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

  #checkSource(rank: number, tag: number, operation: string): void {
    if (rank === ANY_SOURCE || tag === ANY_TAG) this.endpoint.nondeterministic++;
    if (rank !== ANY_SOURCE) this.checkPeer(rank, operation);
    if (tag !== ANY_TAG) this.#checkTag(tag, operation);
  }

  #checkTag(tag: number, operation: string): void {
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
