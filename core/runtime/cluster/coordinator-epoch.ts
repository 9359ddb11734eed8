import { HaloweaveError } from '../../base/errors.js';
import { ProgressBoard } from '../../observe/progress-board.js';
import type { RankReading } from '../../transport/threads/control.js';
import type { HostAddress } from '../../transport/zeromq/mesh.js';
import { decode } from '../../wire/codec.js';
import { type SerialisedError, serialiseError } from '../../wire/host-messages.js';
import type { Refusal } from '../../wire/network.js';
import { deadlockError, LOOK_EVERY } from '../deadlock.js';
import type { RankResult } from '../rank-entry.js';
import { type ClusterReading, isClusterDeadlock } from './cluster-deadlock.js';
import type { EpochSaves } from './cluster-saves.js';
import { Pieces, wireAddress } from './control-codec.js';
import type { ControlMessage, ControlOf } from './control-messages.js';
import { FieldGathering } from './field-gathering.js';
import type { Member } from './member.js';
import { checkResult } from './outcome-schema.js';
import type { Printer } from './printer.js';

/** After an interrupt: see host.ts. The round trips of closing come on top. */
const INTERRUPT_CYCLE = 900;
const INTERRUPT_LEAVE = 500;
const START_LIMIT = 5000;

export interface EpochSetup {
  number: number;
  /** By rank: its host. */
  hostOf: number[];
  members: ReadonlyMap<number, Member>;
  /** Of all hosts that have ranks, and of this one. */
  addresses: readonly HostAddress[];
  plan: Pick<ControlOf<'epoch'>, 'sha256' | 'file' | 'args' | 'options' | 'output' | 'tagOutput'>;
  progress: SharedArrayBuffer;
  printer: Printer;
  onNames: (names: string[]) => void;
  /** A rank of the host begins; `recovers` if the program can go on from a saved state. */
  onBegun: (recovers: boolean) => void;
  /** All ranks have begun. */
  onAllBegun: () => void;
  /** A rank computes: before that, all have what they begin with. */
  onComputing: () => void;
  /** All ranks have come to their end, that of the program if `finished`, and what is wanted of them is here. */
  onComplete: (finished: boolean) => void;
}

/** How an epoch ended on all hosts that live. */
export type EpochOutcome =
  | { kind: 'done'; results: RankResult[]; fields: FieldGathering | null }
  | { kind: 'failed'; rank: number; error: SerialisedError }
  | { kind: 'interrupted' }
  | { kind: 'lost'; host: number; reason: string };

/** The coordinator's side of one epoch: begins it on all hosts at once, gathers what they say, and ends it on all. */
export class CoordinatorEpoch {
  readonly number: number;
  readonly hosts: readonly number[];
  /** Resolves when no thread of it is left on any host that lives. */
  readonly over: Promise<EpochOutcome>;
  readonly #setup: EpochSetup;
  readonly #living: Set<number>;
  readonly #ready = new Set<number>();
  readonly #ended = new Set<number>();
  readonly #results: (RankResult | null)[];
  readonly #pieces = new Map<number, Pieces>();
  readonly #failures = new Map<number, SerialisedError>();
  readonly #board: ProgressBoard;
  readonly #timers: NodeJS.Timeout[] = [];
  #looking: NodeJS.Timeout | null = null;
  #resolve: (outcome: EpochOutcome) => void = () => {};
  #begun = 0;
  #ending = false;
  #aborted = false;
  #lost: { host: number; reason: string } | null = null;
  #interrupted = false;
  #leaving = false;
  /** It is closed for a run that goes on with other hosts. */
  #moves = false;
  #settled = false;
  #computing = false;
  /** What hosts have said in the first round of closing. */
  readonly #closing = new Map<number, number>();
  #round = 0;
  readonly #readings = new Map<number, ClusterReading>();
  #looked: ClusterReading[] | null = null;
  #stuck: RankReading[] | null = null;
  /** All ranks are done, and the final state is wanted. */
  #gathering = false;
  /** Nothing is wanted of the hosts any more but that they end it. */
  #complete = false;
  /** The final state on its way here. */
  #fields: FieldGathering | null = null;

  constructor(setup: EpochSetup) {
    this.#setup = setup;
    this.number = setup.number;
    this.hosts = [...new Set(setup.hostOf)];
    this.#living = new Set(this.hosts);
    this.#results = setup.hostOf.map(() => null);
    this.#board = new ProgressBoard(setup.progress);
    this.over = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  start(saves: EpochSaves): void {
    // A host may have been lost while the program was on its way.
    if (this.#ending) return;
    const { plan, hostOf, addresses } = this.#setup;
    this.#tell({
      type: 'epoch',
      epoch: this.number,
      ...plan,
      ...saves,
      hostOf,
      addresses: addresses.map(wireAddress),
    });
  }

  /** All parts stop after the same cycle; whoever is blocked is released after a while. */
  interrupt(): void {
    if (this.#interrupted) return;
    this.#interrupted = true;
    // The program has come to its end: what is left is to bring its state.
    if (this.#gathering) return;
    this.#tell({ type: 'close', epoch: this.number });
    if (this.#begun === this.#results.length) this.#leaveSoon();
    else this.#timers.push(setTimeout(() => this.#leaveSoon(), START_LIMIT));
  }

  /** All parts stop after the same cycle, whenever they get there, for a run that goes on from it on other hosts. */
  close(): void {
    this.#moves = true;
    // Who has not made the epoch ready yet would not hear it.
    if (!this.#interrupted && this.#begun === this.#results.length)
      this.#tell({ type: 'close', epoch: this.number });
  }

  #allBegun(): void {
    if (this.#interrupted) this.#leaveSoon();
    else if (this.#moves) this.close();
    this.#setup.onAllBegun();
  }

  /** Ends it on all hosts, whatever they do. */
  stop(): void {
    if (!this.#complete) this.#abort(-1);
    this.#end();
  }

  /** A host of this epoch is gone: it ends on the others, with what was lost. */
  lost(host: number, reason: string): void {
    if (!this.#living.delete(host)) return;
    this.#lost ??= { host, reason };
    this.stop();
    this.#endIfAllHave();
  }

  take(member: Member, message: ControlMessage): void {
    if (!('epoch' in message) || message.epoch !== this.number || !this.#living.has(member.host)) return;
    const { host } = member;
    switch (message.type) {
      case 'ready':
        this.#ready.add(host);
        if (this.#ready.size === this.hosts.length && !this.#ending) this.#begin();
        return;
      case 'unable':
        this.#fail(-1, { ...message.error, message: `${member.name}: ${message.error.message}` });
        this.#end();
        return;
      case 'begun':
        this.#own(host, message.rank);
        this.#begun++;
        this.#setup.onBegun(message.recovers);
        if (this.#begun === this.#results.length) this.#allBegun();
        return;
      case 'names':
        this.#setup.onNames(message.names);
        return;
      case 'printed':
        this.#own(host, message.rank);
        this.#setup.printer.print(message.rank, message.descriptor, message.bytes, () =>
          member.send({ type: 'printed-taken', epoch: this.number, bytes: message.bytes.length }),
        );
        return;
      case 'failed':
        this.#own(host, message.rank);
        this.#fail(message.rank, message.error);
        return;
      case 'outcome':
        this.#own(host, message.rank);
        this.#outcome(message);
        return;
      case 'reading':
        this.#read(host, message);
        return;
      case 'closing':
        this.#closing.set(host, message.cycles);
        if (this.#closing.size === this.#living.size) this.#settle(Math.max(...this.#closing.values()));
        return;
      case 'progress':
        if (!this.#board.merge(message.board, this.#ranksOf(host), this.#setup.hostOf[0] === host))
          throw new HaloweaveError('format', `a progress board of ${message.board.length} bytes`);
        if (!this.#computing && this.#ranksOf(host).some((rank) => this.#board.begunOf(rank) > 0)) {
          this.#computing = true;
          this.#setup.onComputing();
        }
        return;
      case 'ended':
        this.#ended.add(host);
        this.#endIfAllHave();
        return;
      default:
        throw new HaloweaveError('format', `a worker does not say '${message.type}'`);
    }
  }

  /** A stretch of a field of the final state; why it is refused, or null. */
  takeField(host: number, epoch: number, frames: readonly Uint8Array[]): Refusal | null {
    // What an epoch that has ended still sends is not wanted any more.
    if (epoch < this.number || this.#ending) return null;
    if (epoch !== this.number || host !== this.hosts[0] || !this.#fields) return 'field';
    try {
      const refusal = this.#fields.take(frames);
      if (this.#fields.complete) this.#allHere();
      return refusal;
    } catch (error) {
      this.#noRoom(error);
      return null;
    }
  }

  #settle(cycles: number): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#tell({ type: 'closed', epoch: this.number, cycles, moves: !this.#interrupted });
  }

  #ranksOf(host: number): number[] {
    return this.#setup.hostOf.flatMap((h, rank) => (h === host ? [rank] : []));
  }

  #own(host: number, rank: number): void {
    if (this.#setup.hostOf[rank] !== host)
      throw new HaloweaveError('format', `it speaks for rank ${rank}, which it does not have`);
  }

  #tell(message: ControlMessage): void {
    for (const host of this.#living) this.#setup.members.get(host)?.send(message);
  }

  #begin(): void {
    this.#tell({ type: 'begin', epoch: this.number });
    this.#looking = setInterval(() => this.#look(), LOOK_EVERY);
  }

  #fail(rank: number, error: SerialisedError): void {
    if (!error.aborted && !this.#failures.has(rank)) this.#failures.set(rank, error);
    this.#abort(rank);
  }

  #abort(culprit: number): void {
    if (this.#aborted) return;
    this.#aborted = true;
    this.#tell({ type: 'abort', epoch: this.number, culprit });
  }

  #outcome({ rank, piece, pieces, bytes }: ControlOf<'outcome'>): void {
    const got = this.#pieces.get(rank) ?? new Pieces();
    this.#pieces.set(rank, got);
    const whole = got.add(piece, pieces, bytes);
    if (!whole) return;
    this.#results[rank] = checkResult(decode(whole), rank);
    if (this.#results.every((r, k) => r !== null || !this.#living.has(this.#setup.hostOf[k]!)))
      this.#bringHome();
  }

  /** All ranks are done: the epoch lives on only until its final state is here, if that is wanted. */
  #bringHome(): void {
    if (this.#ending) return;
    const first = this.#results[0];
    if (!first?.ok || !this.#results.every((r) => r?.ok)) {
      this.#end();
      return;
    }
    const { kernel } = first.outcome;
    if (this.#aborted || !kernel?.gather || !this.#setup.plan.options.keep) {
      this.#allHere();
      return;
    }
    this.#gathering = true;
    if (this.#looking) clearInterval(this.#looking);
    for (const t of this.#timers.splice(0)) clearTimeout(t);
    const host = this.#setup.members.get(this.hosts[0]!)!;
    const ask = (field: number): void => host.send({ type: 'gather', epoch: this.number, field });
    try {
      this.#fields = new FieldGathering(kernel.gather, kernel.cycles, ask);
      if (this.#fields.complete) this.#allHere();
    } catch (error) {
      this.#noRoom(error);
    }
  }

  /** A host that is lost from now on has taken nothing with it. */
  #allHere(): void {
    this.#complete = true;
    this.#setup.onComplete(this.#results.every((r) => r?.ok && !r.outcome.kernel?.interrupted));
    this.#end();
  }

  /** The final state does not fit here, or is described as none can be. */
  #noRoom(error: unknown): void {
    this.#fail(-1, serialiseError(error));
    this.#end();
  }

  #end(): void {
    if (this.#ending) return;
    this.#ending = true;
    if (this.#looking) clearInterval(this.#looking);
    this.#tell({ type: 'end', epoch: this.number });
  }

  #endIfAllHave(): void {
    if (![...this.#living].every((h) => this.#ended.has(h))) return;
    if (this.#looking) clearInterval(this.#looking);
    for (const t of this.#timers) clearTimeout(t);
    this.#resolve(this.#verdict());
  }

  #verdict(): EpochOutcome {
    const results = this.#results;
    const fields = this.#fields;
    // Without the state that is wanted, the run is not done although its ranks are.
    const gathered = !this.#gathering || fields?.complete === true;
    if (gathered && results.every((r) => r?.ok === true))
      return { kind: 'done', results: results as RankResult[], fields };
    if (this.#stuck) return { kind: 'failed', rank: -1, error: deadlockError(this.#stuck, results) };
    // What the program did comes before what became of the hosts: it would do it again.
    const first = this.#failures.entries().next().value;
    if (first) return { kind: 'failed', rank: first[0], error: first[1] };
    if (this.#lost) return { kind: 'lost', ...this.#lost };
    if (this.#interrupted) return { kind: 'interrupted' };
    const left = results.find((r) => r?.ok === false);
    if (left && !left.ok) return { kind: 'failed', rank: left.rank, error: left.error };
    throw new HaloweaveError('program', `epoch ${this.number} ended without an outcome`);
  }

  #leaveSoon(): void {
    if (this.#leaving) return;
    this.#leaving = true;
    this.#timers.push(
      setTimeout(() => this.#abort(-1), INTERRUPT_CYCLE),
      setTimeout(() => this.#end(), INTERRUPT_CYCLE + INTERRUPT_LEAVE),
    );
  }

  /** A look at all hosts; the next one begins when all have answered this one. */
  #look(): void {
    if (this.#readings.size < this.#living.size && this.#round > 0) return;
    this.#readings.clear();
    this.#round++;
    this.#tell({ type: 'look', epoch: this.number, round: this.#round });
  }

  #read(host: number, { round, ranks, sent, received, waiting }: ControlOf<'reading'>): void {
    if (round !== this.#round || this.#ending || this.#interrupted || this.#aborted) return;
    this.#readings.set(host, { ranks, sent, received, waiting });
    if (this.#readings.size < this.#living.size) return;
    const now = this.hosts.map((h) => this.#readings.get(h)!);
    const before = this.#looked;
    this.#looked = now;
    // Between the two rounds of closing ranks wait for a verdict, not for each other.
    if (this.#moves && !this.#settled) {
      this.#looked = null;
      return;
    }
    const stuck = before && isClusterDeadlock(before, now, this.#results.length);
    if (!stuck) return;
    this.#stuck = stuck;
    this.#abort(-1);
  }
}
