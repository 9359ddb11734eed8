import { HaloweaveError } from '../../base/errors.js';
import { type Address, addressOf, arenaNumber, offsetOf } from '../../memory/heap.js';
import type { Board } from '../../transport/transport.js';
import type { Endpoint } from '../endpoint.js';
import type { Group } from '../group.js';
import { bytesOf, type Outgoing, writePayload } from '../payload.js';
import type { Wait } from '../wait.js';
import { callName, describeCall } from './call-names.js';
import { NUMBER, type Payload } from './payloads.js';

// Words of a slot before its payload.
/** kind + 256 · dtype code, or NUMBER. */
const KIND = 0;
const BYTES = 1;
/** −1 with the payload in the slot; else the arena that it lies in, at OFFSET. */
const ARENA = 2;
const OFFSET = 3;
const CALL = 4;
const ROOT = 5;
/** What else must be the same on all ranks: see `agreeMarks`. */
const MARK = 6;
const DATA = 8;

/**
 * One rank's side of a board: it writes its own slot, counts in, waits for the last, and may then read the slots
 * of all. No messages; one atomic addition a rank, and one wake-up for each rank that had parked.
 */
export class Slots {
  readonly rank: number;
  readonly size: number;
  readonly #endpoint: Endpoint;
  readonly #board: Board;
  readonly #context: number;
  #generation = 0;
  /** Blocks that others may still be reading: freed when the next generation is complete. */
  #lent: Address[] = [];
  /** The call that timed out, if one has. */
  #broken: string | null = null;

  constructor(endpoint: Endpoint, board: Board, group: Group) {
    this.#endpoint = endpoint;
    this.#board = board;
    this.rank = group.rank;
    this.size = group.size;
    this.#context = group.context;
  }

  /** Says in the own slot which call this is, without a payload. */
  announce(call: number, root: number): void {
    if (this.#broken !== null) this.#refuse(call);
    const i32 = this.#board.views.i32;
    const at = this.#board.slot(this.#generation, this.rank);
    i32[at + CALL] = call;
    i32[at + ROOT] = root;
    i32[at + ARENA] = -1;
  }

  /** `announce` and a payload of one number. */
  announceNumber(call: number, root: number, value: number): void {
    if (this.#broken !== null) this.#refuse(call);
    const { i32, f64 } = this.#board.views;
    const at = this.#board.slot(this.#generation, this.rank);
    i32[at + CALL] = call;
    i32[at + ROOT] = root;
    i32[at + ARENA] = -1;
    i32[at + KIND] = NUMBER;
    f64[(at + DATA) >> 1] = value;
  }

  /** A number that must be the same on all ranks. */
  mark(word: number): void {
    this.#board.views.i32[this.#board.slot(this.#generation, this.rank) + MARK] = word;
  }

  /** The payload of the own slot. */
  write(word: number, o: Outgoing): void {
    const { views, at } = this.room(word, bytesOf(o));
    writePayload(o, views, at);
  }

  /** Room for a payload, in the slot or lent from the heap. */
  room(word: number, bytes: number): Payload {
    const { i32, u32, byCode } = this.#board.views;
    const at = this.#board.slot(this.#generation, this.rank);
    i32[at + KIND] = word;
    if (bytes > 0xffff_ffff)
      throw new HaloweaveError(
        'argument',
        `${callName(i32[at + CALL]!)}: rank ${this.rank} passes ${bytes} bytes at once: pass less than 4 GiB`,
        { rank: this.rank },
      );
    u32[at + BYTES] = bytes;
    if (bytes <= this.#board.slotBytes - DATA * 4) return { views: byCode, at: (at + DATA) * 4, word, bytes };
    const heap = this.#endpoint.transport.heap;
    const address = heap.allocate(bytes);
    this.#lent.push(address);
    i32[at + ARENA] = arenaNumber(address);
    u32[at + OFFSET] = offsetOf(address);
    return { views: heap.arena(arenaNumber(address)).views, at: offsetOf(address), word, bytes };
  }

  /** The payload of a rank's slot, where it lies. */
  payload(g: number, rank: number): Payload {
    const { i32, u32, byCode } = this.#board.views;
    const at = this.#board.slot(g, rank);
    const word = i32[at + KIND]!;
    const bytes = u32[at + BYTES]!;
    if (i32[at + ARENA]! < 0) return { views: byCode, at: (at + DATA) * 4, word, bytes };
    const arena = this.#endpoint.transport.heap.arena(i32[at + ARENA]!);
    return { views: arena.views, at: u32[at + OFFSET]!, word, bytes };
  }

  /** Numbers by rank lie in `numbers` from here, `numberStep` apart. */
  firstNumber(g: number): number {
    return (this.#board.slot(g, 0) + DATA) >> 1;
  }
  get numberStep(): number {
    return this.#board.slotBytes >> 3;
  }
  get numbers(): Float64Array {
    return this.#board.views.f64;
  }

  isLent(g: number, rank: number): boolean {
    return this.#board.views.i32[this.#board.slot(g, rank) + ARENA]! >= 0;
  }

  /** Counts in and waits for the others; the generation whose slots may now be read. */
  meet(deadline: number): number {
    const g = this.#generation;
    const board = this.#board;
    this.#generation = (g + 1) | 0;
    if (!board.arrive(g)) {
      let spins = this.#endpoint.transport.spins;
      while (!board.complete(g)) if (spins-- <= 0) this.#park(g, deadline);
    }
    if (this.#lent.length > 0) this.#freeLent(g);
    return g;
  }

  /** A second meeting of one call, after which the blocks lent before it may still be read. */
  meetAgain(call: number, root: number, deadline: number): void {
    const lent = this.#lent;
    this.#lent = [];
    this.announce(call, root);
    this.meet(deadline);
    this.#lent.push(...lent);
  }

  /** Waits until the generation is complete, asleep. */
  #park(g: number, deadline: number): void {
    const board = this.#board;
    const i32 = board.views.i32;
    const call = callName(i32[board.slot(g, this.rank) + CALL]!);
    const wait: Wait = { operation: call, peer: -1, tag: -1, context: this.#context, deadline };
    try {
      while (!board.complete(g)) {
        this.#endpoint.advance();
        this.#endpoint.park(() => board.complete(g), wait);
      }
    } catch (error) {
      // This rank has counted in and leaves all the same: the others may never know.
      if (error instanceof HaloweaveError && error.code === 'timeout') this.#broken = call;
      throw error;
    }
  }

  /** Frees what was lent in earlier generations; keeps what the slot of this one refers to. */
  #freeLent(g: number): void {
    const { i32, u32 } = this.#board.views;
    const at = this.#board.slot(g, this.rank);
    const current = i32[at + ARENA]! >= 0 ? addressOf(i32[at + ARENA]!, u32[at + OFFSET]!) : -1;
    for (const address of this.#lent) if (address !== current) this.#endpoint.transport.heap.release(address);
    this.#lent = current >= 0 ? [current] : [];
  }

  /** Throws, on every rank, unless all are in the same call with the same operation and root. */
  agree(g: number): void {
    const i32 = this.#board.views.i32;
    const own = this.#board.slot(g, this.rank);
    const call = i32[own + CALL]!;
    const root = i32[own + ROOT]!;
    for (let r = 0; r < this.size; r++) {
      const at = this.#board.slot(g, r);
      if (i32[at + CALL] !== call || i32[at + ROOT] !== root)
        this.#differ(call, root, r, i32[at + CALL]!, i32[at + ROOT]!);
    }
  }

  /** `agree`, for lone numbers: the first rank in the same call that passes something else; −1 if there is none. */
  agreeNumbers(g: number): number {
    const i32 = this.#board.views.i32;
    const own = this.#board.slot(g, this.rank);
    const call = i32[own + CALL]!;
    const root = i32[own + ROOT]!;
    for (let r = 0; r < this.size; r++) {
      const at = this.#board.slot(g, r);
      if (i32[at + CALL] === call && i32[at + ROOT] === root && i32[at + KIND] === NUMBER) continue;
      // Whoever is in another call comes first: its kind means nothing here.
      this.agree(g);
      return r;
    }
    return -1;
  }

  /** The first rank whose mark, kind, dtype or, if it is to be the same, byte count is not this rank's; −1 if none. */
  otherForm(g: number, sameBytes: boolean): number {
    const i32 = this.#board.views.i32;
    const own = this.#board.slot(g, this.rank);
    const mark = i32[own + MARK]!;
    const kind = i32[own + KIND]!;
    const bytes = i32[own + BYTES]!;
    for (let r = 0; r < this.size; r++) {
      const at = this.#board.slot(g, r);
      if (i32[at + KIND] !== kind || i32[at + MARK] !== mark) return r;
      if (sameBytes && i32[at + BYTES] !== bytes) return r;
    }
    return -1;
  }

  /** The first rank that has another mark; −1 if there is none. */
  otherMark(g: number): number {
    const i32 = this.#board.views.i32;
    const mark = this.markOf(g, this.rank);
    for (let r = 0; r < this.size; r++) if (i32[this.#board.slot(g, r) + MARK] !== mark) return r;
    return -1;
  }

  markOf(g: number, rank: number): number {
    return this.#board.views.i32[this.#board.slot(g, rank) + MARK]!;
  }

  #differ(call: number, root: number, other: number, otherCall: number, otherRoot: number): never {
    throw new HaloweaveError(
      'program',
      `ranks are in different collectives: rank ${this.rank} calls ${describeCall(call, root)}, rank ${other} calls ${describeCall(otherCall, otherRoot)}; all ranks must make the same calls in the same order`,
      { rank: this.rank, operation: callName(call) },
    );
  }

  #refuse(call: number): never {
    throw new HaloweaveError(
      'program',
      `${callName(call)}: rank ${this.rank} has left an earlier ${this.#broken} of this communicator when its time was over, so its ranks are no longer in step: end the run, or go on with another communicator`,
      { rank: this.rank, operation: callName(call) },
    );
  }
}
