import { dirname, resolve } from 'node:path';
import { HaloweaveError } from '../../base/errors.js';
import type { CheckpointNotice } from '../../wire/checkpoint-notices.js';
import { checkpointName, journalPath, prepareCheckpoints } from './folder.js';
import type { Manifest } from './format.js';
import { Generations } from './generations.js';
import { type CheckpointPlan, type SavedPlan, SLOTS } from './plan.js';
import { type CheckpointSummary, CheckpointWriter } from './writer.js';

/** What a run was asked about checkpoints. */
export interface CheckpointOptions {
  checkpoint?: string | undefined;
  every?: number | undefined;
  resume?: string | undefined;
  check?: boolean | undefined;
}

/** Refuses what makes no sense; gives the folder and the period, or null if no checkpoints are asked for. */
export function checkpointsAsked(o: CheckpointOptions): { folder: string; every: number } | null {
  if (o.check && (o.checkpoint !== undefined || o.resume !== undefined))
    throw new HaloweaveError(
      'usage',
      'a run is checked, or saved and resumed, not both: --check runs the program twice from its beginning',
    );
  if (o.checkpoint === undefined) {
    if (o.every === undefined) return null;
    throw new HaloweaveError(
      'usage',
      `--every ${o.every} says how often, --checkpoint DIR where to: give both`,
    );
  }
  if (o.every === undefined)
    throw new HaloweaveError(
      'usage',
      `--checkpoint ${o.checkpoint} says where to, --every CYCLES how often: give both`,
    );
  if (!(Number.isSafeInteger(o.every) && o.every >= 1))
    throw new HaloweaveError('usage', `--every ${o.every}: use a whole number of cycles of 1 or more`);
  return { folder: o.checkpoint, every: o.every };
}

/** The checkpoints of a run whose ranks are all in this process. */
export class Checkpoints {
  readonly plan: CheckpointPlan;
  readonly #folder: string;
  readonly #generations: Generations;
  readonly #writer: CheckpointWriter;

  /** `resumed`: what the run goes on from, in this folder or another; null if it begins. */
  constructor(
    asked: { folder: string; every: number },
    ranks: number,
    manifest: Omit<Manifest, 'cycles'>,
    resumed: { saved: SavedPlan & { path: string } } | null,
    warn: (message: string) => void,
  ) {
    const here =
      resumed && dirname(resumed.saved.path) === resolve(asked.folder) ? resumed.saved.cycles : null;
    prepareCheckpoints(asked.folder, here !== null);
    this.#folder = asked.folder;
    this.plan = {
      every: [asked.every],
      slots: new SharedArrayBuffer(4 * SLOTS * ranks),
      journal: resolve(journalPath(asked.folder)),
    };
    const writer = new CheckpointWriter(asked.folder, manifest, here, warn);
    this.#writer = writer;
    this.#generations = new Generations(
      Array.from({ length: ranks }, (_, r) => r),
      this.plan.slots,
      (generation) => writer.offer(generation),
    );
  }

  /** Takes what a rank says; what it gives resolves when nothing is left to be written. */
  readonly take = (notice: CheckpointNotice): Promise<void> | undefined => this.#generations.take(notice);

  /** Waits until what has been saved is on disk. The summary is the writer's, with what ranks left out. */
  async finish(): Promise<CheckpointSummary> {
    await this.#writer.settle();
    const { summary } = this.#writer;
    return { ...summary, skipped: summary.skipped + this.#generations.leftOut };
  }

  /** Where to go on from after a failure, as a sentence. */
  advice({ last }: CheckpointSummary): string {
    return last === null
      ? `no checkpoint had been written to ${this.#folder} yet`
      : `${checkpointName(last)} is whole: go on from it with --resume ${this.#folder}`;
  }
}
