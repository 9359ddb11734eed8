import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeCheckpoint } from './file.js';
import { checkpointName, checkpointsIn } from './folder.js';
import type { Manifest } from './format.js';
import type { Generation } from './generations.js';

/** What a run has written. */
export interface CheckpointSummary {
  /** Checkpoints written. */
  written: number;
  /** States that were saved and not written, because the writer was still busy with earlier ones. */
  skipped: number;
  /** Checkpoints that could not be written: a warning says why. */
  failed: number;
  /** Bytes written, of all together. */
  bytes: number;
  /** Seconds that writing took, beside the run. */
  seconds: number;
  /** Cycles of the newest checkpoint; null if there is none. */
  last: number | null;
}

/**
 * Writes generations to a folder, one after the other, on the host's main thread and beside the run. While one is being
 * written at most one more waits, the newest; those in between are skipped and counted. The last two files are kept.
 * What cannot be written (no room on the disk, say) is a warning: the run goes on, and the checkpoints before stay.
 */
export class CheckpointWriter {
  readonly summary: CheckpointSummary;
  readonly #folder: string;
  readonly #manifest: Omit<Manifest, 'cycles'>;
  readonly #warn: (message: string) => void;
  readonly #onWritten: (cycles: number) => void;
  #next: Generation | null = null;
  #writing: Promise<void> | null = null;
  /** Cycles of the newest file before `summary.last` that is whole. */
  #before: number | null = null;

  /** `from`: cycles of the checkpoint in this folder that the run goes on from, null for none. */
  constructor(
    folder: string,
    manifest: Omit<Manifest, 'cycles'>,
    from: number | null,
    warn: (message: string) => void,
    onWritten: (cycles: number) => void = () => {},
  ) {
    this.#folder = folder;
    this.#manifest = manifest;
    this.#warn = warn;
    this.#onWritten = onWritten;
    this.summary = { written: 0, skipped: 0, failed: 0, bytes: 0, seconds: 0, last: from };
  }

  /** Takes a generation; resolves when no more is to be written. */
  offer(generation: Generation): Promise<void> {
    if (this.#next) {
      this.summary.skipped++;
      this.#next.release();
    }
    this.#next = generation;
    this.#writing ??= this.#writeAll();
    return this.#writing;
  }

  /** Resolves when everything offered so far has been written. */
  async settle(): Promise<void> {
    await this.#writing;
  }

  async #writeAll(): Promise<void> {
    for (let g = this.#next; g; g = this.#next) {
      this.#next = null;
      const start = performance.now();
      try {
        await this.#write(g);
      } finally {
        g.release();
        this.summary.seconds += (performance.now() - start) / 1000;
      }
    }
    this.#writing = null;
  }

  async #write({ cycles, pieces }: Generation): Promise<void> {
    const { summary } = this;
    try {
      summary.bytes += await writeCheckpoint(this.#folder, { ...this.#manifest, cycles }, pieces);
    } catch (error) {
      summary.failed++;
      const kept =
        summary.last === null ? 'there is none yet' : `${checkpointName(summary.last)} stays valid`;
      this.#warn(
        `the checkpoint after ${cycles} cycles could not be written to ${this.#folder}: ${(error as Error).message}; the run goes on, ${kept}`,
      );
      return;
    }
    summary.written++;
    if (summary.last !== cycles) this.#before = summary.last;
    summary.last = cycles;
    this.#onWritten(cycles);
    await this.#tidy(cycles);
  }

  /** Newer ones than this can only be damaged: the run went on from an older one. They are replaced in time. */
  async #tidy(newest: number): Promise<void> {
    try {
      for (const cycles of checkpointsIn(this.#folder))
        if (cycles < newest && cycles !== this.#before)
          await rm(join(this.#folder, checkpointName(cycles)), { force: true });
    } catch (error) {
      this.#warn(`old checkpoints in ${this.#folder} could not be removed: ${(error as Error).message}`);
    }
  }
}
