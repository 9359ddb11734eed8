import { CELL_WORDS } from '../../wire/cell.js';
import { cellViews } from '../cell-views.js';
import type { ThreadsControl } from '../threads/control.js';
import { DOORBELL_AT } from '../threads/layout.js';
import { wakeSenders } from '../threads/wake-senders.js';
import type { CellViews } from '../transport.js';

/**
 * The mailboxes of a host's control memory as its main thread uses them: it empties the proxies of ranks of other
 * hosts, and sends to the ranks that it has. As `ThreadsTransport` on the side of a rank; nothing here blocks.
 */
export class Mailboxes {
  readonly views: CellViews;
  readonly ranks: number;
  /** Ranks of this host, ascending. */
  readonly local: readonly number[];
  /** Ranks of other hosts, ascending. */
  readonly remote: readonly number[];
  readonly epoch: number;
  readonly #i32: Int32Array;
  readonly #mask: number;
  readonly #first: Int32Array;
  readonly #tails: Int32Array;
  readonly #headsAt: Int32Array;
  readonly #parks: Int32Array;
  readonly #waiting: Int32Array;
  readonly #masks: Int32Array;
  readonly #heads: Int32Array;
  readonly #wake = (rank: number): void => this.wake(rank);

  constructor(control: ThreadsControl) {
    const { layout, ranks } = control;
    this.views = cellViews(control.buffer);
    this.ranks = ranks;
    this.epoch = control.epoch;
    this.#i32 = this.views.i32;
    this.#mask = control.cells - 1;
    const table = (of: (rank: number) => number): Int32Array =>
      Int32Array.from({ length: ranks }, (_, r) => of(r));
    this.#first = table((r) => layout.firstCell(r));
    this.#tails = table((r) => layout.tail(r));
    this.#headsAt = table((r) => layout.head(r));
    this.#parks = table((r) => layout.park(r));
    this.#waiting = table((r) => layout.waiting(r));
    this.#masks = table((r) => layout.mask(r));
    this.#heads = new Int32Array(ranks);
    const all = Array.from({ length: ranks }, (_, r) => r);
    this.local = all.filter((r) => layout.isLocal(r));
    this.remote = all.filter((r) => !layout.isLocal(r));
  }

  get records(): number {
    return this.#mask + 1;
  }

  /** First word of a free record in the mailbox of a rank of this host, or −1. */
  acquire(rank: number): number {
    const i32 = this.#i32;
    for (;;) {
      const tail = Atomics.load(i32, this.#tails[rank]!);
      const cell = this.#first[rank]! + (tail & this.#mask) * CELL_WORDS;
      const turn = (Atomics.load(i32, cell) - tail) | 0;
      if (turn === 0) {
        if (Atomics.compareExchange(i32, this.#tails[rank]!, tail, (tail + 1) | 0) === tail) return cell;
      } else if (turn < 0) return -1;
    }
  }

  /** The number that an acquired record has in its mailbox: it has been taken out once `taken` is past it. */
  ticket(cell: number): number {
    return Atomics.load(this.#i32, cell);
  }

  commit(rank: number, cell: number): void {
    const i32 = this.#i32;
    Atomics.store(i32, cell, (i32[cell]! + 1) | 0);
    this.wake(rank);
  }

  /** Records that a rank of this host has taken out of its mailbox so far, modulo 2^32. */
  taken(rank: number): number {
    return Atomics.load(this.#i32, this.#headsAt[rank]!);
  }

  /** Has the host woken when a rank takes records out of its mailbox. */
  askForRoom(rank: number): void {
    const i32 = this.#i32;
    // Any rank of another host stands for this one: all of them have its doorbell.
    const self = this.remote[0]!;
    Atomics.or(i32, this.#masks[rank]! + (self >> 5), 1 << (self & 31));
    Atomics.store(i32, this.#waiting[rank]!, 1);
  }

  /** Whether a rank of this host has taken so much out of its mailbox that it wakes whoever has asked for room. */
  hasGivenRoom(rank: number): boolean {
    return this.queued(rank) <= (this.#mask + 1) >> 1;
  }

  /** First word of the oldest record for a rank of another host, or −1. */
  poll(rank: number): number {
    const head = this.#heads[rank]!;
    const cell = this.#first[rank]! + (head & this.#mask) * CELL_WORDS;
    return Atomics.load(this.#i32, cell) === ((head + 1) | 0) ? cell : -1;
  }

  /** Takes the oldest record out of a proxy. */
  release(rank: number, cell: number): void {
    const i32 = this.#i32;
    const head = this.#heads[rank]!;
    Atomics.store(i32, cell, (head + this.#mask + 1) | 0);
    const next = (head + 1) | 0;
    this.#heads[rank] = next;
    Atomics.store(i32, this.#headsAt[rank]!, next);
    if (Atomics.load(i32, this.#waiting[rank]!) === 0) return;
    if (((Atomics.load(i32, this.#tails[rank]!) - next) | 0) > (this.#mask + 1) >> 1) return;
    Atomics.store(i32, this.#waiting[rank]!, 0);
    wakeSenders(i32, this.#masks[rank]!, this.ranks, this.#wake);
  }

  /** Records that lie in a mailbox or proxy. */
  queued(rank: number): number {
    return (Atomics.load(this.#i32, this.#tails[rank]!) - Atomics.load(this.#i32, this.#headsAt[rank]!)) | 0;
  }

  wake(rank: number): void {
    const i32 = this.#i32;
    const at = this.#parks[rank]!;
    if (Atomics.load(i32, at) === 1 && Atomics.exchange(i32, at, 0) === 1) Atomics.notify(i32, at);
  }

  /** Announces that the host looks no more until its doorbell rings. */
  arm(): void {
    Atomics.store(this.#i32, DOORBELL_AT, 1);
  }

  /** Whether nobody has rung since `arm`. */
  get isArmed(): boolean {
    return Atomics.load(this.#i32, DOORBELL_AT) === 1;
  }

  /** Rings the own doorbell. */
  ring(): void {
    Atomics.store(this.#i32, DOORBELL_AT, 0);
    Atomics.notify(this.#i32, DOORBELL_AT);
  }

  /** Calls back once the doorbell has rung; only after `arm`. */
  whenRung(callback: () => void): void {
    const outcome = Atomics.waitAsync(this.#i32, DOORBELL_AT, 1);
    if (outcome.async) void outcome.value.then(callback);
    else setImmediate(callback);
  }
}
