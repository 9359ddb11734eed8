import { HaloweaveError } from '../../base/errors.js';
import type { NdArray } from '../../memory/ndarray.js';
import { ProgressBoard } from '../../observe/progress-board.js';
import { MAX_RANKS } from '../../transport/threads/layout.js';
import type { Refusal } from '../../wire/network.js';
import type { ProgramBundle } from '../bundle.js';
import { kernelOptions } from '../plan.js';
import type { RankOutcome } from '../rank.js';
import { interruptedError, RunError, type RunOptions, type RunResult } from '../run-options.js';
import { saveFields } from '../save/fields.js';
import { prepareFolder } from '../save/save.js';
import { summarise } from '../summarise.js';
import { Watch } from '../watch.js';
import { encodeArgs } from './control-codec.js';
import type { ControlMessage } from './control-messages.js';
import type { Coordinator } from './coordinator.js';
import { CoordinatorEpoch, type EpochOutcome, type EpochSetup } from './coordinator-epoch.js';
import type { Member } from './member.js';
import { hostsOf } from './membership.js';
import type { Finish, Running } from './membership-types.js';
import { Printer } from './printer.js';
import { Recovery } from './recovery.js';
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

/** One run on a cluster: epochs, one after another, until the program has come to its end. */
export class ClusterRun {
  readonly #setup: ClusterRunSetup;
  readonly #recovery: Recovery;
  readonly #printer: Printer;
  /** Who has been dealt ranks or may be, by number: names outlive members. */
  readonly #names = new Map<number, string>();
  /** Workers that have joined since the epoch began. */
  #waiting: Member[] = [];
  #epoch: CoordinatorEpoch | null = null;
  #hostOf: number[] = [];
  #outcome: EpochOutcome | null = null;
  #interrupted = false;
  #bundle: ProgramBundle | null = null;
  #plan: Omit<EpochSetup['plan'], 'sha256' | 'file'> | null = null;
  #watch: Watch | null = null;
  #progress = new SharedArrayBuffer(0);

  constructor(setup: ClusterRunSetup) {
    this.#setup = setup;
    this.#printer = new Printer(setup.options.tagOutput ?? false);
    this.#recovery = new Recovery(
      {
        start: ({ epoch, hostOf }) => void this.#begin(epoch, hostOf),
        close: () => (this.#interrupted ? this.#epoch?.interrupt() : this.#epoch?.close()),
        end: () => this.#epoch?.stop(),
        commit: () => {},
        forget: () => {},
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
    this.#epoch?.take(member, message);
  }

  /** A stretch of a field of the final state; why it is refused, or null. */
  takeField(host: number, epoch: number, frames: readonly Uint8Array[]): Refusal | null {
    return this.#epoch?.takeField(host, epoch, frames) ?? null;
  }

  /** A worker has joined: it gets work with the next epoch. */
  joined(member: Member): void {
    this.#waiting.push(member);
  }

  /** A host is gone: the epoch ends on the others. */
  lost(host: number, reason: string): void {
    this.#waiting = this.#waiting.filter((m) => m.host !== host);
    this.#epoch?.lost(host, reason);
    this.#recovery.tell({ type: 'lost', host, reason, running: this.#running(host) });
  }

  async run(): Promise<RunResult> {
    const { coordinator, options, file, oversubscribe } = this.#setup;
    refuseForeign(options);
    if (options.save !== undefined) prepareFolder(options.save);
    const bundle = await this.#setup.bundle();
    this.#bundle = bundle;
    const asked = options.ranks ?? this.#setup.ranks;
    const ranks = ranksOn(coordinator.offers, asked, oversubscribe);
    this.#plan = {
      args: encodeArgs(options.args ?? {}),
      // The parts are those of the first epoch, whatever ranks are left for the others.
      options: kernelOptions(options, ranks, 'plain'),
      output: options.output ?? 1,
      tagOutput: options.tagOutput ?? false,
    };
    this.#progress = new SharedArrayBuffer(ProgressBoard.bytes(MAX_RANKS));
    const watch = new Watch(this.#progress, MAX_RANKS, options);
    this.#watch = watch;
    const interrupt = (): void => {
      this.#interrupted = true;
      this.#recovery.tell({ type: 'interrupt' });
    };
    options.signal?.addEventListener('abort', interrupt, { once: true });
    let finish: Finish;
    try {
      this.#greet(coordinator.joined);
      this.#recovery.tell({
        type: 'run',
        wishes: { ranks: asked ?? null, oversubscribe, minRanks: 1, recovers: true, resume: null },
      });
      if (options.signal?.aborted) interrupt();
      finish = await this.#recovery.finished;
    } finally {
      options.signal?.removeEventListener('abort', interrupt);
      watch.stop();
    }
    if (finish.how === 'lost') throw new HaloweaveError('lost', finish.message);
    const outcome = this.#outcome;
    if (outcome?.kind === 'failed') throw new RunError(outcome.rank, outcome.error, watch.read());
    if (outcome?.kind !== 'done') throw new RunError(-1, interruptedError(), watch.read());
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

  async #begin(number: number, hostOf: number[]): Promise<void> {
    const { coordinator } = this.#setup;
    const hosts = hostsOf(hostOf);
    const members = new Map(hosts.map((h) => [h, coordinator.members.get(h)!]));
    const bundle = this.#bundle!;
    this.#hostOf = hostOf;
    new Uint8Array(this.#progress).fill(0);
    const epoch = new CoordinatorEpoch({
      number,
      hostOf,
      members,
      addresses: coordinator.addresses(hosts),
      plan: { ...this.#plan!, sha256: bundle.sha256, file: bundle.file },
      progress: this.#progress,
      printer: this.#printer,
      onNames: this.#watch!.onNames,
      onBegun: (_, recovers) => this.#recovery.tell({ type: 'program', recovers }),
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
    epoch.start();
    if (this.#interrupted) epoch.interrupt();
  }

  /** No thread of the epoch is left. */
  #over(epoch: CoordinatorEpoch, outcome: EpochOutcome): void {
    // If all its hosts are lost, the next one has begun already.
    if (this.#epoch !== epoch) return;
    this.#outcome = outcome;
    this.#epoch = null;
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
          running: this.#running(this.#hostOf[rank]!, rank),
        });
      else this.#recovery.tell({ type: 'failed', host: epoch.hosts[0]!, epoch: number, message: '' });
    }
    if (outcome.kind === 'interrupted') this.#recovery.tell({ type: 'interrupt' });
    for (const host of epoch.hosts) {
      if (outcome.kind !== 'done') this.#recovery.tell({ type: 'ended', host, epoch: number });
      else {
        const finished = outcomesOf(outcome).every((o) => !o.kernel?.interrupted);
        this.#recovery.tell({ type: 'outcome', host, epoch: number, finished });
      }
    }
  }

  /** What the ranks of a host, or one of them, last said to be running. */
  #running(host: number, only = -1): Running[] {
    const board = new ProgressBoard(this.#progress);
    return this.#hostOf.flatMap((h, rank) => {
      const running = h === host && (only < 0 || rank === only) ? board.runningOf(rank) : null;
      return running ? [{ rank, ...running }] : [];
    });
  }

  #release(host: number): void {
    const member = this.#setup.coordinator.members.get(host);
    if (member) void this.#setup.coordinator.release(member);
  }
}

function outcomesOf(outcome: EpochOutcome & { kind: 'done' }): RankOutcome[] {
  return outcome.results.map((r) => {
    if (!r.ok) throw new HaloweaveError('program', `rank ${r.rank} is not done`);
    return r.outcome;
  });
}

function refuseForeign(options: RunOptions): void {
  if (options.check)
    throw new HaloweaveError(
      'usage',
      'a run on several hosts cannot be checked: --check moves partitions between ranks that share memory; check it with --transport threads',
    );
  if (options.trace !== undefined)
    throw new HaloweaveError(
      'usage',
      'a run on several hosts cannot be traced yet: trace it with --transport threads',
    );
  if (options.checkpoint !== undefined || options.resume !== undefined)
    throw new HaloweaveError(
      'usage',
      'a run on several hosts cannot be saved and resumed yet: take --transport threads for --checkpoint and --resume',
    );
  if (options.apart) throw new HaloweaveError('usage', 'apart is for runs on threads');
}

function brought({ fields }: EpochOutcome & { kind: 'done' }, field: string): NdArray {
  if (fields) return fields.array(field);
  throw new HaloweaveError(
    'argument',
    `gather: field '${field}' was not kept when the run on workers ended: run with keep`,
  );
}
