import { HaloweaveError } from '../../base/errors.js';
import { Freight } from '../../transport/zeromq/mesh.js';
import type { OnRefusal } from '../../transport/zeromq/refusal.js';
import { bundleProgram } from '../bundle.js';
import type { HostSummary, RunOptions, RunResult } from '../run-options.js';
import type { ClusterOptions } from './cluster.js';
import { ClusterRun } from './cluster-run.js';
import { type ClusterSecurity, openClusterSecurity } from './cluster-security.js';
import { Coordinator } from './coordinator.js';
import { endpointOf } from './endpoints.js';
import { type HostSpec, parseHosts, readHostfile } from './hostfile.js';
import { sayRefusals } from './log-refusals.js';
import type { Member } from './member.js';
import { openNetwork } from './network.js';
import { hasRoom, ranksOn, tooFew } from './slots.js';

/** How long a worker that has been named may take to answer, in ms, unless told otherwise: a machine that is starting one. */
const PATIENCE = 10_000;

/** What a `Cluster` does, loaded once there is one. */
export class OpenCluster {
  readonly #options: ClusterOptions;
  readonly #coordinator: Coordinator;
  readonly #say: (text: string) => void;
  #run: ClusterRun | null = null;
  #nextEpoch = 1;
  #onJoined: () => void = () => {};
  #closed = false;

  private constructor(
    options: ClusterOptions,
    say: (text: string) => void,
    hosts: readonly HostSpec[],
    secured: ClusterSecurity,
    onRefusal: OnRefusal,
    listen: string | null,
  ) {
    this.#options = options;
    this.#say = say;
    this.#coordinator = new Coordinator(
      {
        hosts,
        listen,
        patience: options.patience ?? PATIENCE,
        secured,
        onRefusal,
        // Workers do not connect to host 0, it connects to them: nobody else has to reach its data socket.
        network: (onBroken, onFreight) =>
          openNetwork({ host: 0, security: secured.data, admit: secured.admit }, onBroken, onFreight),
        say: this.#say,
      },
      {
        joined: (member) => {
          // Those that have been named are expected, and an error if they do not come.
          if (options.listen !== undefined)
            say(`host ${member.host}, ${member.name}, has joined with ${ranksText(member.slots)}`);
          this.#run?.joined(member);
          this.#onJoined();
        },
        lost: (member, reason) => this.#lost(member, reason),
        leave: (member) => void this.#leave(member),
        message: (member, message) => this.#run?.take(member, message),
        freight: (host, freight, epoch, frames) => {
          if (freight === Freight.field) this.#field(host, epoch, frames);
          else this.#run?.freight(host, freight, epoch, frames);
        },
      },
    );
  }

  static async start(options: ClusterOptions): Promise<OpenCluster> {
    const say = options.onNotice ?? ((text: string) => void process.stderr.write(`haloweave: ${text}\n`));
    const hosts = hostsOf(options);
    const at = options.listen === undefined ? null : endpointOf(options.listen, '--listen');
    const onRefusal = sayRefusals(say);
    const secured = await openClusterSecurity(options.keys ?? null, onRefusal);
    let listen: string | null;
    try {
      listen = at === null ? null : await secured.toBind(at);
    } catch (error) {
      await secured.close();
      throw error;
    }
    const cluster = new OpenCluster(options, say, hosts, secured, onRefusal, listen);
    try {
      await cluster.#start();
      return cluster;
    } catch (error) {
      await cluster.close();
      throw error;
    }
  }

  get hosts(): HostSummary[] {
    return this.#coordinator.offers.map(({ host, name, slots }) => ({ host, name, ranks: slots }));
  }

  get endpoint(): string | null {
    return this.#coordinator.endpoint;
  }

  async run(file: string, options: RunOptions = {}): Promise<RunResult> {
    if (this.#closed) throw new HaloweaveError('usage', 'this cluster has been closed');
    if (this.#run)
      throw new HaloweaveError('usage', 'this cluster is running a program: runs are one after another');
    const run = new ClusterRun({
      coordinator: this.#coordinator,
      bundle: () => bundleProgram(file),
      file,
      options,
      // 0 says not to wait, not that a run has none.
      ranks: this.#options.ranks || undefined,
      oversubscribe: this.#options.oversubscribe ?? false,
      firstEpoch: this.#nextEpoch,
      say: this.#say,
    });
    this.#run = run;
    try {
      return await run.run();
    } finally {
      this.#nextEpoch = run.nextEpoch;
      this.#run = null;
      for (const member of this.#coordinator.members.values()) if (member.leaving) void this.#leave(member);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#coordinator.close('the coordinator is done');
  }

  async #start(): Promise<void> {
    const { listen, ranks = 1, oversubscribe = false, signal } = this.#options;
    await unlessAborted(this.#coordinator.start(), signal);
    if (listen === undefined) {
      ranksOn(this.#coordinator.offers, ranks, oversubscribe);
      return;
    }
    this.#say(`workers may join with haloweave worker --connect ${this.endpoint}`);
    if (ranks === 0) return;
    const enough = new Promise<void>((resolve) => {
      this.#onJoined = () => {
        const { offers } = this.#coordinator;
        if (hasRoom(offers, ranks, oversubscribe)) resolve();
        else this.#say(`waiting for workers: ${tooFew(offers, ranks)}`);
      };
      this.#onJoined();
    });
    await unlessAborted(enough, signal);
    this.#onJoined = () => {};
  }

  #field(host: number, epoch: number, frames: Uint8Array[]): void {
    const refusal = this.#run?.takeField(host, epoch, frames) ?? null;
    if (refusal !== null) this.#coordinator.refuse(host, refusal);
  }

  #lost(member: Member, reason: string): void {
    if (this.#run) this.#run.lost(member.host, reason);
    this.#say(`host ${member.host}, ${member.name}, is gone: ${reason}`);
  }

  async #leave(member: Member): Promise<void> {
    if (this.#run) this.#run.leave(member);
    else await this.#coordinator.release(member);
  }
}

function hostsOf({ hosts = [], hostfile, listen }: ClusterOptions): HostSpec[] {
  const specs = [...parseHosts(hosts), ...(hostfile === undefined ? [] : readHostfile(hostfile))];
  if (specs.length === 0 && listen === undefined)
    throw new HaloweaveError('usage', 'a cluster needs workers: name hosts, or listen for workers to join');
  return specs;
}

const ranksText = (n: number): string => `${n} rank${n === 1 ? '' : 's'}`;

/** What is waited for, or an error 'aborted' if the signal comes first. */
async function unlessAborted(waited: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (!signal) return waited;
  let give: () => void = () => {};
  const aborted = new Promise<never>((_, reject) => {
    give = () => reject(new HaloweaveError('aborted', 'interrupted while waiting for workers'));
  });
  signal.addEventListener('abort', give, { once: true });
  if (signal.aborted) give();
  try {
    await Promise.race([waited, aborted]);
  } finally {
    signal.removeEventListener('abort', give);
  }
}
