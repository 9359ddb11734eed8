import { fileURLToPath } from 'node:url';
import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { Piscina } from 'piscina';
import type { Heap } from '../memory/heap.js';
import type { RankReading, ThreadsControl } from '../transport/threads/control.js';
import type { Placement } from '../transport/threads/layout.js';
import type { CheckpointNotice } from '../wire/checkpoint-notices.js';
import { type RankNotice, type SerialisedError, serialiseError } from '../wire/host-messages.js';
import type { RunPlan } from './rank.js';
import type { RankResult, RankTask } from './rank-entry.js';

/** After one rank has failed, how long the others may compute before their threads are ended, in ms. */
const FAILURE_GRACE = 1000;

export interface LocalRanksSetup {
  /** The ranks that this host has, ascending. */
  ranks: readonly number[];
  /** Mailboxes of all ranks of the run; its `ranks` is the size of the run. */
  control: ThreadsControl;
  heap: Heap;
  /** Where all ranks of the run are; null if they are all here. */
  placement?: Placement | null;
  /** How often a rank looks before it sleeps. */
  spins: number;
  plan: RunPlan;
  output: 1 | 2;
  tagOutput: boolean;
  /** What the ranks print goes there, piece by piece, in the order of each rank; without it, to the descriptors of this process. */
  onPrinted?: (rank: number, descriptor: 1 | 2, bytes: Uint8Array) => void;
  onNames: (names: string[]) => void;
  /** A rank has saved its parts. */
  onCheckpoint?: (notice: CheckpointNotice) => void;
  /** A rank begins the program: all ranks of the run have loaded it. */
  onBegun: (rank: number) => void;
  /** A rank has failed by itself, not because the run had ended; the run then ends on the ranks of this host. */
  onFailed: (rank: number, error: SerialisedError) => void;
}

/**
 * The rank threads of one host for one epoch. The calling thread starts and ends them and never blocks.
 * One failed or dead rank ends all of them: blocked calls throw, threads that compute on are ended.
 */
export class LocalRanks {
  readonly #setup: LocalRanksSetup;
  readonly #pool: Piscina<RankTask, RankResult>;
  readonly #failures = new Map<number, SerialisedError>();
  readonly #printed: Int32Array | null;
  #grace: NodeJS.Timeout | null = null;
  #ended: Promise<void> | null = null;

  constructor(setup: LocalRanksSetup) {
    this.#setup = setup;
    this.#printed = setup.onPrinted ? new Int32Array(new SharedArrayBuffer(4)) : null;
    // No threads before they are needed: with a minimum, ending the pool would start new ones.
    this.#pool = new Piscina<RankTask, RankResult>({
      filename: fileURLToPath(new URL('./rank-entry.js', import.meta.url)),
      minThreads: 0,
      maxThreads: setup.ranks.length,
      concurrentTasksPerWorker: 1,
      idleTimeout: Number.POSITIVE_INFINITY,
      execArgv: ['--enable-source-maps'],
      recordTiming: false,
    });
  }

  /** Runs the program on every rank and gives how each ended, in the order of `ranks`. Never rejects. */
  run(): Promise<RankResult[]> {
    return Promise.all(this.#setup.ranks.map((rank) => this.#start(rank)));
  }

  /** Ranks that have failed by themselves, in order of time. */
  get failures(): ReadonlyMap<number, SerialisedError> {
    return this.#failures;
  }

  get ending(): boolean {
    return this.#ended !== null;
  }

  /** What the ranks say they wait for, in the order of `ranks`; null as soon as one is seen to do something. */
  look(): RankReading[] | null {
    const { control, ranks } = this.#setup;
    return control.mayBeStuck(ranks) ? ranks.map((rank) => control.lookAt(rank)) : null;
  }

  /** So many of the bytes that `onPrinted` was given have been shown: as many may follow. */
  shown(bytes: number): void {
    if (!this.#printed) return;
    Atomics.sub(this.#printed, 0, bytes);
    Atomics.notify(this.#printed, 0);
  }

  /**
   * Ends the run on these ranks: calls that block throw, and threads that compute on are ended after a while.
   * `culprit` is the rank that is to blame, −1 if none.
   */
  abort(culprit: number): void {
    this.#setup.control.abort(culprit);
    if (!this.#ended) this.#grace ??= setTimeout(() => void this.end(), FAILURE_GRACE);
  }

  /** Ends the threads, whatever they do. Resolves when they are gone. */
  end(): Promise<void> {
    if (this.#grace) clearTimeout(this.#grace);
    this.#ended ??= this.#pool.destroy();
    return this.#ended;
  }

  async #start(rank: number): Promise<RankResult> {
    const { control, heap, placement = null, plan, output, tagOutput, spins } = this.#setup;
    const { port1, port2 } = new MessageChannel();
    port1.on('message', (notice: RankNotice) => this.#noticed(rank, notice));
    const task: RankTask = {
      rank,
      ranks: control.ranks,
      cells: control.cells,
      spins,
      control: control.buffer,
      heap: heap.handle(),
      placement,
      plan,
      output,
      tagOutput,
      printed: this.#printed ? (this.#printed.buffer as SharedArrayBuffer) : null,
      notices: port2,
    };
    try {
      return await this.#pool.run(task, { transferList: [port2] });
    } catch (cause) {
      // The thread is gone (out of memory, process.exit in user code) or was ended here.
      const error = serialiseError(cause);
      error.message = `the thread of rank ${rank} ended before its work was done: ${error.message}`;
      // The frames of a promise that was rejected and not heeded are the user's, and so is the failure; a dead
      // thread has none, and its work is lost.
      const died = /worker exited with code|reaching memory limit/i.test(error.message);
      const frames = died ? [] : error.stack.split('\n').filter((line) => /^ +at /.test(line));
      if (died) error.code = 'lost';
      error.stack = [error.message, ...frames].join('\n');
      error.aborted = this.ending;
      this.#fail(rank, error);
      return { ok: false, rank, error };
    } finally {
      this.#drain(rank, port1);
    }
  }

  /** What a thread said last may come after its result: they take different ports. */
  #drain(rank: number, port: MessagePort): void {
    for (let left = receiveMessageOnPort(port); left; left = receiveMessageOnPort(port))
      this.#noticed(rank, left.message as RankNotice);
    port.close();
  }

  #noticed(rank: number, notice: RankNotice): void {
    if (notice.type === 'failed') this.#fail(rank, notice.error);
    else if (notice.type === 'begun') this.#setup.onBegun(rank);
    else if (notice.type === 'printed') this.#setup.onPrinted?.(rank, notice.descriptor, notice.bytes);
    else if (notice.type === 'measure-names') this.#setup.onNames(notice.names);
    else this.#setup.onCheckpoint?.(notice);
  }

  #fail(rank: number, error: SerialisedError): void {
    const own = !error.aborted && !this.ending && !this.#failures.has(rank);
    if (own) this.#failures.set(rank, error);
    this.abort(rank);
    if (own) this.#setup.onFailed(rank, error);
  }
}
