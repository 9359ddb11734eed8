import type { Communicator } from '../../comm/communicator.js';
import { offsetOf } from '../../memory/heap.js';
import type { Transport } from '../../transport/transport.js';
import { type Accumulator, accumulator, type Measure } from './measure.js';

/** Words of a cache line. */
const LINE = 16;

/**
 * Where ranks meet to reduce, in shared memory: a ring of entries, each a counter and one partial a rank. A
 * rank writes its partial and counts itself in; whoever wants the result merges all of them in rank order,
 * so that every rank computes the same bits. No message, no barrier: what keeps a rank from writing an
 * entry again before all have read it is the caller's order of steps.
 */
export class Partials {
  readonly #transport: Transport;
  /** Ranks that own parts, and so take part. */
  readonly #active: number;
  readonly #words: Int32Array;
  readonly #base: number;
  readonly #wordsPerRank: number;
  readonly #ring: number;
  readonly #reader: Accumulator[];

  /** `ring`: entries that may be in use at once. Collective. */
  constructor(
    measures: readonly Measure[],
    ring: number,
    parts: number,
    comm: Communicator,
    transport: Transport,
  ) {
    this.#transport = transport;
    this.#active = Math.min(comm.size, parts);
    this.#ring = ring;
    this.#reader = measures.map(accumulator);
    // Entry: a line for the counter, then every rank's partial, a whole number of lines each.
    this.#wordsPerRank = Math.ceil(this.#reader.reduce((n, a) => n + a.words, 0) / LINE) * LINE;
    const words = ring * (LINE + this.#wordsPerRank * comm.size);
    const address = comm.bcast(comm.rank === 0 ? transport.heap.allocate(words * 4) : 0);
    this.#words = transport.heap.arenaOf(address).words;
    this.#base = offsetOf(address) / 4;
    if (comm.rank === 0) this.#words.fill(0, this.#base, this.#base + words);
    comm.barrier();
  }

  /** Puts this rank's partial of reduction `n` where all can read it; the last rank wakes the others. */
  publish(n: number, accumulators: readonly Accumulator[]): void {
    const entry = this.#entry(n);
    write(accumulators, this.#words, entry + LINE + this.#transport.rank * this.#wordsPerRank);
    const count = Atomics.add(this.#words, entry, 1) + 1;
    if (this.#beyond(count, n) !== 0) return;
    for (let r = 0; r < this.#transport.size; r++) if (r !== this.#transport.rank) this.#transport.wake(r);
  }

  /** The accumulators with reduction `n` merged, valid until the next call; null while a partial is missing. */
  read(n: number): readonly Accumulator[] | null {
    const entry = this.#entry(n);
    if (this.#beyond(Atomics.load(this.#words, entry), n) < 0) return null;
    for (const a of this.#reader) a.clear();
    for (let r = 0; r < this.#active; r++)
      merge(this.#reader, this.#words, entry + LINE + r * this.#wordsPerRank);
    return this.#reader;
  }

  /** Reduces at a moment when all ranks are here. Collective, one allgather. */
  together(accumulators: readonly Accumulator[], comm: Communicator): readonly Accumulator[] {
    const mine = new Int32Array(this.#wordsPerRank);
    write(accumulators, mine, 0);
    const all = comm.allgather(mine);
    for (const a of this.#reader) a.clear();
    for (const words of all) merge(this.#reader, words, 0);
    return this.#reader;
  }

  #entry(n: number): number {
    return this.#base + (n % this.#ring) * (LINE + this.#wordsPerRank * this.#transport.size);
  }

  /** How far a counter is beyond what it says when reduction `n` is complete; counters wrap around at 2^32. */
  #beyond(count: number, n: number): number {
    return (count - Math.imul(Math.floor(n / this.#ring) + 1, this.#active)) | 0;
  }
}

function write(accumulators: readonly Accumulator[], words: Int32Array, at: number): void {
  let to = at;
  for (const a of accumulators) {
    a.write(words, to);
    to += a.words;
  }
}

function merge(into: readonly Accumulator[], words: Int32Array, at: number): void {
  let from = at;
  for (const a of into) {
    a.merge(words, from);
    from += a.words;
  }
}
