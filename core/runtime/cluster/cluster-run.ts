import { HaloweaveError } from '../../base/errors.js';
import { ProgressBoard } from '../../observe/progress-board.js';
import { limitText, progressLimitOf, STALL_LOOK, Stalls, stallText } from '../../observe/stalls.js';
import { MAX_RANKS } from '../../transport/threads/layout.js';
import type { Freight } from '../../transport/zeromq/mesh.js';
import { stacklessError } from '../../wire/host-messages.js';
import type { Refusal } from '../../wire/network.js';
import type { ProgramBundle } from '../bundle.js';
import { identityOf } from '../checkpoint/identity.js';
import { kernelOptions } from '../plan.js';
import {
  interruptedError,
  type Restored,
  RunError,
  type RunOptions,
  type RunResult,
} from '../run-options.js';
import { saveFields } from '../save/fields.js';
import { prepareFolder } from '../save/save.js';
import { summarise } from '../summarise.js';
import { Watch } from '../watch.js';
import { brought, lastOf, outcomesOf, runningOn, spanAll } from './cluster-outcome.js';
import { ClusterSaves, type EpochSaves } from './cluster-saves.js';
import { decodeParts, encodeArgs } from './control-codec.js';
import type { ControlMessage } from './control-messages.js';
import type { Coordinator } from './coordinator.js';
import { CoordinatorEpoch, type EpochOutcome, type EpochSetup } from './coordinator-epoch.js';
import type { Member } from './member.js';
import { hostsOf } from './membership.js';
import type { Finish, MembershipAction } from './membership-types.js';
import { Printer } from './printer.js';
import { Recovery } from './recovery.js';
import { refuseForeign } from './refuse-foreign.js';
import { ranksOn } from './slots.js';

export interface ClusterRunSetup {
  coordinator: Coordinator;
  bundle: () => Promise<ProgramBundle>;
  file: string;
  options: RunOptions;
  /** Ranks, unless the options say how many. */
  ranks: number | undefined;
  oversubscribe: boolean;
  /** From here on, epochs of this cluster have had no number. */
  firstEpoch: number;
  /** For people. */
  say: (text: string) => void;
}

/** What hosts say about saved states, also when the epoch is over. */
const SAVING: ReadonlySet<string> = new Set([
  'saving',
  'kept',
  'left-out',
  'partless',
  'writing',
  'delivered',
]);

/** One run on a cluster: epochs, one after another, until the program has come to its end. */
export class ClusterRun {
  readonly #setup: ClusterRunSetup;
  readonly #recovery: Recovery;
  readonly #printer: Printer;
  /** Who has been dealt ranks or may be, by number: names outlive members. */
  readonly #names = new Map<number, string>();
  /** Workers that have joined since the epoch began. */
  #waiting: Member[] = [];
  /** Workers that have asked to go since then. */
  readonly #leaving: Member[] = [];
  /** All ranks of the epoch have begun; and when those of the first had. */
  #begun = false;
  #began = 0;
  #epoch: CoordinatorEpoch | null = null;
  #hostOf: number[] = [];
  #outcome: EpochOutcome | null = null;
  #interrupted = false;
  #saves: ClusterSaves | null = null;
  #first = true;
  #recovers = true;
  readonly #restored: Restored[] = [];
  #bundle: ProgramBundle | null = null;
  #plan: Omit<EpochSetup['plan'], 'sha256' | 'file'> | null = null;
  #watch: Watch | null = null;
  #progress = new SharedArrayBuffer(0);
  #stalls: Stalls | null = null;

  constructor(setup: ClusterRunSetup) {
    this.#setup = setup;
    this.#printer = new Printer(setup.options.tagOutput ?? false);
    this.#recovery = new Recovery(
      {
        start: (action) => void this.#begin(action),
        close: () => (this.#interrupted ? this.#epoch?.interrupt() : this.#epoch?.close()),
        end: () => this.#epoch?.stop(),
        commit: ({ epoch, cycles, hosts }) => this.#tell(hosts, { type: 'commit', epoch, cycles }),
        forget: ({ epoch, cycles, hosts }) => this.#tell(hosts, { type: 'forget', epoch, cycles }),
        release: (host) => this.#release(host),
        warn: (text) => setup.say(text),
      },
      setup.firstEpoch,
    );
  }

  /** A number that no epoch of this run has had. */
  get nextEpoch(): number {
    return this.#recovery.nextEpoch;
  }

  take(member: Member, message: ControlMessage): void {
    if (SAVING.has(message.type)) this.#told(member.host, message);
    else this.#epoch?.take(member, message);
  }

  /** Takes pieces of saved states. */
  freight(host: number, freight: Freight, epoch: number, frames: readonly Uint8Array[]): void {
    this.#saves?.freight(host, freight, epoch, frames);
  }

  /** A stretch of a field of the final state; why it is refused, or null. */
  takeField(host: number, epoch: number, frames: readonly Uint8Array[]): Refusal | null {
    return this.#epoch?.takeField(host, epoch, frames) ?? null;
  }

  /** A worker has joined: it gets work once the ranks have begun, at the next cycle that they can all stop after. */
  joined(member: Member): void {
    this.#waiting.push(member);
    if (this.#begun) this.#greet(this.#waiting.splice(0));
  }

  /** A worker asks to go: its parts go to the others first. */
  leave(member: Member): void {
    if (this.#waiting.includes(member)) {
      this.#waiting = this.#waiting.filter((m) => m !== member);
      void this.#setup.coordinator.release(member);
    } else if (this.#begun) this.#recovery.tell({ type: 'leave', host: member.host });
    else this.#leaving.push(member);
  }

  /** A host is gone: the epoch ends on the others. */
  lost(host: number, reason: string): void {
    this.#waiting = this.#waiting.filter((m) => m.host !== host);
    this.#saves?.lost(host);
    this.#epoch?.lost(host, reason);
    const running = runningOn(new ProgressBoard(this.#progress), this.#hostOf, host);
    this.#recovery.tell({ type: 'lost', host, reason, running });
  }

  async run(): Promise<RunResult> {
    const { coordinator, options, file, oversubscribe } = this.#setup;
    refuseForeign(options);
    if (options.save !== undefined) prepareFolder(options.save);
    const bundle = await this.#setup.bundle();
    const warn = options.onWarning ?? this.#setup.say;
    this.#bundle = bundle;
    const asked = options.ranks ?? this.#setup.ranks;
    const ranks = ranksOn(coordinator.offers, asked, oversubscribe);
    const identity = identityOf(file, bundle, options);
    const saves = await ClusterSaves.open(options, identity, coordinator.mesh, warn, (cycles) =>
      this.#recovery.tell({ type: 'written', cycles }),
    );
    this.#saves = saves;
    const { resumed } = saves;
    // The parts are those of the first epoch, whatever ranks are left for the others.
    const kernel = kernelOptions(options, ranks, 'plain', resumed);
    const args = resumed?.args ?? options.args ?? {};
    saves.prepare(identity, kernel, args);
    this.#plan = {
      args: encodeArgs(args),
      options: kernel,
      output: options.output ?? 1,
      tagOutput: options.tagOutput ?? false,
    };
    this.#progress = new SharedArrayBuffer(ProgressBoard.bytes(MAX_RANKS));
    const watch = new Watch(this.#progress, MAX_RANKS, options);
    this.#watch = watch;
    const limit = progressLimitOf(options.progressLimit);
    this.#stalls = new Stalls(performance.now(), limit);
    const looking = setInterval(() => this.#lookForStalls(limit), STALL_LOOK);
    const interrupt = (): void => {
      this.#interrupted = true;
      this.#recovery.tell({ type: 'interrupt' });
      // Also if it is being closed for another one already.
      this.#epoch?.interrupt();
    };
    options.signal?.addEventListener('abort', interrupt, { once: true });
    let finish: Finish;
    try {
      this.#greet(coordinator.joined);
      this.#recovery.tell({
        type: 'run',
        wishes: {
          ranks: asked ?? null,
          oversubscribe,
          minRanks: options.minRanks ?? 1,
          recovers: true,
          resume: resumed?.saved.cycles ?? null,
        },
      });
      if (options.signal?.aborted) interrupt();
      finish = await this.#recovery.finished;
    } finally {
      options.signal?.removeEventListener('abort', interrupt);
      clearInterval(looking);
      watch.stop();
      this.#printer.show();
    }
    const written = await saves.finish(finish.how === 'done' || finish.how === 'interrupted');
    const failure = (error: RunError): RunError => Object.assign(error, { checkpoints: written });
    if (finish.how === 'lost') {
      const message = this.#recovers ? `${finish.message}; ${saves.advice(written)}` : finish.message;
      throw failure(new RunError(-1, stacklessError('lost', message), watch.read()));
    }
    const outcome = this.#outcome;
    if (outcome?.kind === 'failed') throw failure(new RunError(outcome.rank, outcome.error, watch.read()));
    if (outcome?.kind !== 'done') throw failure(new RunError(-1, interruptedError(), watch.read()));
    watch.last();
    const choice = {
      ranks: this.#hostOf.length,
      source: asked === undefined ? 'slots of the workers' : '-n',
    };
    const result = summarise(file, 'zeromq', choice, outcomesOf(outcome), (_, field) =>
      brought(outcome, field),
    );
    result.hosts = hostsOf(this.#hostOf).map((host) => ({
      host,
      name: this.#names.get(host)!,
      ranks: this.#hostOf.filter((h) => h === host).length,
    }));
    result.recoveries = this.#recovery.losses;
    result.restored = this.#restored;
    spanAll(result, (performance.now() - this.#began) / 1000, resumed?.saved.cycles ?? 0);
    result.checkpoints = written;
    result.resumedFrom = resumed?.saved.cycles ?? 0;
    if (options.save !== undefined)
      result.saved = await saveFields(options.save, outcomesOf(outcome)[0]!.kernel, result);
    return result;
  }

  #greet(members: readonly Member[]): void {
    for (const m of members) {
      this.#names.set(m.host, m.name);
      this.#recovery.tell({ type: 'hello', host: m.host, slots: m.slots });
    }
  }

  /** What hosts say about saved states, to whoever decides and to whoever writes. */
  #told(host: number, message: ControlMessage): void {
    if (!('epoch' in message)) return;
    this.#saves?.told(host, message);
    if (message.epoch === this.#epoch?.number) {
      if (message.type === 'writing') this.#printer.hold();
      else if (message.type === 'delivered') this.#printer.show();
    }
    if (message.type === 'kept') {
      const { epoch, cycles, holder, parts } = message;
      this.#recovery.tell({ type: 'kept', epoch, cycles, owner: host, holder, parts: decodeParts(parts) });
    } else if (message.type === 'left-out')
      this.#recovery.tell({ type: 'left-out', epoch: message.epoch, cycles: message.cycles });
    else if (message.type === 'partless')
      this.#recovery.tell({ type: 'partless', host, epoch: message.epoch });
  }

  #tell(hosts: Iterable<number>, message: ControlMessage): void {
    for (const host of hosts) this.#setup.coordinator.members.get(host)?.send(message);
  }

  /** Hosts without ranks may have pieces that the others go on from; people hear where it goes on. */
  #goOn(number: number, saves: EpochSaves, hosts: readonly number[]): void {
    const others = [...this.#setup.coordinator.members.keys()].filter((h) => !hosts.includes(h));
    this.#tell(others, { type: 'hold', epoch: number, base: saves.base });
    const first = this.#first;
    this.#first = false;
    if (first) return;
    const restored: Restored = saves.base
      ? { cycles: saves.base.cycles, from: saves.base.epoch === 0 ? 'disk' : 'memory' }
      : { cycles: 0, from: 'beginning' };
    this.#restored.push(restored);
    this.#setup.say(
      restored.from === 'beginning'
        ? 'going on from the beginning: there is no saved state'
        : `going on: restored to cycle ${restored.cycles} from ${restored.from}`,
    );
  }

  async #begin({ epoch: number, hostOf, start }: MembershipAction & { do: 'start' }): Promise<void> {
    const { coordinator } = this.#setup;
    const hosts = hostsOf(hostOf);
    // What was half given is given again.
    this.#printer.drop();
    const members = new Map(hosts.map((h) => [h, coordinator.members.get(h)!]));
    const bundle = this.#bundle!;
    this.#hostOf = hostOf;
    this.#begun = false;
    new ProgressBoard(this.#progress).restart(hostOf.length, start.from === 'beginning' ? 0 : start.cycles);
    this.#stalls!.reset();
    const epoch = new CoordinatorEpoch({
      number,
      hostOf,
      members,
      addresses: coordinator.addresses(hosts),
      plan: { ...this.#plan!, sha256: bundle.sha256, file: bundle.file },
      progress: this.#progress,
      printer: this.#printer,
      onNames: this.#watch!.onNames,
      onBegun: (recovers) => {
        this.#recovers = recovers;
        this.#recovery.tell({ type: 'program', recovers });
      },
      onAllBegun: () => this.#allBegun(),
      onComputing: () => {
        for (const host of hosts) this.#recovery.tell({ type: 'begun', host, epoch: number });
      },
      onComplete: (finished) => {
        for (const host of hosts) this.#recovery.tell({ type: 'outcome', host, epoch: number, finished });
      },
    });
    this.#epoch = epoch;
    void epoch.over.then((outcome) => this.#over(epoch, outcome));
    try {
      await Promise.all([...members.values()].map((m) => m.provide(bundle)));
    } catch (error) {
      // That its host is gone is told beside this.
      if (!(error instanceof HaloweaveError && error.code === 'lost')) throw error;
      return;
    }
    const saves = await this.#saves!.begin(number, hosts, start);
    // Hosts may have been lost meanwhile, and another epoch may have begun.
    if (!saves || this.#epoch !== epoch) return;
    this.#goOn(number, saves, hosts);
    epoch.start(saves);
    if (this.#interrupted) epoch.interrupt();
  }

  /** Hosts that have come, or want to go, since the epoch began may change it now. */
  #allBegun(): void {
    this.#begun = true;
    this.#began ||= performance.now();
    this.#greet(this.#waiting.splice(0));
    for (const { host } of this.#leaving.splice(0)) this.#recovery.tell({ type: 'leave', host });
  }

  /** No thread of the epoch is left. */
  #over(epoch: CoordinatorEpoch, outcome: EpochOutcome): void {
    // If all its hosts are lost, the next one has begun already.
    if (this.#epoch !== epoch) return;
    this.#outcome = outcome;
    this.#epoch = null;
    this.#begun = false;
    this.#greet(this.#waiting.splice(0));
    const { number } = epoch;
    if (outcome.kind === 'failed') {
      const { rank, error } = outcome;
      if (error.code === 'lost' && rank >= 0)
        this.#recovery.tell({
          type: 'thread',
          host: this.#hostOf[rank]!,
          epoch: number,
          reason: error.message,
          running: lastOf(new ProgressBoard(this.#progress), rank),
        });
      else this.#recovery.tell({ type: 'failed', host: epoch.hosts[0]!, epoch: number, message: '' });
    }
    if (outcome.kind === 'interrupted') this.#recovery.tell({ type: 'interrupt' });
    for (const host of epoch.hosts) this.#recovery.tell({ type: 'ended', host, epoch: number });
  }

  /** Warns of workunits that take long, and gives up hosts with one that takes longer than it may. */
  #lookForStalls(limit: number): void {
    if (!this.#epoch) return;
    const board = new ProgressBoard(this.#progress);
    const warn = this.#setup.options.onWarning ?? this.#setup.say;
    for (const stall of this.#stalls!.look(performance.now(), board, this.#hostOf.length)) {
      const host = this.#hostOf[stall.rank]!;
      if (stall.do === 'limit') this.#setup.coordinator.evict(host, limitText(stall, limit));
      else warn(stallText(stall, ` of host ${host}, ${this.#names.get(host)}`));
    }
  }

  #release(host: number): void {
    const member = this.#setup.coordinator.members.get(host);
    if (member) void this.#setup.coordinator.release(member);
  }
}
