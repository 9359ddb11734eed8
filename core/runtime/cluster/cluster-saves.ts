import { dirname, resolve } from 'node:path';
import { HaloweaveError } from '../../base/errors.js';
import type { KernelOptions } from '../../kernels/program.js';
import type { Freight, Mesh } from '../../transport/zeromq/mesh.js';
import { checkpointsAsked } from '../checkpoint/checkpoints.js';
import { verifyCheckpoint } from '../checkpoint/file.js';
import { checkpointName, journalPath, prepareCheckpoints } from '../checkpoint/folder.js';
import { Journal } from '../checkpoint/journal.js';
import { newestCheckpoint } from '../checkpoint/newest.js';
import { manifestOf, type ResumedRun, type RunIdentity, resumeFrom } from '../checkpoint/resume.js';
import { SavedFile } from '../checkpoint/saved-file.js';
import { type CheckpointSummary, CheckpointWriter } from '../checkpoint/writer.js';
import type { RunOptions } from '../run-options.js';
import { encodeParts } from './control-codec.js';
import type { ControlMessage, WireBase } from './control-messages.js';
import { DiskPieces } from './disk-pieces.js';
import type { Start } from './membership-types.js';

/** What ranks of an epoch are told about saved states. */
export interface EpochSaves {
  memoryEvery: number | null;
  diskEvery: number | null;
  base: WireBase | null;
  delivered: number;
}

/** The coordinator's side of saved states: what is on disk, what has been delivered, and what an epoch goes on from. */
export class ClusterSaves {
  readonly resumed: ResumedRun | null;
  readonly #options: RunOptions;
  readonly #asked: { folder: string; every: number } | null;
  readonly #warn: (message: string) => void;
  readonly #written: (cycles: number) => void;
  readonly #pieces: DiskPieces;
  readonly #leftOut = new Set<number>();
  #writer: CheckpointWriter | null = null;
  #journal: Journal | null = null;
  #saved: SavedFile | null = null;
  #epoch = 0;
  #delivered = 0;
  /** What is resumed from has just been found to be whole. */
  #fresh = true;

  private constructor(
    options: RunOptions,
    asked: { folder: string; every: number } | null,
    resumed: ResumedRun | null,
    mesh: Pick<Mesh, 'send' | 'refuse'>,
    warn: (message: string) => void,
    written: (cycles: number) => void,
  ) {
    this.#options = options;
    this.#asked = asked;
    this.resumed = resumed;
    this.#warn = warn;
    this.#written = written;
    this.#delivered = resumed?.saved.delivered ?? 0;
    this.#pieces = new DiskPieces(mesh, (generation) => void this.#writer?.offer(generation));
    this.#pieces.onUnreadable = (error) =>
      warn(`the checkpoint that the run goes on from cannot be read any more: ${error.message}`);
  }

  /** Refuses what makes no sense, and finds what to resume from. `written`: told the cycles of each checkpoint that is on disk. */
  static async open(
    options: RunOptions,
    identity: RunIdentity,
    mesh: Pick<Mesh, 'send' | 'refuse'>,
    warn: (message: string) => void,
    written: (cycles: number) => void,
  ): Promise<ClusterSaves> {
    const asked = checkpointsAsked(options);
    const { buddy } = options;
    if (buddy !== undefined && !(Number.isSafeInteger(buddy) && buddy >= 1))
      throw new HaloweaveError('usage', `--buddy ${buddy}: use a whole number of cycles of 1 or more`);
    const resumed =
      options.resume === undefined
        ? null
        : await resumeFrom(options.resume, identity, options.forceResume === true, warn);
    return new ClusterSaves(options, asked, resumed, mesh, warn, written);
  }

  /** What is run is known now: makes the folder ready. */
  prepare(identity: RunIdentity, kernel: KernelOptions, args: Readonly<Record<string, unknown>>): void {
    const { resumed } = this;
    if (!this.#asked) return;
    const { folder } = this.#asked;
    const here = resumed && dirname(resumed.saved.path) === resolve(folder) ? resumed.saved.cycles : null;
    prepareCheckpoints(folder, here !== null);
    const manifest = manifestOf(identity, kernel.parts, args, kernel.cycles);
    this.#writer = new CheckpointWriter(folder, manifest, here, this.#warn, this.#written);
    this.#journal = new Journal(journalPath(folder));
  }

  /** An epoch is about to begin on these hosts. Null if another one has begun before this one was ready. */
  async begin(epoch: number, hosts: readonly number[], start: Start): Promise<EpochSaves | null> {
    this.#epoch = epoch;
    this.#pieces.begin(epoch, hosts);
    const before = this.#saved;
    this.#saved = null;
    await before?.close();
    const saved = start.from === 'disk' ? await this.#onDisk(start.cycles) : null;
    if (this.#epoch !== epoch) {
      await saved?.close();
      return null;
    }
    this.#saved = saved;
    this.#pieces.answerFrom(saved);
    return {
      memoryEvery: this.#options.buddy ?? null,
      diskEvery: this.#asked?.every ?? null,
      base: this.#base(start),
      delivered: this.#delivered,
    };
  }

  freight(host: number, freight: Freight, epoch: number, frames: readonly Uint8Array[]): void {
    this.#pieces.take(host, freight, epoch, frames);
  }

  /** Takes what a host says about what it saves. */
  told(host: number, message: ControlMessage): void {
    if (!('epoch' in message) || message.epoch !== this.#epoch) return;
    if (message.type === 'delivered') {
      this.#delivered = Math.max(this.#delivered, message.state);
      this.#journal?.note(this.#delivered);
    } else if (message.type === 'saving') this.#pieces.saving(host, message.cycles);
    else if (message.type === 'kept' && message.holder === 0) this.#pieces.here(host, message.cycles);
    else if (message.type === 'partless') this.#pieces.without(host);
    else if (message.type === 'left-out') this.#leaveOut(message.cycles);
  }

  lost(host: number): void {
    this.#pieces.lost(host);
  }

  /** Waits until what has been saved is on disk. Null without a folder. */
  async finish(whole: boolean): Promise<CheckpointSummary | null> {
    if (this.#writer && whole) await this.#pieces.settle();
    await this.#writer?.settle();
    await this.#saved?.close();
    this.#saved = null;
    this.#journal?.close();
    this.#journal = null;
    const summary = this.#writer?.summary;
    return summary ? { ...summary, skipped: summary.skipped + this.#leftOut.size } : null;
  }

  /** Where to go on from after a loss that the run does not go on from, as a clause. */
  advice(summary: CheckpointSummary | null): string {
    const { resume, checkpoint } = this.#options;
    if (summary?.last != null)
      return `${checkpointName(summary.last)} is whole: go on from it with --resume ${this.#asked!.folder}`;
    if (resume !== undefined) return `go on from the checkpoint that this run began with: --resume ${resume}`;
    return checkpoint === undefined
      ? 'there is no checkpoint on disk to resume from: --checkpoint DIR --every CYCLES would write some'
      : `no checkpoint had been written to ${checkpoint} yet`;
  }

  #leaveOut(cycles: number): void {
    this.#pieces.forget(cycles);
    if (this.#asked && cycles % this.#asked.every === 0) this.#leftOut.add(cycles);
  }

  #base(start: Start): WireBase | null {
    if (start.from === 'memory') {
      const sets = start.sets.map((s) => ({ parts: encodeParts(s.parts), holders: [...s.holders] }));
      return { epoch: start.epoch, cycles: start.cycles, sets };
    }
    return this.#saved && { epoch: 0, cycles: this.#saved.cycles, sets: [] };
  }

  /** The newest file that is whole; null if what was on disk has been damaged since: the run then begins again. */
  async #onDisk(cycles: number): Promise<SavedFile | null> {
    const { resumed } = this;
    const fresh = this.#fresh;
    this.#fresh = false;
    if (fresh && resumed) return new SavedFile(resumed.saved);
    try {
      const found =
        this.#writer && this.#writer.summary.last !== null
          ? await newestCheckpoint(this.#asked!.folder, this.#warn)
          : await verifyCheckpoint(resumed!.saved.path);
      const { path, manifest } = found;
      return new SavedFile({ path, cycles: manifest.cycles, delivered: this.#delivered });
    } catch (error) {
      if (!(error instanceof HaloweaveError)) throw error;
      this.#warn(
        `the checkpoint after ${cycles} cycles is of no use any more: ${error.message}; beginning again`,
      );
      return null;
    }
  }
}
