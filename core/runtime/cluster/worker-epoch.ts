import { HaloweaveError } from '../../base/errors.js';
import { beginClose, Horizon, settleClose } from '../../kernels/horizon.js';
import { Heap } from '../../memory/heap.js';
import { ProgressBoard } from '../../observe/progress-board.js';
import { ThreadsControl } from '../../transport/threads/control.js';
import { cellsFor } from '../../transport/threads/layout.js';
import { calibrateSpins } from '../../transport/threads/spin.js';
import { LocalRanks } from '../local-ranks.js';
import type { RankResult } from '../rank-entry.js';
import { decodeArgs, outcomePieces, wireError } from './control-codec.js';
import type { ControlMessage, ControlOf } from './control-messages.js';
import type { EpochBridge, HostNetwork } from './network.js';

/** How often a host tells how far its ranks are, in ms: what a person can follow. */
const PROGRESS_EVERY = 200;

export interface WorkerEpochSetup {
  /** This host's number. */
  host: number;
  plan: ControlOf<'epoch'>;
  /** Path of the bundled module. */
  program: string;
  /** Null where all ranks of the epoch are here. */
  network: HostNetwork | null;
  send: (message: ControlMessage) => void;
  /** Another host (−1: this one) has made it impossible to go on. */
  onFault: (host: number, error: Error) => void;
}

/** What one host does for one epoch: it makes everything anew, and throws it away at the end. */
export class WorkerEpoch {
  readonly number: number;
  readonly #send: (message: ControlMessage) => void;
  readonly #control: ThreadsControl;
  readonly #heap = Heap.create();
  readonly #horizon: Int32Array;
  readonly #progress: SharedArrayBuffer;
  readonly #ranks: LocalRanks;
  readonly #own: number[];
  readonly #bridge: EpochBridge | null;
  readonly #size: number;
  #reporting: NodeJS.Timeout | null = null;
  #ended: Promise<void> | null = null;
  #running: Promise<void> | null = null;

  constructor({ host, plan, program, network, send, onFault }: WorkerEpochSetup) {
    const { epoch, hostOf } = plan;
    this.number = epoch;
    this.#send = send;
    this.#size = hostOf.length;
    this.#own = hostOf.flatMap((h, rank) => (h === host ? [rank] : []));
    const apart = hostOf.some((h) => h !== host);
    if (apart && !network)
      throw new HaloweaveError('usage', 'ranks on several hosts need a network, and this host has none');
    const placement = apart ? { hostOf: Int32Array.from(hostOf), host } : null;
    this.#control = new ThreadsControl(
      this.#size,
      apart ? cellsFor(this.#size) : undefined,
      placement,
      epoch,
    );
    this.#horizon = new Int32Array(new SharedArrayBuffer(Horizon.bytes(this.#size)));
    this.#progress = new SharedArrayBuffer(ProgressBoard.bytes(this.#size));
    this.#bridge = apart && network ? network.bridge(this.#control, this.#heap, onFault) : null;
    this.#ranks = new LocalRanks({
      ranks: this.#own,
      control: this.#control,
      heap: this.#heap,
      // A host's main thread needs a core of its own to pass on what its ranks send.
      spins: calibrateSpins(apart ? this.#own.length + 2 : this.#own.length),
      plan: {
        file: plan.file,
        program,
        args: decodeArgs(plan.args),
        options: plan.options,
        hostOf: placement?.hostOf ?? null,
        horizon: this.#horizon.buffer as SharedArrayBuffer,
        progress: this.#progress,
        checkpoint: null,
        saved: null,
        trace: null,
      },
      placement,
      output: plan.output,
      tagOutput: false,
      onPrinted: (rank, descriptor, bytes) => send({ type: 'printed', epoch, rank, descriptor, bytes }),
      onNames: (names) => send({ type: 'names', epoch, names }),
      onBegun: (rank) => send({ type: 'begun', epoch, rank }),
      onFailed: (rank, error) => send({ type: 'failed', epoch, rank, error: wireError(error) }),
    });
  }

  /** All hosts are ready: the ranks begin. */
  begin(): void {
    if (this.#running || this.#ended) return;
    this.#reporting = setInterval(() => this.#report(), PROGRESS_EVERY);
    this.#running = this.#ranks.run().then((results) => this.#finish(results));
  }

  #finish(results: RankResult[]): void {
    this.#report();
    for (const result of results) for (const piece of outcomePieces(this.number, result)) this.#send(piece);
  }

  #report(): void {
    const board = new Uint8Array(new Uint8Array(this.#progress));
    this.#send({ type: 'progress', epoch: this.number, board });
  }

  /** The coordinator has shown so many of the bytes that ranks have printed. */
  shown(bytes: number): void {
    this.#ranks.shown(bytes);
  }

  abort(culprit: number): void {
    this.#ranks.abort(culprit);
  }

  look(round: number): void {
    const readings = this.#ranks.look();
    const { sent, received, waiting } = this.#bridge?.counts() ?? { sent: 0, received: 0, waiting: 0 };
    this.#send({
      type: 'reading',
      epoch: this.number,
      round,
      ranks: readings?.map((r, k) => ({ ...r, held: { ...r.held }, rank: this.#own[k]! })) ?? null,
      sent,
      received,
      waiting,
    });
  }

  /** First round: no rank starts another cycle before the second. */
  close(): void {
    const cycles = beginClose(this.#horizon, this.#size);
    this.#send({ type: 'closing', epoch: this.number, cycles });
  }

  closed(cycles: number): void {
    settleClose(this.#horizon, cycles);
    this.#control.wakeAll();
  }

  /** Ends the threads, whatever they do, and gives everything back. Resolves when they are gone. */
  end(): Promise<void> {
    this.#ended ??= this.#end();
    return this.#ended;
  }

  async #end(): Promise<void> {
    await this.#ranks.end();
    await this.#running;
    if (this.#reporting) clearInterval(this.#reporting);
    this.#bridge?.close();
    this.#heap.close();
  }
}
