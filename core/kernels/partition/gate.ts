import type { Communicator } from '../../comm/communicator.js';
import { offsetOf } from '../../memory/heap.js';
import type { Transport } from '../../transport/transport.js';
import type { Horizon } from '../horizon.js';
import type { Args } from '../program.js';
import type { Context, PartitionDefinition } from './definition.js';
import type { FieldTypes } from './grid.js';
import type { KernelPart } from './kernel-part.js';
import { type Accumulator, accumulator } from './measure.js';
import type { ResolvedSteps } from './resolve.js';
import { userError } from './user-error.js';

/** Entries a rank other than 0 collects before it forgets: trimming then costs next to nothing. */
const HISTORY = 1024;

type Values = Readonly<Record<string, number>>;
const NONE: Values = Object.freeze({});

/** One state's measures on their way: this rank's part of them. */
interface Pending {
  cycle: number;
  accumulators: Accumulator[];
  parts: number;
}

/**
 * Measures and the decisions that follow from them, without a barrier: every rank adds up its parts'
 * terms of a state, puts its partial into shared memory when the last of its parts has been measured, and
 * reads all partials, in rank order, when it wants to start a cycle that may not start without them.
 */
export class MeasureGate {
  /** Measures of the newest state that has been read, and that state. */
  values: Values = {};
  cycle = -1;
  readonly history: { cycle: number; measures: Values }[] = [];
  /** Entries of the history dropped from its front. */
  #forgotten = 0;
  /** The number of cycles after which `until` ends the run. */
  stop = Number.POSITIVE_INFINITY;
  readonly #program: ResolvedSteps;
  readonly #until: PartitionDefinition<FieldTypes>['until'];
  readonly #args: Args;
  readonly #transport: Transport;
  readonly #active: number;
  readonly #myParts: number;
  readonly #words: Int32Array;
  readonly #base: number;
  readonly #wordsPerRank: number;
  readonly #ring: number;
  readonly #pending: Pending[];
  readonly #reader: Accumulator[];

  constructor(
    program: ResolvedSteps,
    definition: Pick<PartitionDefinition<FieldTypes>, 'until'>,
    args: Args,
    comm: Communicator,
    transport: Transport,
    myParts: number,
  ) {
    this.#program = program;
    this.#until = definition.until;
    this.#args = args;
    this.#transport = transport;
    this.#myParts = myParts;
    this.#active = Math.min(comm.size, program.domain.parts);
    const make = (): Accumulator[] => program.measures.map((m) => accumulator(m.measure));
    // Far enough apart that no rank can reach an entry's next use before all have read this one.
    this.#ring = Math.ceil((2 * program.lag + 3) / program.measureEvery) + 1;
    this.#pending = Array.from({ length: this.#ring }, () => ({ cycle: -1, accumulators: make(), parts: 0 }));
    this.#reader = make();
    // Entry: a line for the counter, then every rank's partial, a whole number of lines each.
    this.#wordsPerRank = Math.ceil(this.#reader.reduce((n, a) => n + a.words, 0) / 16) * 16;
    const entry = 16 + this.#wordsPerRank * comm.size;
    const address = comm.bcast(comm.rank === 0 ? transport.heap.allocate(entry * this.#ring * 4) : 0);
    const arena = transport.heap.arenaOf(address);
    this.#words = arena.words;
    this.#base = offsetOf(address) / 4;
    if (comm.rank === 0) this.#words.fill(0, this.#base, this.#base + entry * this.#ring);
    comm.barrier();
  }

  get hasMeasures(): boolean {
    return this.#program.measures.length > 0;
  }

  /** Collects one part's terms of the state at the beginning of a cycle; the last part of the rank publishes. */
  collect(part: KernelPart, cycle: number, context: Context): void {
    const k = (cycle / this.#program.measureEvery) % this.#ring;
    const p = this.#pending[k]!;
    if (p.cycle !== cycle) {
      p.cycle = cycle;
      p.parts = 0;
      for (const a of p.accumulators) a.clear();
    }
    for (const a of p.accumulators) a.collect(part.object, context);
    if (++p.parts === this.#myParts) this.#publish(k, p);
  }

  /** True if cycle `cycle` may start as far as measures go; reads them and decides on the way. */
  admits(cycle: number): boolean {
    if (!this.hasMeasures && !this.#until) return true;
    const every = this.#program.measureEvery;
    const due = Math.floor((cycle - this.#program.lag) / every) * every;
    while (this.cycle < due) {
      const next = this.cycle < 0 ? 0 : this.cycle + every;
      if (this.hasMeasures && !this.#read(next)) return false;
      this.cycle = next;
      if (this.hasMeasures) this.#remember(next);
      if (
        this.stop === Number.POSITIVE_INFINITY &&
        this.#until?.({ args: this.#args, cycle: next, measures: this.values })
      )
        this.stop = next + this.#program.lag;
    }
    return cycle < this.stop;
  }

  /** Lets a context see what cycle `cycle` may see, however far this rank has read: no sooner, no later. */
  show(context: { measures: Values; measuredCycle: number }, cycle: number): void {
    const { lag, measureEvery } = this.#program;
    const entry =
      cycle < lag ? undefined : this.history[Math.floor((cycle - lag) / measureEvery) - this.#forgotten];
    context.measures = entry ? entry.measures : NONE;
    context.measuredCycle = entry ? entry.cycle : -1;
  }

  /** Completes the history with the states that nobody had to wait for; all ranks have finished `end` cycles. */
  complete(end: number, final: Values): void {
    if (!this.hasMeasures || this.#myParts === 0) return;
    const every = this.#program.measureEvery;
    for (let next = (this.#forgotten + this.history.length) * every; next <= end; next += every) {
      if (next === end) this.values = final;
      else if (!this.#read(next)) return;
      this.#remember(next);
    }
  }

  /**
   * Rank 0 reports the whole history. The others forget: a part that has not started cycle c keeps its rank
   * from reading a measure later than the first due after c, so only the last few states can be asked for.
   */
  #remember(cycle: number): void {
    this.history.push({ cycle, measures: this.values });
    if (this.#transport.rank === 0 || this.history.length < HISTORY) return;
    const keep = Math.ceil((this.#program.lag + 1) / this.#program.measureEvery) + 3;
    this.#forgotten += this.history.length - keep;
    this.history.splice(0, this.history.length - keep);
  }

  /** The measures of the final state; all ranks together, when all parts have finished. */
  final(parts: readonly KernelPart[], comm: Communicator, context: Context): Values {
    for (const a of this.#reader) a.clear();
    for (const p of parts)
      for (const a of this.#reader) {
        try {
          a.collect(p.object, context);
        } catch (cause) {
          throw userError(cause, 'measure', p.id, context);
        }
      }
    const mine = new Int32Array(this.#wordsPerRank);
    this.#write(this.#reader, mine, 0);
    const all = comm.allgather(mine);
    for (const a of this.#reader) a.clear();
    for (const words of all) this.#merge(words, 0);
    return this.#result();
  }

  #publish(k: number, p: Pending): void {
    const entry = this.#entry(k);
    this.#write(p.accumulators, this.#words, entry + 16 + this.#transport.rank * this.#wordsPerRank);
    const before = Atomics.add(this.#words, entry, 1);
    if ((before + 1) % this.#active === 0)
      for (let r = 0; r < this.#transport.size; r++) if (r !== this.#transport.rank) this.#transport.wake(r);
  }

  #read(cycle: number): boolean {
    const n = cycle / this.#program.measureEvery;
    const k = n % this.#ring;
    const entry = this.#entry(k);
    const round = Math.floor(n / this.#ring) + 1;
    if (Atomics.load(this.#words, entry) < round * this.#active) return false;
    for (const a of this.#reader) a.clear();
    for (let r = 0; r < this.#active; r++) this.#merge(this.#words, entry + 16 + r * this.#wordsPerRank);
    this.values = this.#result();
    return true;
  }

  #entry(k: number): number {
    return this.#base + k * (16 + this.#wordsPerRank * this.#transport.size);
  }

  #write(accumulators: readonly Accumulator[], words: Int32Array, at: number): void {
    let to = at;
    for (const a of accumulators) {
      a.write(words, to);
      to += a.words;
    }
  }

  #merge(words: Int32Array, at: number): void {
    let from = at;
    for (const a of this.#reader) {
      a.merge(words, from);
      from += a.words;
    }
  }

  #result(): Values {
    return Object.fromEntries(this.#program.measures.map((m, k) => [m.name, this.#reader[k]!.value()]));
  }
}

/** Combines what may hold a cycle back: its number, the measures before it, and the horizon. */
export class CycleGate {
  /** No cycle from this one on has been opened on this rank. */
  opened = 0;
  /** Cycles after which the run ends, as far as known. */
  end: number;
  interrupted = false;
  readonly #measures: MeasureGate;
  readonly #horizon: Horizon;

  constructor(cycles: number | null, measures: MeasureGate, horizon: Horizon) {
    this.end = cycles ?? Number.POSITIVE_INFINITY;
    this.#measures = measures;
    this.#horizon = horizon;
  }

  /** Tries to open the next cycle. */
  open(): boolean {
    const c = this.opened;
    if (c >= this.end || this.#closed(c)) return false;
    const admitted = this.#measures.admits(c);
    this.end = Math.min(this.end, this.#measures.stop);
    if (!admitted || c >= this.end) return false;
    if (!this.#horizon.mayStart(c)) {
      this.#closed(c);
      return false;
    }
    this.opened = c + 1;
    return true;
  }

  /**
   * True if the run has been closed at this cycle or before. Asked before any measure is waited for:
   * the measures of the last state are not collected.
   */
  #closed(cycle: number): boolean {
    const stop = this.#horizon.stop;
    if (stop === null || cycle < stop) return false;
    if (stop < this.end) {
      this.end = stop;
      this.interrupted = true;
    }
    return true;
  }
}
