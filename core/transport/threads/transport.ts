import { AbortedError } from '../../base/errors.js';
import type { Heap } from '../../memory/heap.js';
import { addressOf } from '../../memory/heap.js';
import { ARENA, BYTES, CELL_WORDS, EPOCH, KIND, Mode, modeOf, OFFSET } from '../../wire/cell.js';
import { type Held, RankState, type Wait } from '../../wire/wait.js';
import { cellViews } from '../cell-views.js';
import { SharedBoard } from '../shared-board.js';
import type { Board, CellViews, Transport } from '../transport.js';
import { ABORT_AT, ControlLayout, EPOCH_AT, type Placement } from './layout.js';
import { WaitTeller } from './waits.js';
import { wakeSenders } from './wake-senders.js';

export interface ThreadsSetup {
  rank: number;
  ranks: number;
  cells: number;
  control: SharedArrayBuffer;
  heap: Heap;
  spins: number;
  /** By rank: its host. Ranks of different hosts share no memory (default: all are on one). */
  hostOf?: Int32Array;
  /** Whose control memory it is, if that has proxies for ranks of other hosts. */
  placement?: Placement;
  /** Overrides the epoch that this rank sends and accepts (tests). */
  epoch?: number;
}

/**
 * Mailboxes in shared memory: one bounded queue a rank, many senders, one receiver (after Vyukov's
 * bounded queue: every record carries a ticket that says whose turn it is).
 *
 * A sender takes a record by compare-and-swap on the tail, and only when the record is free, so a thread
 * that dies between two sends strands nothing; one that dies between taking and committing ends its
 * host's part of the epoch, and mailboxes are rebuilt.
 */
export class ThreadsTransport implements Transport {
  readonly name: string = 'threads';
  readonly rank: number;
  readonly size: number;
  readonly heap: Heap;
  readonly cells: CellViews;
  readonly board: Board | null;
  readonly spins: number;
  readonly bridged: boolean = false;
  stale = 0;
  protected readonly layout: ControlLayout;
  readonly #i32: Int32Array;
  readonly #epoch: number;
  readonly #mask: number;
  readonly #first: Int32Array;
  readonly #tails: Int32Array;
  readonly #parks: Int32Array;
  readonly #myFirst: number;
  readonly #myPark: number;
  readonly #myHead: number;
  readonly #myTail: number;
  readonly #myWaiting: number;
  readonly #teller: WaitTeller;
  readonly #hostOf: Int32Array;
  readonly #wake = (peer: number): void => this.wake(peer);
  #head = 0;

  constructor(setup: ThreadsSetup) {
    const { rank, ranks } = setup;
    this.rank = rank;
    this.size = ranks;
    this.heap = setup.heap;
    this.spins = setup.spins;
    this.layout = new ControlLayout(ranks, setup.cells, setup.placement);
    this.cells = cellViews(setup.control);
    this.#i32 = this.cells.i32;
    this.#epoch = setup.epoch ?? Atomics.load(this.#i32, EPOCH_AT);
    this.#mask = setup.cells - 1;
    this.#first = Int32Array.from({ length: ranks }, (_, r) => this.layout.firstCell(r));
    this.#tails = Int32Array.from({ length: ranks }, (_, r) => this.layout.tail(r));
    this.#parks = Int32Array.from({ length: ranks }, (_, r) => this.layout.park(r));
    this.#myFirst = this.#first[rank]!;
    this.#myPark = this.#parks[rank]!;
    this.#myHead = this.layout.head(rank);
    this.#myTail = this.#tails[rank]!;
    this.#myWaiting = this.layout.waiting(rank);
    this.#head = Atomics.load(this.#i32, this.#myHead);
    this.#hostOf = setup.placement?.hostOf ?? setup.hostOf ?? new Int32Array(ranks);
    const together = this.#hostOf.every((h) => h === this.#hostOf[rank]);
    this.board = together ? new SharedBoard(this.cells, this.layout, ranks, () => this.#wakeAll()) : null;
    this.#teller = new WaitTeller(this.#i32, this.layout.wait(rank));
    this.heap.onWait(() => this.check());
  }

  sharesMemory(peer: number): boolean {
    return this.#hostOf[peer] === this.#hostOf[this.rank];
  }

  acquire(peer: number): number {
    const i32 = this.#i32;
    const tailAt = this.#tails[peer]!;
    for (;;) {
      const tail = Atomics.load(i32, tailAt);
      const cell = this.#first[peer]! + (tail & this.#mask) * CELL_WORDS;
      const turn = (Atomics.load(i32, cell) - tail) | 0;
      if (turn === 0) {
        if (Atomics.compareExchange(i32, tailAt, tail, (tail + 1) | 0) === tail) return cell;
      } else if (turn < 0) return -1;
    }
  }

  commit(peer: number, cell: number): void {
    const i32 = this.#i32;
    i32[cell + EPOCH] = this.#epoch;
    Atomics.store(i32, cell, (i32[cell]! + 1) | 0);
    this.wake(peer);
  }

  poll(): number {
    const i32 = this.#i32;
    for (;;) {
      const cell = this.#myFirst + (this.#head & this.#mask) * CELL_WORDS;
      if (Atomics.load(i32, cell) !== ((this.#head + 1) | 0)) return -1;
      if (i32[cell + EPOCH] === this.#epoch) return cell;
      this.#dropStale(cell);
    }
  }

  release(cell: number): void {
    const i32 = this.#i32;
    const free = (this.#head + this.#mask + 1) | 0;
    this.#head = (this.#head + 1) | 0;
    // Before the record is free: whoever takes it may rely on the count, and the store after it is a fence, without which
    // a bridge that asks for room could miss the count and this rank the question.
    i32[this.#myHead] = this.#head;
    Atomics.store(i32, cell, free);
    if (Atomics.load(i32, this.#myWaiting) !== 0) this.#giveRoom();
  }

  askForRoom(peer: number): void {
    const i32 = this.#i32;
    Atomics.or(i32, this.layout.mask(peer) + (this.rank >> 5), 1 << (this.rank & 31));
    Atomics.store(i32, this.layout.waiting(peer), 1);
  }

  arm(): void {
    Atomics.store(this.#i32, this.#myPark, 1);
    if (Atomics.load(this.#i32, ABORT_AT) !== 0) this.#throwAborted();
  }

  disarm(): void {
    Atomics.store(this.#i32, this.#myPark, 0);
  }

  sleep(wait: Wait, held?: Held): void {
    const { deadline } = wait;
    if (deadline === Number.POSITIVE_INFINITY) {
      this.#teller.begin(RankState.waiting, wait, held);
      Atomics.wait(this.#i32, this.#myPark, 1);
    } else {
      this.#teller.begin(RankState.timed, wait, held);
      Atomics.wait(this.#i32, this.#myPark, 1, Math.max(0, deadline - performance.now()));
    }
    this.#teller.end();
    this.disarm();
  }

  awaiting(wait: Wait | null, idle: boolean, held?: Held): void {
    if (!wait) this.#teller.end();
    else if (!idle || wait.deadline !== Number.POSITIVE_INFINITY)
      this.#teller.begin(RankState.timed, wait, held);
    else {
      this.#teller.begin(RankState.awaiting, wait, held);
      this.#teller.turn();
    }
  }

  leave(): void {
    this.#teller.leave();
  }

  whenWoken(callback: () => void): void {
    const outcome = Atomics.waitAsync(this.#i32, this.#myPark, 1);
    if (outcome.async) void outcome.value.then(callback);
    else setImmediate(callback);
  }

  wake(peer: number): void {
    const i32 = this.#i32;
    const at = this.#parks[peer]!;
    if (Atomics.load(i32, at) === 1 && Atomics.exchange(i32, at, 0) === 1) Atomics.notify(i32, at);
  }

  check(): void {
    if (Atomics.load(this.#i32, ABORT_AT) !== 0) this.#throwAborted();
  }

  #throwAborted(): never {
    this.disarm();
    const who = Atomics.load(this.#i32, ABORT_AT);
    throw new AbortedError(
      who > 0 ? `the run ended because of an error on rank ${who - 1}` : 'the run was ended from outside',
      { rank: this.rank },
    );
  }

  /** Wakes senders that wait for room, at half-free and at empty: not at every record, which would wake them to fight for one. */
  #giveRoom(): void {
    const i32 = this.#i32;
    const filled = (Atomics.load(i32, this.#myTail) - this.#head) | 0;
    if (filled > (this.#mask + 1) >> 1) return;
    Atomics.store(i32, this.#myWaiting, 0);
    wakeSenders(i32, this.layout.mask(this.rank), this.size, this.#wake);
  }

  #wakeAll(): void {
    for (let r = 0; r < this.size; r++) if (r !== this.rank) this.wake(r);
  }

  #dropStale(cell: number): void {
    const { i32, u32 } = this.cells;
    // A block is this heap's to free; a descriptor belongs to its sender, who went with the old epoch.
    if (modeOf(i32[cell + KIND]!) === Mode.block && u32[cell + BYTES]! > 0)
      this.heap.release(addressOf(u32[cell + ARENA]!, u32[cell + OFFSET]!));
    this.stale++;
    this.release(cell);
  }
}
