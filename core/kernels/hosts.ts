import type { Communicator } from '../comm/communicator.js';
import { arrayAt, zeros } from '../memory/array.js';
import type { DType, TypedArray } from '../memory/dtype.js';
import type { Transport } from '../transport/transport.js';

/**
 * Which ranks share memory: those of one host. Hosts are numbered here in the order of their lowest ranks; the first
 * rank of a host makes what its ranks share.
 */
export class Hosts {
  readonly count: number;
  /** By rank: its host. */
  readonly of: Int32Array;
  /** The host of this rank. */
  readonly mine: number;
  /** By host: its lowest rank. */
  readonly first: Int32Array;
  readonly #comm: Communicator;

  /** Collective: one allgather, none if all ranks share memory. */
  constructor(comm: Communicator, transport: Transport) {
    this.#comm = comm;
    const near = Array.from({ length: comm.size }, (_, r) => transport.sharesMemory(r));
    // To share memory is an equivalence: whoever shares it with all knows that all do.
    const lowest = near.every(Boolean)
      ? near.map(() => 0)
      : comm.allgather(near.indexOf(true)).map((r) => Number(r));
    this.first = Int32Array.from(new Set(lowest)).sort();
    this.of = Int32Array.from(lowest, (r) => this.first.indexOf(r));
    this.count = this.first.length;
    this.mine = this.of[comm.rank]!;
  }

  /** True if the other rank is on this rank's host. */
  near(rank: number): boolean {
    return this.of[rank] === this.mine;
  }

  /** An array of zeros in memory that the ranks of each host share. Collective: one broadcast, or one allgather. */
  zeros<T extends TypedArray>(length: number, dtype: DType): T {
    const comm = this.#comm;
    const { heap } = comm;
    const first = this.first[this.mine] === comm.rank;
    const made = first ? heap.locate(zeros(heap, length, dtype).data) : 0;
    const address = this.count === 1 ? comm.bcast(made) : comm.allgather(made)[this.first[this.mine]!]!;
    return arrayAt(heap, address, [length], dtype).data as T;
  }
}
