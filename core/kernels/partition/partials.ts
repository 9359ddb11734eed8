import { HaloweaveError } from '../../base/errors.js';
import { type Arrival, type Fill, RAW_BYTES, sendRaw } from '../../comm/channel.js';
import type { Communicator } from '../../comm/communicator.js';
import { dtypeInfo } from '../../memory/dtype.js';
import type { Transport } from '../../transport/transport.js';
import { PARTIAL_CONTEXT } from '../../wire/tags.js';
import type { Hosts } from '../hosts.js';
import type { Duty, Relay } from '../relay.js';
import { type Accumulator, accumulator, type Measure } from './measure.js';
import { type PartialPlace, partialPlace } from './partial-tree.js';

/** Words of a cache line. */
const LINE = 16;
/** Bytes before the partials of a message: as doubles, the number of the reduction and the place of the first in the list. */
const HEADER = 16;
const F64 = dtypeInfo('f64').code;
const I32 = dtypeInfo('i32').code;

/** Makes the place where all ranks meet to reduce these; `ring`: entries that may be in use at once. Collective. */
export type OpenPartials = (measures: readonly Measure[], ring: number) => Partials;

/**
 * Where ranks meet to reduce, in memory that a host's ranks share: a ring of entries, each a counter and one partial a
 * rank of the run. A rank writes its partial and counts itself in; whoever wants the result merges all of them in rank
 * order, so that every rank computes the same bits. No message on one host, no barrier: what keeps a rank from writing
 * an entry again before all have read it is the caller's order of steps.
 *
 * Hosts exchange their partials along a binomial tree: when those of a host and of all below it are in its ring they go
 * up in one message, and from the root the others come down. A host sends and receives at most ⌈log₂ hosts⌉ + 1 messages
 * a reduction. They go to the lowest rank of a host, which has parts if any rank there has; it sends on what it takes in,
 * the rank that completes an entry otherwise.
 */
export class Partials implements Duty {
  readonly #transport: Transport;
  readonly #hosts: Hosts;
  readonly #relay: Relay | null;
  /** Ranks that own parts, and so take part. */
  readonly #active: number;
  readonly #words: Int32Array;
  readonly #wordsPerRank: number;
  readonly #ring: number;
  readonly #reader: Accumulator[];
  readonly #place: PartialPlace;
  readonly #tag: number = 0;
  /** Reductions of which a message has brought what is to be sent on. */
  readonly #due: number[] = [];
  // What is being sent: the reduction, and whose partials.
  #n = 0;
  #ranks: readonly number[] = [];
  #start = 0;
  #end = 0;

  /** `ring`: entries that may be in use at once. Collective. */
  constructor(
    measures: readonly Measure[],
    ring: number,
    parts: number,
    comm: Communicator,
    transport: Transport,
    hosts: Hosts,
    relay: Relay | null,
  ) {
    this.#transport = transport;
    this.#hosts = hosts;
    this.#relay = relay;
    this.#active = Math.min(comm.size, parts);
    this.#ring = ring;
    this.#reader = measures.map(accumulator);
    this.#place = partialPlace(hosts.of, hosts.first, this.#active, hosts.mine);
    // Entry: a line for the counter, then every rank's partial, a whole number of lines each.
    this.#wordsPerRank = Math.ceil(this.#reader.reduce((n, a) => n + a.words, 0) / LINE) * LINE;
    this.#words = hosts.zeros(ring * (LINE + this.#wordsPerRank * comm.size), 'i32');
    if (relay) {
      this.#tag = relay.listen(PARTIAL_CONTEXT, this.#take);
      relay.add(this);
    }
    comm.barrier();
  }

  /** Puts this rank's partial of reduction `n` where all of this host can read it; the last one sends on, or wakes the others. */
  publish(n: number, accumulators: readonly Accumulator[]): void {
    const entry = this.#entry(n);
    write(accumulators, this.#words, entry + LINE + this.#transport.rank * this.#wordsPerRank);
    const count = Atomics.add(this.#words, entry, 1) + 1;
    if (this.#present(count, n) === this.#place.parent.inside.length) this.#sendOn(n);
  }

  /** The accumulators with reduction `n` merged, valid until the next call; null while a partial is missing. */
  read(n: number): readonly Accumulator[] | null {
    if (!this.#isComplete(n)) return null;
    const entry = this.#entry(n);
    for (const a of this.#reader) a.clear();
    for (let r = 0; r < this.#active; r++)
      merge(this.#reader, this.#words, entry + LINE + r * this.#wordsPerRank);
    return this.#reader;
  }

  /**
   * Waits until the reductions up to `last` are complete here and have been sent on: other hosts may still need them. All
   * ranks that own parts, when each has published them.
   */
  serve(last: number): void {
    let n = Math.max(0, last - this.#ring + 1);
    this.#relay?.waitUntil(() => {
      while (n <= last && this.#isComplete(n)) n++;
      return n > last;
    }, 'measures');
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

  get due(): boolean {
    return this.#due.length > 0;
  }

  forward(): void {
    for (let n = this.#due.shift(); n !== undefined; n = this.#due.shift()) this.#sendOn(n);
  }

  /** What this host and those below have is here, or what all have: up with it, or down. */
  #sendOn(n: number): void {
    if (!this.#isComplete(n)) {
      const { parent } = this.#place;
      this.#send(parent.first, parent.inside, n);
      return;
    }
    for (const child of this.#place.children) this.#send(child.first, child.outside, n);
    this.#wakeHost();
  }

  #send(to: number, ranks: readonly number[], n: number): void {
    this.#n = n;
    this.#ranks = ranks;
    const each = this.#wordsPerRank * 4;
    const most = Math.max(1, Math.floor((RAW_BYTES - HEADER) / each));
    for (this.#start = 0; this.#start < ranks.length; this.#start = this.#end) {
      this.#end = Math.min(ranks.length, this.#start + most);
      const bytes = HEADER + (this.#end - this.#start) * each;
      sendRaw(this.#relay!.endpoint, to, this.#tag, PARTIAL_CONTEXT, bytes, this.#fill);
    }
  }

  readonly #fill: Fill = (views, offset) => {
    const each = this.#wordsPerRank;
    const entry = this.#entry(this.#n) + LINE;
    views[F64]![offset / 8] = this.#n;
    views[F64]![offset / 8 + 1] = this.#start;
    const words = views[I32] as Int32Array;
    let at = (offset + HEADER) / 4;
    for (let i = this.#start; i < this.#end; i++) {
      const from = entry + this.#ranks[i]! * each;
      for (let k = 0; k < each; k++) words[at + k] = this.#words[from + k]!;
      at += each;
    }
  };

  /** Takes in partials from the host above, or from one below. */
  readonly #take = (a: Arrival): void => {
    const from = this.#hosts.of[a.source]!;
    const { parent, children } = this.#place;
    const fromAbove = from === parent.host;
    const ranks = fromAbove ? parent.outside : children.find((c) => c.host === from)?.inside;
    const each = this.#wordsPerRank;
    const count = (a.bytes - HEADER) / (4 * each);
    const start = count > 0 ? (a.views[F64]![a.offset / 8 + 1] as number) : -1;
    if (!ranks || !Number.isInteger(count) || !(start >= 0) || start + count > ranks.length)
      throw new HaloweaveError(
        'format',
        `rank ${a.source} sent ${a.bytes} bytes of partial measures, which is not what its host owes this one`,
      );
    const n = a.views[F64]![a.offset / 8] as number;
    const words = a.views[I32] as Int32Array;
    const entry = this.#entry(n);
    let at = (a.offset + HEADER) / 4;
    for (let i = start; i < start + count; i++) {
      const to = entry + LINE + ranks[i]! * each;
      for (let k = 0; k < each; k++) this.#words[to + k] = words[at + k]!;
      at += each;
    }
    const present = this.#present(Atomics.add(this.#words, entry, count) + count, n);
    if (present === (fromAbove ? this.#active : parent.inside.length)) this.#due.push(n);
  };

  #wakeHost(): void {
    const t = this.#transport;
    for (let r = 0; r < t.size; r++) if (r !== t.rank && this.#hosts.near(r)) t.wake(r);
  }

  #entry(n: number): number {
    return (n % this.#ring) * (LINE + this.#wordsPerRank * this.#transport.size);
  }

  #isComplete(n: number): boolean {
    return this.#present(Atomics.load(this.#words, this.#entry(n)), n) >= this.#active;
  }

  /** How many partials of reduction `n` a counter has counted; counters wrap around at 2^32. */
  #present(count: number, n: number): number {
    return (count - Math.imul(Math.floor(n / this.#ring), this.#active)) | 0;
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
