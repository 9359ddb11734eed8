import { HaloweaveError } from '../base/errors.js';
import { formatBytes } from '../base/format.js';
import { type Address, type Heap, offsetOf } from '../memory/heap.js';
import type { CellViews, Transport } from '../transport/transport.js';
import { BYTES, CELL_WORDS, CONTEXT, INLINE_BYTES, KIND, Mode, modeOf } from '../wire/cell.js';
import { ANY_SOURCE, ANY_TAG, WORLD_CONTEXT } from '../wire/tags.js';
import { AsyncWaiters } from './async-waiters.js';
import { Channels, type Listener } from './channel.js';
import type { Group } from './group.js';
import { LargeMessages } from './large.js';
import { type Buffer, bytesOf, type Outgoing, writePayload } from './payload.js';
import { dropRecord, fillRecord, fillStatus, readRecord } from './record.js';
import { isTransfer, type LargeSend, type Progressing, type Transfer } from './rendezvous.js';
import { Request, type Status } from './request.js';
import { matches, Stash } from './stash.js';
import { checkDeadline, type Held, type Wait, waitFor } from './wait.js';

/**
 * Bytes up to which a send copies its payload to the heap and returns. Above it a send may wait for its
 * receive: there both sides copy piece by piece at the same time, which at this size is as fast as copying one
 * after the other, and from 256 KiB on four times as fast.
 */
export const EAGER_BYTES = 64 * 1024;
/** Bytes of unexpected messages a rank holds before it gives up (default). */
const UNEXPECTED_LIMIT = 256 * 1024 * 1024;
/** Failed calls whose late messages are noticed: more than can be under way at once between ranks that go on. */
const UNWANTED = 64;

/** A nonblocking receive that waits for its message. */
export interface Posted {
  /** Rank of the run, or ANY_SOURCE. */
  source: number;
  tag: number;
  context: number;
  /** In whose numbers the status tells the source. */
  group: Group;
  buffer: Buffer | null;
  status: Status | null;
  request: Request<unknown>;
  /** The KIND word of the record that it met; set then, even if that could not be read. */
  word?: number;
}

interface Active {
  transfer: Progressing;
  request: Request<unknown>;
}

/**
 * The state of one rank's messages: what arrived early, what is being waited for, what is being copied.
 * All communicators of the rank share it; `context` keeps their messages apart.
 */
export class Endpoint {
  readonly transport: Transport;
  /** Where arrays of programs and kernels lie. */
  readonly heap: Heap;
  readonly stash = new Stash();
  unexpectedLimit = UNEXPECTED_LIMIT;
  /** Messages and payload bytes that this rank has sent. */
  sent = 0;
  sentBytes = 0;
  /** Calls whose outcome may depend on timing: wildcard receives, probes, tests. */
  nondeterministic = 0;
  readonly #channels: Channels;
  /** Messages of calls that failed on all ranks, which nobody wants any more. */
  dropped = 0;
  readonly #unwanted: { context: number; tag: number }[] = [];
  readonly #posted: Posted[] = [];
  readonly #active: Active[] = [];
  readonly #waiters: AsyncWaiters;
  /** Messages above the eager limit. */
  readonly large: LargeMessages;

  /** `heap`: the transport's, which holds messages, or another (tests). */
  constructor(transport: Transport, heap: Heap = transport.heap) {
    this.transport = transport;
    this.heap = heap;
    this.#channels = new Channels(transport.heap);
    this.#waiters = new AsyncWaiters(this);
    this.large = new LargeMessages(transport, this.#channels, (step) =>
      this.track(step, new Request<unknown>(this, waitFor('send', WORLD_CONTEXT))),
    );
  }

  /** True while nothing but the mailbox needs looking at. */
  get idle(): boolean {
    return this.#posted.length === 0 && this.#active.length === 0 && this.stash.isEmpty;
  }

  /** Sends; complete on return unless a transfer is returned, which must then be stepped to its end. */
  post(
    o: Outgoing,
    peer: number,
    tag: number,
    context: number,
    deadline = Number.POSITIVE_INFINITY,
  ): LargeSend | null {
    const t = this.transport;
    const bytes = bytesOf(o);
    if (bytes > 0xffff_ffff)
      throw new HaloweaveError(
        'argument',
        `a message of ${formatBytes(bytes)}: send it in parts below 4 GiB`,
        { tag },
      );
    this.sent++;
    this.sentBytes += bytes;
    if (peer === t.rank) {
      this.#postToSelf(o, bytes, tag, context);
      return null;
    }
    let mode: Mode = Mode.inline;
    let address: Address = 0;
    let transfer: LargeSend | null = null;
    if (bytes > EAGER_BYTES) {
      transfer = this.large.send(o, peer);
      mode = Mode.rendezvous;
      address = transfer.address;
    } else if (bytes > INLINE_BYTES) {
      mode = Mode.block;
      address = this.#toBlock(o, bytes);
    }
    let cell: number;
    try {
      cell = this.room(peer, tag, context, deadline);
    } catch (error) {
      // Nothing has been sent: what was made ready for it goes back.
      if (transfer) transfer.withdraw();
      else if (mode === Mode.block) t.heap.giveBack(address, bytes);
      throw error;
    }
    const remote = transfer?.remote ?? false;
    fillRecord(t.cells, cell, o, { source: t.rank, tag, context, mode, bytes, address, remote });
    t.commit(peer, cell);
    return transfer;
  }

  /** From now on the kernel messages of a context go to `listener`, in the order of each sender; first those that are here. */
  listen(context: number, listener: Listener): void {
    this.#channels.add(context, listener);
    for (;;) {
      const early = this.stash.find(ANY_SOURCE, ANY_TAG, context);
      if (early < 0) return;
      this.stash.remove(early);
      this.#channels.take(this.stash.views, early);
    }
  }

  /** A free record in the peer's mailbox, waiting for room and taking in own messages meanwhile. */
  room(peer: number, tag: number, context: number, deadline: number): number {
    const t = this.transport;
    let cell = t.acquire(peer);
    if (cell >= 0) return cell;
    const wait: Wait = { operation: 'send', peer, tag, context, deadline };
    while (cell < 0) {
      this.advance();
      checkDeadline(wait, t.rank);
      t.arm();
      t.askForRoom(peer);
      // A transfer's peer may have woken this rank before it armed.
      if (this.#active.length > 0) this.#progress();
      cell = t.acquire(peer);
      if (cell >= 0 || t.poll() >= 0) t.disarm();
      else t.sleep(wait, this.held());
      if (cell < 0) cell = t.acquire(peer);
    }
    return cell;
  }

  /** Takes in everything that has arrived and moves every transfer on; never blocks. */
  advance(): void {
    const t = this.transport;
    for (let cell = t.poll(); cell >= 0; cell = t.poll()) this.deliver(cell);
    if (this.#active.length > 0) this.#progress();
  }

  /** Blocks until `done()`; takes in messages and moves transfers on meanwhile. */
  waitUntil(done: () => boolean, wait: Wait): void {
    const t = this.transport;
    let spins = t.spins;
    for (;;) {
      this.advance();
      if (done()) return;
      if (spins-- > 0) continue;
      this.park(done, wait);
      spins = t.spins;
    }
  }

  /** Sleeps until something happens, unless `ready()` is found true on a last look. Throws past the wait's limit. */
  park(ready: () => boolean, wait: Wait): void {
    const t = this.transport;
    checkDeadline(wait, t.rank);
    t.arm();
    this.advance();
    if (ready()) t.disarm();
    else t.sleep(wait, this.held());
  }

  /** What has arrived and nobody has asked for. */
  held(): Held {
    return this.stash.held();
  }

  /** Steps a transfer to its end. */
  finish(transfer: Transfer, wait: Wait): void {
    let complete = false;
    try {
      this.waitUntil(() => {
        complete ||= transfer.step();
        return complete;
      }, wait);
    } catch (error) {
      // A wait that reached its limit leaves the transfer to whatever this rank does next.
      if (!complete) this.track(transfer, new Request<unknown>(this, wait));
      throw error;
    }
  }

  /** Steps something whenever this rank makes progress, and settles the request when it is complete. */
  track(transfer: Progressing, request: Request<unknown>): void {
    this.#active.push({ transfer, request });
  }

  /** Resolves when the request is complete; the rank's event loop runs meanwhile. */
  settled(request: Request<unknown>): Promise<void> {
    return this.#waiters.settled(request);
  }

  /** Starts a nonblocking receive: of what is in the stash, else of what comes. */
  postReceive(posted: Posted): void {
    const early = this.stash.find(posted.source, posted.tag, posted.context);
    if (early < 0) {
      this.#posted.push(posted);
      return;
    }
    this.stash.remove(early);
    this.#accept(posted, this.stash.views, early);
  }

  /** Takes a posted receive back; false if it has met its message. */
  withdraw(request: Request<unknown>): boolean {
    this.advance();
    const k = this.#posted.findIndex((p) => p.request === request);
    if (k < 0) return false;
    this.#posted.splice(k, 1);
    return true;
  }

  /**
   * Blocks until a message matches, then gives its record: `true` in the mailbox at `matched`, which must
   * be released after reading; `false` in the stash, where it has been removed already.
   */
  await(source: number, tag: number, context: number, operation: string, deadline: number): boolean {
    const t = this.transport;
    if (!this.stash.isEmpty && this.#takeEarly(source, tag, context)) return false;
    let spins = t.spins;
    for (;;) {
      const cell = t.poll();
      if (cell >= 0) {
        if (this.#posted.length === 0 && matches(t.cells.i32, cell, source, tag, context)) {
          this.matched = cell;
          return true;
        }
        this.deliver(cell);
        // A receive posted earlier may have taken it; if not, and it matches, it is in the stash now.
        if (this.#takeEarly(source, tag, context)) return false;
        continue;
      }
      if (this.#active.length > 0) this.#progress();
      if (spins-- > 0) continue;
      const wait: Wait = { operation, peer: source, tag, context, deadline };
      checkDeadline(wait, t.rank);
      t.arm();
      if (this.#active.length > 0) this.#progress();
      if (t.poll() >= 0) t.disarm();
      else t.sleep(wait, this.held());
      spins = t.spins;
    }
  }
  matched = -1;

  /** Takes the oldest match out of the stash, as `matched`; false if there is none. */
  #takeEarly(source: number, tag: number, context: number): boolean {
    const early = this.stash.find(source, tag, context);
    if (early < 0) return false;
    this.stash.remove(early);
    this.matched = early;
    return true;
  }

  /** From now on the messages of that context and tag are dropped and counted, and their receives are taken back. */
  dropMessages(context: number, tag: number): void {
    this.#unwanted.push({ context, tag });
    if (this.#unwanted.length > UNWANTED) this.#unwanted.shift();
    for (let k = this.#posted.length - 1; k >= 0; k--)
      if (this.#posted[k]!.context === context && this.#posted[k]!.tag === tag) this.#posted.splice(k, 1);
    for (;;) {
      const early = this.stash.find(ANY_SOURCE, tag, context);
      if (early < 0) return;
      this.stash.remove(early);
      this.#drop(this.stash.views, early);
    }
  }

  #drop(views: CellViews, cell: number): void {
    this.dropped++;
    dropRecord(this.transport.heap, views, cell, this.large);
  }

  #isUnwanted(cell: number): boolean {
    const { i32 } = this.transport.cells;
    return this.#unwanted.some((u) => matches(i32, cell, ANY_SOURCE, u.tag, u.context));
  }

  /** Moves a record from the mailbox to the receive that waits for it, or to the stash. */
  deliver(cell: number): void {
    const t = this.transport;
    const mine =
      t.cells.i32[cell + CONTEXT]! < 0
        ? this.#channels.take(t.cells, cell)
        : this.#giveToPosted(t.cells, cell);
    if (mine) {
      t.release(cell);
      return;
    }
    if (this.#unwanted.length > 0 && this.#isUnwanted(cell)) {
      this.#drop(t.cells, cell);
      t.release(cell);
      return;
    }
    const to = this.stash.take();
    this.stash.views.i32.set(t.cells.i32.subarray(cell, cell + CELL_WORDS), to);
    t.release(cell);
    this.#keep(to);
  }

  /** Reads a matched record: its value, or the transfer that will give it (see `readRecord`). */
  read(views: CellViews, cell: number, buffer: Buffer | null): { value: unknown } | Transfer {
    return readRecord(this.transport.heap, views, cell, buffer, this.large);
  }

  /** Gives a record to the first receive that waits for it; false if none does. */
  #giveToPosted(views: CellViews, cell: number): boolean {
    const k = this.#posted.findIndex((p) => matches(views.i32, cell, p.source, p.tag, p.context));
    if (k < 0) return false;
    const [p] = this.#posted.splice(k, 1);
    this.#accept(p!, views, cell);
    return true;
  }

  #accept(p: Posted, views: CellViews, cell: number): void {
    p.word = views.i32[cell + KIND]!;
    try {
      if (p.status) fillStatus(p.status, views.i32, cell, p.group);
      const got = this.read(views, cell, p.buffer);
      if (isTransfer(got)) this.#active.push({ transfer: got, request: p.request });
      else p.request.settle(got.value);
    } catch (error) {
      p.request.settle(undefined, error);
    }
  }

  /**
   * Moves on everything under way until nothing more completes: what completes may be what a collective waits
   * for, and what this starts may be complete at once. None of it may be left over when the rank goes to sleep.
   */
  #progress(): void {
    for (let again = true; again; ) {
      again = false;
      for (let k = 0; k < this.#active.length; k++) {
        const a = this.#active[k]!;
        if (!this.#stepped(a)) continue;
        // Not at k if a step has changed the list.
        this.#active.splice(this.#active.indexOf(a), 1);
        k--;
        again = true;
      }
    }
  }

  /** Steps one; true if it is over. */
  #stepped(a: Active): boolean {
    try {
      if (!a.transfer.step()) return false;
      a.request.settle(a.transfer.value);
    } catch (error) {
      a.request.settle(undefined, error);
    }
    return true;
  }

  #toBlock(o: Outgoing, bytes: number): Address {
    const address = this.transport.heap.lend(bytes);
    writePayload(o, this.transport.heap.arenaOf(address).views, offsetOf(address));
    return address;
  }

  /** A message to oneself is always buffered: there is nobody else who could receive meanwhile. */
  #postToSelf(o: Outgoing, bytes: number, tag: number, context: number): void {
    const mode = bytes > INLINE_BYTES ? Mode.block : Mode.inline;
    const address = mode === Mode.block ? this.#toBlock(o, bytes) : 0;
    // What others sent before this moment counts as earlier.
    this.advance();
    const cell = this.stash.take();
    const views = this.stash.views;
    fillRecord(views, cell, o, { source: this.transport.rank, tag, context, mode, bytes, address });
    if (this.#giveToPosted(views, cell)) this.stash.discard(cell);
    else this.#keep(cell);
  }

  #keep(cell: number): void {
    const { i32, u32 } = this.stash.views;
    this.stash.append(cell, modeOf(i32[cell + KIND]!) === Mode.block ? u32[cell + BYTES]! : 0);
    this.stash.refuseAbove(this.unexpectedLimit, this.transport.rank);
  }
}
