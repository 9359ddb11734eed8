import { Cluster, type RunOptions, type RunResult } from 'haloweave';
import { Relay } from './relay.js';
import { watchSent } from './sent.js';
import { isAlive, type WorkerProcess, WorkerProcesses } from './worker-processes.js';

interface Mate {
  worker: WorkerProcess;
  relay: Relay | null;
}

/**
 * A cluster that listens, and worker processes of one rank each that join it: for several runs that each kill some, whose places
 * are taken before the next. Hosts are named by their numbers in the cluster.
 */
export class Crew implements AsyncDisposable {
  readonly notices: string[] = [];
  readonly #relayed: boolean;
  readonly #workers = new WorkerProcesses();
  readonly #mates = new Map<number, Mate>();
  readonly #looking = new Set<() => void>();
  #cluster: Cluster | null = null;
  #watching: Disposable | null = null;

  private constructor(relayed: boolean) {
    this.#relayed = relayed;
  }

  /** `relayed`: what goes to and from a worker's data socket passes a relay of its own. */
  static async start({ relayed = false } = {}): Promise<Crew> {
    const crew = new Crew(relayed);
    const seen = (text: string): void => {
      crew.notices.push(text);
      for (const look of crew.#looking) look();
    };
    let last = '';
    crew.#watching = await watchSent((_, message) => {
      if (message.type !== 'commit') return;
      // Each host is told.
      const text = `the copies after ${message.cycles} cycles of epoch ${message.epoch} are whole`;
      if (text !== last) seen(text);
      last = text;
    });
    crew.#cluster = await Cluster.start({
      listen: 'tcp://127.0.0.1:0',
      ranks: 0,
      onNotice: seen,
    });
    return crew;
  }

  /** What has happened, for the message of a failing test. */
  get log(): string {
    return `${this.notices.join('\n')}\n${this.#workers.log.slice(-6000)}`;
  }

  /** Numbers of the hosts that are there. */
  get hosts(): number[] {
    return this.#cluster!.hosts.map((h) => h.host);
  }

  /** Makes it so many workers that live and have joined; their numbers. */
  async fill(workers: number): Promise<number[]> {
    await this.#until(() => this.hosts.every((h) => isAlive(this.#mates.get(h)!.worker.pid)));
    await Promise.all(Array.from({ length: workers - this.hosts.length }, () => this.join()));
    this.notices.length = 0;
    return this.hosts;
  }

  /** Starts a worker; its number when it has joined. */
  async join(): Promise<number> {
    const relay = this.#relayed ? await Relay.to(0, { at: '127.0.0.2' }) : null;
    const worker = this.#workers.connect(this.#cluster!.endpoint!, 1, [], relay);
    let host: number | undefined;
    const found = (): boolean => {
      host = this.#cluster!.hosts.find((h) => h.name.includes(`(process ${worker.pid})`))?.host;
      return host !== undefined;
    };
    const ended = worker.process.ended.then(() => {
      if (host === undefined) throw new Error(`worker ${worker.pid} did not join:\n${this.log}`);
    });
    await Promise.race([this.#until(found), ended]);
    this.#mates.set(host!, { worker, relay });
    return host!;
  }

  kill(host: number): void {
    this.notices.push(`— host ${host} is killed —`);
    process.kill(this.#mates.get(host)!.worker.pid, 'SIGKILL');
  }

  /** Before the data sockets of a host. */
  relay(host: number): Relay {
    return this.#mates.get(host)!.relay!;
  }

  run(file: string, options: RunOptions): Promise<RunResult> {
    return this.#cluster!.run(file, { onWarning: (text) => this.notices.push(text), ...options });
  }

  /** Calls back, once, in the very moment in which a notice comes that matches, or one that has come since `fill`. */
  on(pattern: RegExp, act: () => void, from = 0): void {
    const look = (): void => {
      if (!this.notices.slice(from).some((text) => pattern.test(text))) return;
      this.#looking.delete(look);
      act();
    };
    this.#looking.add(look);
    look();
  }

  /** As `on`, but only for notices that come from now on. */
  onNext(pattern: RegExp, act: () => void): void {
    this.on(pattern, act, this.notices.length);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#cluster?.close();
    this.#watching?.[Symbol.dispose]();
    await this.#workers[Symbol.asyncDispose]();
    await Promise.all([...this.#mates.values()].map((m) => m.relay?.close()));
  }

  /** Resolves when it holds; looks whenever there is a notice. */
  #until(holds: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!holds()) return;
        this.#looking.delete(look);
        resolve();
      };
      this.#looking.add(look);
      look();
    });
  }
}
