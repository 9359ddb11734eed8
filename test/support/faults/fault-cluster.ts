import { existsSync, type FSWatcher, readFileSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { Cluster, type RunOptions, type RunResult } from 'haloweave';
import { ScratchFolder } from '../paths.js';
import { goOn, type Reached } from './fault-points.js';
import { Relay } from './relay.js';
import { describeFault, type Fault } from './schedule.js';
import { isAlive, type WorkerProcess, WorkerProcesses } from './worker-processes.js';

/** How long workers may take to be there between two runs, in ms: beyond that something hangs. */
const GATHERING = 40_000;

/** Relays that wait for workers: as many as may be started between two runs. */
const SPARE = 8;

/** What a run with faults gave. */
export interface FaultRun {
  result: RunResult;
  /** Faults that were done while it went on. */
  done: number;
  /** Connections that have been cut. */
  cut: number;
  log: string[];
}

/**
 * A cluster of real worker processes that one run after another is made on, with faults. Workers join the coordinator, which is
 * this process; for one that has been killed another is started at once, which joins when it does. What goes to and from the data
 * socket of a worker passes a relay of its own.
 */
export class FaultCluster implements AsyncDisposable {
  readonly #hosts: number;
  readonly #workers: WorkerProcesses;
  readonly #relays = new Map<number, Relay>();
  #spare: Relay[] = [];
  #cluster: Cluster | null = null;
  #endpoint = '';
  #living: WorkerProcess[] = [];
  #log: string[] = [];
  #start = performance.now();
  #losses = 0;
  #onLoss: (nth: number) => void = () => {};
  #stopped = new Set<number>();

  private constructor(hosts: number) {
    this.#hosts = hosts;
    this.#workers = new WorkerProcesses();
  }

  static async start(hosts: number): Promise<FaultCluster> {
    const made = new FaultCluster(hosts);
    try {
      await made.#makeRelays();
      made.#cluster = await Cluster.start({
        listen: 'tcp://127.0.0.1:0',
        ranks: hosts,
        onNotice: (text) => made.#notice(text),
      });
    } catch (error) {
      await made[Symbol.asyncDispose]();
      throw error;
    }
    return made;
  }

  /**
   * Runs a program with faults: `args.faults` is what tells it where. Resolves with the result when it has come to its end; rejects
   * with an error that has the fault log in its message.
   */
  async run(file: string, options: RunOptions, faults: readonly Fault[]): Promise<FaultRun> {
    await this.#gather();
    using folder = new ScratchFolder();
    this.#log = faults.map((f, k) => `fault ${k}: ${describeFault(f)}`);
    this.#start = performance.now();
    this.#losses = 0;
    const under = new RunUnderFaults(this, folder.path, faults);
    this.#onLoss = (nth) => under.lost(nth);
    try {
      const result = await this.#cluster!.run(file, {
        ...options,
        args: { ...options.args, faults: { folder: folder.path, points: under.points } },
        progressEvery: 10,
        onProgress: ({ cycle }) => under.progress(cycle),
      });
      return { result, done: under.done, cut: under.cut, log: this.#log };
    } catch (cause) {
      throw new Error(`${(cause as Error).message}\n${this.log}`, { cause });
    } finally {
      await under.over();
      this.#onLoss = () => {};
      this.#say('over');
    }
  }

  /** What has happened in the last run, for the message of a failing test. */
  get log(): string {
    return `${this.#log.join('\n')}\n${this.#workers.log.slice(-6000)}`;
  }

  /** The worker so many places after the one with this process number, among those that live. */
  victim(pid: number, places: number): WorkerProcess | undefined {
    const at = Math.max(
      0,
      this.#living.findIndex((w) => w.pid === pid),
    );
    return this.#living[(at + places) % this.#living.length];
  }

  /** Kills it and starts another one. False if it is gone already, or the last one that is there. */
  kill(worker: WorkerProcess, why: string): boolean {
    if (this.#living.length < 2 || !isAlive(worker.pid)) {
      this.#say(`${why}: left out, process ${worker.pid} is gone or the last`);
      return false;
    }
    process.kill(worker.pid, 'SIGKILL');
    this.#say(`${why}: killed process ${worker.pid}`);
    this.gone(worker.pid);
    return true;
  }

  /** A process has killed itself, or been killed. */
  gone(pid: number): void {
    this.#living = this.#living.filter((w) => w.pid !== pid);
    this.#fill();
  }

  async stop(worker: WorkerProcess, ms: number, why: string): Promise<void> {
    if (!isAlive(worker.pid)) return;
    this.#stopped.add(worker.pid);
    process.kill(worker.pid, 'SIGSTOP');
    this.#say(`${why}: stopped process ${worker.pid}`);
    await after(ms);
    this.#continue(worker.pid);
    this.#say(`${why}: continued process ${worker.pid}`);
  }

  /** Cuts the links of a worker, again and again. */
  async cut(worker: WorkerProcess, times: number, ms: number, why: string): Promise<number> {
    let cut = 0;
    const relay = this.#relays.get(worker.pid)!;
    for (let k = 0; k < times; k++) {
      if (k > 0) await after(ms);
      this.#say(`${why}: cut ${relay.open} connections of process ${worker.pid}`);
      cut += relay.open;
      relay.cut();
    }
    return cut;
  }

  say(text: string): void {
    this.#say(text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const pid of this.#stopped) this.#continue(pid);
    await this.#cluster?.close();
    await this.#workers[Symbol.asyncDispose]();
    await Promise.all([...this.#relays.values(), ...this.#spare].map((relay) => relay.close()));
  }

  #say(text: string): void {
    this.#log.push(`${(performance.now() - this.#start).toFixed(0)} ms: ${text}`);
  }

  #continue(pid: number): void {
    this.#stopped.delete(pid);
    if (isAlive(pid)) process.kill(pid, 'SIGCONT');
  }

  #notice(text: string): void {
    this.#say(text);
    const [, endpoint] = /--connect (\S+)$/.exec(text) ?? [];
    if (endpoint !== undefined) {
      this.#endpoint = endpoint;
      this.#fill();
    }
    if (/^host \d+, .* is gone: /.test(text)) this.#onLoss(++this.#losses);
  }

  #fill(): void {
    while (this.#living.length < this.#hosts) {
      const relay = this.#spare.pop();
      if (!relay) throw new Error(`more than ${SPARE} workers have been replaced in one run`);
      const worker = this.#workers.connect(this.#endpoint, 1, [], relay);
      this.#relays.set(worker.pid, relay);
      this.#living.push(worker);
    }
  }

  async #makeRelays(): Promise<void> {
    while (this.#spare.length < SPARE) this.#spare.push(await Relay.to(0, { at: '127.0.0.2' }));
  }

  /** Relays of workers that are gone. */
  async #closeRelays(): Promise<void> {
    for (const [pid, relay] of this.#relays)
      if (!this.#living.some((w) => w.pid === pid)) {
        this.#relays.delete(pid);
        await relay.close();
      }
  }

  /** Waits until as many workers are there as there should be, and no more. */
  async #gather(): Promise<void> {
    this.#log = [];
    await this.#makeRelays();
    this.#living = this.#living.filter((w) => w.process.child.exitCode === null && isAlive(w.pid));
    this.#fill();
    const limit = performance.now() + GATHERING;
    while (this.#cluster!.hosts.length !== this.#living.length) {
      if (performance.now() > limit)
        throw new Error(`${this.#cluster!.hosts.length} of ${this.#living.length} workers:\n${this.log}`);
      await after(5);
      // One that had been given up while it was stopped ends when it finds out.
      this.#living = this.#living.filter((w) => w.process.child.exitCode === null);
      this.#fill();
    }
    await this.#closeRelays();
    await this.#makeRelays();
  }
}

/** The faults of one run, done as it gets to where they are wanted. */
class RunUnderFaults {
  done = 0;
  cut = 0;
  readonly #host: FaultCluster;
  readonly #folder: string;
  readonly #faults: readonly Fault[];
  readonly #watcher: FSWatcher;
  readonly #seen = new Set<number>();
  readonly #under: Promise<void>[] = [];
  readonly #waits = new Set<{ cycle: number; resolve: () => void }>();
  #over = false;

  constructor(host: FaultCluster, folder: string, faults: readonly Fault[]) {
    this.#host = host;
    this.#folder = folder;
    this.#faults = faults;
    this.#watcher = watch(folder, () => this.#look());
  }

  get points() {
    return this.#faults.flatMap(({ when }) => (when.kind === 'point' ? [when.point] : []));
  }

  lost(nth: number): void {
    this.#faults.forEach((fault, id) => {
      if (fault.when.kind !== 'loss' || fault.when.nth !== nth || this.#seen.has(id)) return;
      this.#seen.add(id);
      this.#under.push(this.#do(id, fault, -1));
    });
  }

  progress(cycle: number): void {
    for (const wait of this.#waits)
      if (cycle >= wait.cycle) {
        this.#waits.delete(wait);
        wait.resolve();
      }
  }

  async over(): Promise<void> {
    this.#over = true;
    this.#watcher.close();
    this.progress(Number.POSITIVE_INFINITY);
    await Promise.all(this.#under);
  }

  #look(): void {
    if (this.#over) return;
    this.#faults.forEach((fault, id) => {
      const path = join(this.#folder, String(id));
      if (fault.when.kind !== 'point' || this.#seen.has(id) || !existsSync(path)) return;
      this.#seen.add(id);
      const reached = JSON.parse(readFileSync(path, 'utf8')) as Reached;
      this.#host.say(`fault ${id}: process ${reached.pid}, part ${reached.part}, cycle ${reached.cycle}`);
      if (fault.when.point.dies) {
        this.done++;
        this.#host.say(`fault ${id}: it kills itself`);
        this.#host.gone(reached.pid);
      } else this.#under.push(this.#atPoint(id, fault, reached));
    });
  }

  async #atPoint(id: number, fault: Fault, reached: Reached): Promise<void> {
    // What processes say they run is then not of an earlier cycle.
    const held = fault.when.kind === 'point' && fault.when.point.holds;
    if (held) await new Promise<void>((resolve) => this.#waits.add({ cycle: reached.cycle - 1, resolve }));
    await this.#do(id, fault, reached.pid);
    if (held && !this.#over) writeFileSync(goOn(this.#folder, id), '');
  }

  async #do(id: number, { when, what }: Fault, pid: number): Promise<void> {
    if (when.delay > 0) await after(when.delay);
    const victim = this.#host.victim(pid, what.victim);
    if (this.#over || !victim) return;
    if (what.kind === 'cut') this.cut += await this.#host.cut(victim, what.times, what.ms, `fault ${id}`);
    else if (what.kind === 'stop') await this.#host.stop(victim, what.ms, `fault ${id}`);
    else if (this.#host.kill(victim, `fault ${id}`)) this.done++;
  }
}
