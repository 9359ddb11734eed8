import { HaloweaveError } from '../../base/errors.js';
import type { NdArray } from '../../memory/ndarray.js';
import { ProgressBoard } from '../../observe/progress-board.js';
import type { ProgramBundle } from '../bundle.js';
import { kernelOptions } from '../plan.js';
import type { RankOutcome } from '../rank.js';
import { interruptedError, RunError, type RunOptions, type RunResult } from '../run-options.js';
import { summarise } from '../summarise.js';
import { Watch } from '../watch.js';
import { encodeArgs } from './control-codec.js';
import type { ControlMessage } from './control-messages.js';
import type { Coordinator } from './coordinator.js';
import { CoordinatorEpoch, type EpochOutcome } from './coordinator-epoch.js';
import { dealRanks } from './deal.js';
import type { Member } from './member.js';
import { Printer } from './printer.js';
import { ranksOn } from './slots.js';

export interface ClusterRunSetup {
  coordinator: Coordinator;
  bundle: () => Promise<ProgramBundle>;
  file: string;
  options: RunOptions;
  /** Ranks, unless the options say how many. */
  ranks: number | undefined;
  oversubscribe: boolean;
  /** A number that no epoch of this cluster has had. */
  nextEpoch: () => number;
}

/** One run on a cluster: epochs, one after another, until the program has come to its end. */
export class ClusterRun {
  readonly #setup: ClusterRunSetup;
  #epoch: CoordinatorEpoch | null = null;
  #interrupted = false;

  constructor(setup: ClusterRunSetup) {
    this.#setup = setup;
  }

  take(member: Member, message: ControlMessage): void {
    this.#epoch?.take(member, message);
  }

  /** A host is gone: the epoch ends on the others. */
  lost(host: number, reason: string): void {
    this.#epoch?.lost(host, reason);
  }

  async run(): Promise<RunResult> {
    const { coordinator, options, file, oversubscribe } = this.#setup;
    refuseForeign(options);
    const bundle = await this.#setup.bundle();
    const offers = coordinator.offers;
    const asked = options.ranks ?? this.#setup.ranks;
    const ranks = ranksOn(offers, asked, oversubscribe);
    const hostOf = dealRanks(offers, ranks, oversubscribe);
    const progress = new SharedArrayBuffer(ProgressBoard.bytes(ranks));
    const watch = new Watch(progress, ranks, options);
    const interrupt = (): void => {
      this.#interrupted = true;
      this.#epoch?.interrupt();
    };
    options.signal?.addEventListener('abort', interrupt, { once: true });
    let outcome: EpochOutcome;
    const names = new Map(offers.map((o) => [o.host, o.name]));
    try {
      if (options.signal?.aborted) interrupt();
      outcome = await this.#runEpoch(hostOf, bundle, progress, watch);
    } finally {
      options.signal?.removeEventListener('abort', interrupt);
      watch.stop();
    }
    if (outcome.kind === 'lost') {
      const had = hostOf.flatMap((h, rank) => (h === outcome.host ? [rank] : []));
      throw new HaloweaveError(
        'lost',
        `host ${outcome.host}, ${names.get(outcome.host)}, is lost with rank${had.length === 1 ? '' : 's'} ${had.join(', ')}: ${outcome.reason}`,
      );
    }
    if (outcome.kind === 'interrupted') throw new RunError(-1, interruptedError(), watch.read());
    if (outcome.kind === 'failed') throw new RunError(outcome.rank, outcome.error, watch.read());
    watch.last();
    const outcomes: RankOutcome[] = outcome.results.map((r) => {
      if (!r.ok) throw new HaloweaveError('program', `rank ${r.rank} is not done`);
      return r.outcome;
    });
    const choice = { ranks, source: asked === undefined ? 'slots of the workers' : '-n' };
    const result = summarise(file, 'zeromq', choice, outcomes, notBroughtHome);
    result.hosts = [...new Set(hostOf)].map((host) => ({
      host,
      name: names.get(host)!,
      ranks: hostOf.filter((h) => h === host).length,
    }));
    return result;
  }

  async #runEpoch(
    hostOf: number[],
    bundle: ProgramBundle,
    progress: SharedArrayBuffer,
    watch: Watch,
  ): Promise<EpochOutcome> {
    const { coordinator, options } = this.#setup;
    const hosts = [...new Set(hostOf)];
    const members = new Map(hosts.map((h) => [h, coordinator.members.get(h)!]));
    await Promise.all([...members.values()].map((m) => m.provide(bundle)));
    const epoch = new CoordinatorEpoch({
      number: this.#setup.nextEpoch(),
      hostOf,
      members,
      addresses: coordinator.addresses(hosts),
      plan: {
        sha256: bundle.sha256,
        file: bundle.file,
        args: encodeArgs(options.args ?? {}),
        options: kernelOptions(options, hostOf.length, 'plain'),
        output: options.output ?? 1,
        tagOutput: options.tagOutput ?? false,
      },
      progress,
      printer: new Printer(options.tagOutput ?? false),
      onNames: watch.onNames,
    });
    this.#epoch = epoch;
    epoch.start();
    if (this.#interrupted) epoch.interrupt();
    return epoch.over;
  }
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
  if (options.save !== undefined)
    throw new HaloweaveError(
      'usage',
      'the state of a run on several hosts cannot be written by --save yet: take --transport threads',
    );
  if (options.apart) throw new HaloweaveError('usage', 'apart is for runs on threads');
}

function notBroughtHome(_: unknown, field: string): NdArray {
  throw new HaloweaveError('argument', `field '${field}' is on the workers`);
}
