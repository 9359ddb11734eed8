import { HaloweaveError } from '../base/errors.js';
import { DTYPES, type TypedArray } from '../memory/dtype.js';
import { type Address, addressOf, arenaNumber, offsetOf } from '../memory/heap.js';
import { ndarray } from '../memory/ndarray.js';
import type { Board } from '../transport/transport.js';
import { dtypeCodeOf, Kind, kindOf, SHAPE_BYTES } from '../wire/cell.js';
import type { Endpoint } from './endpoint.js';
import type { Group } from './group.js';
import {
  bytesOf,
  copyElements,
  landFresh,
  type Outgoing,
  outgoing,
  readShape,
  writePayload,
} from './payload.js';
import {
  type FoldOperation,
  isBuiltin,
  type ReduceOperation,
  reduceElements,
  reduceNumbers,
  refuseOperand,
} from './reduce.js';
import type { Wait } from './wait.js';

// Words of a slot before its payload.
const KIND = 0;
const BYTES = 1;
const ARENA = 2;
const OFFSET = 3;
const WHAT = 4;
const ROOT = 5;
const DATA = 8;

/** Which call a rank is in, written in its slot so that others can tell. */
const What = { barrier: 0, bcast: 1, allgather: 2, allreduce: 3 } as const;
type What = (typeof What)[keyof typeof What];
const NAMES = ['barrier', 'bcast', 'allgather', 'allreduce'];

/**
 * Collectives among ranks that share memory. Each call is one generation of the board (two for large
 * element-wise reductions): write the own slot, count in, wait for the last, read the slots in rank
 * order. No messages; one atomic addition a rank, and one wake-up for each rank that had parked.
 */
export class SharedCollectives {
  readonly #endpoint: Endpoint;
  readonly #board: Board;
  readonly #rank: number;
  readonly #size: number;
  readonly #context: number;
  #generation = 0;
  /** Blocks that others may still be reading: freed when the next generation is complete. */
  #lent: Address[] = [];

  constructor(endpoint: Endpoint, group: Group) {
    this.#endpoint = endpoint;
    this.#board = group.board ?? endpoint.transport.board;
    this.#rank = group.rank;
    this.#size = group.size;
    this.#context = group.context;
  }

  barrier(): void {
    this.#announce(What.barrier, 0);
    const g = this.#meet();
    this.#agree(g, What.barrier, 0);
  }

  bcast(value: unknown, root: number): unknown {
    this.#announce(What.bcast, root);
    if (this.#rank === root) this.#write(outgoing(value));
    const g = this.#meet();
    this.#agree(g, What.bcast, root);
    return this.#rank === root ? value : this.#read(g, root);
  }

  allgather(value: unknown): unknown[] {
    this.#announce(What.allgather, 0);
    this.#write(outgoing(value));
    const g = this.#meet();
    this.#agree(g, What.allgather, 0);
    return Array.from({ length: this.#size }, (_, r) => (r === this.#rank ? value : this.#read(g, r)));
  }

  allreduce(value: unknown, op: ReduceOperation | FoldOperation<unknown>): unknown {
    if (!isBuiltin(op)) return this.#fold(value, op);
    if (typeof value === 'number') return this.#reduceNumber(value, op);
    const o = outgoing(value);
    if (o.kind === Kind.object) refuseOperand(op.reduction, value);
    const result = this.#reduceArray(o, op);
    return o.shape ? ndarray(result, o.shape) : result;
  }

  #reduceNumber(value: number, op: ReduceOperation): number {
    const { i32, f64 } = this.#board.views;
    const at = this.#board.slot(this.#generation, this.#rank);
    i32[at + WHAT] = What.allreduce;
    i32[at + ROOT] = 0;
    // A number is told from an array of one element by its byte count.
    i32[at + BYTES] = -1;
    f64[(at + DATA) >> 1] = value;
    const g = this.#meet();
    this.#agree(g, What.allreduce, 0);
    const first = (this.#board.slot(g, 0) + DATA) >> 1;
    const step = this.#board.slotBytes >> 3;
    this.#sameSize(g, -1);
    return reduceNumbers(op.reduction, this.#size, (r) => f64[first + r * step]!);
  }

  #reduceArray(o: Outgoing, op: ReduceOperation): TypedArray {
    this.#announce(What.allreduce, 0);
    const n = o.data.length;
    this.#write({ kind: Kind.typed, dtype: o.dtype, data: o.data, shape: null });
    const g = this.#meet();
    this.#agree(g, What.allreduce, 0);
    this.#sameSize(g, bytesOf({ ...o, shape: null }));
    this.#sameDtype(g, o.dtype.code);
    const inputs = Array.from({ length: this.#size }, (_, r) => this.#elements(g, r, o.dtype.code, n));
    const out = new o.dtype.create(n);
    if (!this.#isLent(g, this.#rank)) {
      reduceElements(op.reduction, inputs, out, 0, n);
      return out;
    }
    // Large: every rank reduces its share of the elements into rank 0's block, then all copy the whole.
    const shared = inputs[0]!;
    const from = Math.floor((n * this.#rank) / this.#size);
    const to = Math.floor((n * (this.#rank + 1)) / this.#size);
    reduceElements(op.reduction, inputs, shared, from, to);
    const lent = this.#lent;
    this.#lent = [];
    this.#announce(What.allreduce, 0);
    this.#meet();
    copyElements(shared, 0, out, 0, n);
    this.#lent.push(...lent);
    return out;
  }

  #fold(value: unknown, op: FoldOperation<unknown>): unknown {
    const all = this.allgather(value);
    let v = all[0];
    for (let r = 1; r < all.length; r++) v = op(v, all[r]);
    return v;
  }

  /** Says in the own slot which call this is, without a payload. */
  #announce(what: What, root: number): void {
    const i32 = this.#board.views.i32;
    const at = this.#board.slot(this.#generation, this.#rank);
    i32[at + WHAT] = what;
    i32[at + ROOT] = root;
    i32[at + BYTES] = 0;
  }

  #write(o: Outgoing): void {
    const { i32, u32 } = this.#board.views;
    const at = this.#board.slot(this.#generation, this.#rank);
    const bytes = bytesOf(o);
    const heap = this.#endpoint.transport.heap;
    i32[at + KIND] = o.kind | (o.dtype.code << 8);
    u32[at + BYTES] = bytes;
    i32[at + ARENA] = -1;
    if (bytes <= this.#board.slotBytes - DATA * 4) {
      writePayload(o, this.#board.views, (at + DATA) * 4);
      return;
    }
    const address = heap.allocate(bytes);
    this.#lent.push(address);
    i32[at + ARENA] = arenaNumber(address);
    u32[at + OFFSET] = offsetOf(address);
    writePayload(o, heap.arena(i32[at + ARENA]!).views, offsetOf(address));
  }

  #isLent(g: number, rank: number): boolean {
    return this.#board.views.i32[this.#board.slot(g, rank) + ARENA]! >= 0;
  }

  /** The payload of a rank's slot as it lies, as elements of a dtype. */
  #elements(g: number, rank: number, code: number, count: number, skip = 0): TypedArray {
    const { i32, u32, byCode } = this.#board.views;
    const at = this.#board.slot(g, rank);
    const bytes = DTYPES[code]!.bytes;
    if (!this.#isLent(g, rank)) {
      const start = ((at + DATA) * 4 + skip) / bytes;
      return byCode[code]!.subarray(start, start + count);
    }
    const start = (u32[at + OFFSET]! + skip) / bytes;
    return this.#endpoint.transport.heap.arena(i32[at + ARENA]!).views[code]!.subarray(start, start + count);
  }

  #read(g: number, rank: number): unknown {
    const { i32, u32 } = this.#board.views;
    const at = this.#board.slot(g, rank);
    const kind = kindOf(i32[at + KIND]!);
    const dtype = DTYPES[dtypeCodeOf(i32[at + KIND]!)]!;
    const head = kind === Kind.ndarray ? SHAPE_BYTES : 0;
    const count = (u32[at + BYTES]! - head) / dtype.bytes;
    const shape = head ? readShape(this.#elements(g, rank, 7, SHAPE_BYTES / 4) as Uint32Array, 0) : null;
    const landing = landFresh(kind, dtype, count, shape);
    copyElements(this.#elements(g, rank, dtype.code, count, head), 0, landing.data, 0, count);
    return landing.finish();
  }

  /** Counts in and waits for the others; the generation whose slots may now be read. */
  #meet(): number {
    const g = this.#generation;
    const board = this.#board;
    this.#generation = (g + 1) | 0;
    if (!board.arrive(g)) {
      const t = this.#endpoint.transport;
      let spins = t.spins;
      while (!board.complete(g)) {
        if (spins-- > 0) continue;
        this.#endpoint.advance();
        this.#endpoint.park(() => board.complete(g), this.#wait(g));
        spins = t.spins;
      }
    }
    if (this.#lent.length > 0) this.#freeLent(g);
    return g;
  }

  /** What this rank waits for, for whoever asks. */
  #wait(g: number): Wait {
    const i32 = this.#board.views.i32;
    const at = this.#board.slot(g, this.#rank);
    const operation = NAMES[i32[at + WHAT]!]!;
    return { operation, peer: -1, tag: -1, context: this.#context, deadline: Number.POSITIVE_INFINITY };
  }

  /** Frees what was lent in earlier generations; keeps what the slot of this one refers to. */
  #freeLent(g: number): void {
    const { i32, u32 } = this.#board.views;
    const at = this.#board.slot(g, this.#rank);
    const current =
      u32[at + BYTES]! > 0 && i32[at + BYTES] !== -1 && i32[at + ARENA]! >= 0
        ? addressOf(i32[at + ARENA]!, u32[at + OFFSET]!)
        : -1;
    for (const address of this.#lent) if (address !== current) this.#endpoint.transport.heap.release(address);
    this.#lent = current >= 0 ? [current] : [];
  }

  #agree(g: number, what: What, root: number): void {
    const i32 = this.#board.views.i32;
    for (let r = 0; r < this.#size; r++) {
      const at = this.#board.slot(g, r);
      if (i32[at + WHAT] === what && i32[at + ROOT] === root) continue;
      const theirs = NAMES[i32[at + WHAT]!];
      throw new HaloweaveError(
        'program',
        `ranks are in different collectives: rank ${this.#rank} calls ${NAMES[what]} (root ${root}), rank ${r} calls ${theirs} (root ${i32[at + ROOT]}); all ranks must make the same calls in the same order`,
        { rank: this.#rank, operation: NAMES[what]! },
      );
    }
  }

  #sameDtype(g: number, code: number): void {
    const i32 = this.#board.views.i32;
    for (let r = 0; r < this.#size; r++) {
      const theirs = dtypeCodeOf(i32[this.#board.slot(g, r) + KIND]!);
      if (theirs === code) continue;
      throw new HaloweaveError(
        'program',
        `allreduce: rank ${this.#rank} passes elements of ${DTYPES[code]!.name}, rank ${r} passes ${DTYPES[theirs]!.name}; all ranks must pass values of one form`,
        { rank: this.#rank, operation: 'allreduce' },
      );
    }
  }

  #sameSize(g: number, bytes: number): void {
    const i32 = this.#board.views.i32;
    for (let r = 0; r < this.#size; r++) {
      const theirs = i32[this.#board.slot(g, r) + BYTES]!;
      if (theirs === (bytes | 0)) continue;
      const say = (b: number): string => (b < 0 ? 'one number' : `an array of ${b} bytes`);
      throw new HaloweaveError(
        'program',
        `allreduce: rank ${this.#rank} passes ${say(bytes)}, rank ${r} passes ${say(theirs)}; all ranks must pass values of one form`,
        { rank: this.#rank, operation: 'allreduce' },
      );
    }
  }
}
