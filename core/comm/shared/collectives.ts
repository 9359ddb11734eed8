import type { Board } from '../../transport/transport.js';
import type { CollectiveForm } from '../collective-form.js';
import type { Endpoint } from '../endpoint.js';
import type { Group } from '../group.js';
import type { Operation } from '../operation.js';
import type { Buffer } from '../payload.js';
import { callWord, What } from './call-names.js';
import { type Payload, readInto, readValue, storeOwn, travelling } from './payloads.js';
import { Pieces } from './pieces.js';
import { SharedReductions } from './reductions.js';
import { Slots } from './slots.js';

/**
 * Collectives among ranks that share memory. Each call is one generation of the board (two for large element-wise
 * reductions): write the own slot, count in, wait for the last, read the slots in rank order. What does not fit a
 * slot lies in a block of the heap that is lent until the next call.
 */
export class SharedCollectives implements CollectiveForm {
  readonly #slots: Slots;
  readonly #pieces: Pieces;
  readonly #reductions: SharedReductions;
  readonly #rank: number;
  readonly #size: number;

  constructor(endpoint: Endpoint, board: Board, group: Group) {
    this.#slots = new Slots(endpoint, board, group);
    this.#pieces = new Pieces(this.#slots);
    this.#reductions = new SharedReductions(this.#slots, this.#pieces);
    this.#rank = group.rank;
    this.#size = group.size;
  }

  barrier(deadline: number): void {
    this.#slots.announce(callWord(What.barrier), 0);
    this.#slots.agree(this.#slots.meet(deadline));
  }

  bcast(value: unknown, root: number, into: Buffer | null, deadline: number): unknown {
    const g = this.#exchange(What.bcast, root, this.#rank === root, value, deadline);
    if (this.#rank !== root) return this.#read(this.#slots.payload(g, root), into, 'bcast', root);
    return this.#own(value, into, 'bcast');
  }

  gather(value: unknown, root: number, into: readonly Buffer[] | null, deadline: number): unknown[] | null {
    const g = this.#exchange(What.gather, root, this.#rank !== root, value, deadline);
    return this.#rank === root ? this.#readAll(g, value, into, 'gather') : null;
  }

  allgather(value: unknown, into: readonly Buffer[] | null, deadline: number): unknown[] {
    const g = this.#exchange(What.allgather, 0, true, value, deadline);
    return this.#readAll(g, value, into, 'allgather');
  }

  scatter(values: readonly unknown[] | null, root: number, into: Buffer | null, deadline: number): unknown {
    this.#slots.announce(callWord(What.scatter), root);
    if (this.#rank === root) this.#pieces.write(values!, root);
    const g = this.#slots.meet(deadline);
    this.#slots.agree(g);
    if (this.#rank === root) return this.#own(values![root], into, 'scatter');
    return this.#read(this.#pieces.payload(g, root, this.#rank), into, 'scatter', root);
  }

  alltoall(values: readonly unknown[], into: readonly Buffer[] | null, deadline: number): unknown[] {
    this.#slots.announce(callWord(What.alltoall), 0);
    this.#pieces.write(values, this.#rank);
    const g = this.#slots.meet(deadline);
    this.#slots.agree(g);
    return this.#each((r) =>
      r === this.#rank
        ? this.#own(values[r], into ? into[r]! : null, 'alltoall')
        : this.#read(this.#pieces.payload(g, r, this.#rank), into ? into[r]! : null, 'alltoall', r),
    );
  }

  reduce(value: unknown, op: Operation, root: number, deadline: number, into?: Buffer | null): unknown {
    return this.#reductions.reduce(value, op, root, deadline, into ?? null);
  }

  allreduce(value: unknown, op: Operation, deadline: number, into?: Buffer | null): unknown {
    return this.#reductions.allreduce(value, op, deadline, into ?? null);
  }

  reduceScatter(values: readonly unknown[], op: Operation, deadline: number): unknown {
    return this.#reductions.reduceScatter(values, op, deadline);
  }

  scan(value: unknown, op: Operation, deadline: number, into?: Buffer | null): unknown {
    return this.#reductions.scan(What.scan, value, op, deadline, into ?? null);
  }

  exscan(value: unknown, op: Operation, deadline: number, into?: Buffer | null): unknown {
    return this.#reductions.scan(What.exscan, value, op, deadline, into ?? null);
  }

  /** One meeting to which some ranks bring a value. */
  #exchange(what: What, root: number, brings: boolean, value: unknown, deadline: number): number {
    this.#slots.announce(callWord(what), root);
    if (brings) {
      const { o, word } = travelling(value);
      this.#slots.write(word, o);
    }
    const g = this.#slots.meet(deadline);
    this.#slots.agree(g);
    return g;
  }

  #readAll(g: number, value: unknown, into: readonly Buffer[] | null, call: string): unknown[] {
    return this.#each((r) =>
      r === this.#rank
        ? this.#own(value, into ? into[r]! : null, call)
        : this.#read(this.#slots.payload(g, r), into ? into[r]! : null, call, r),
    );
  }

  #each<T>(of: (rank: number) => T): T[] {
    return Array.from({ length: this.#size }, (_, r) => of(r));
  }

  #read(p: Payload, into: Buffer | null, call: string, from: number): unknown {
    if (!into) return readValue(p);
    readInto(p, into, call, this.#rank, from);
    return into;
  }

  #own(value: unknown, into: Buffer | null, call: string): unknown {
    if (!into) return value;
    storeOwn(value, into, call, this.#rank);
    return into;
  }
}
