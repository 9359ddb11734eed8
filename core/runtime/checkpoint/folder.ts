import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { HaloweaveError } from '../../base/errors.js';

const NAME = /^checkpoint-(\d{1,16})\.hwc$/;
/** What a process that was killed has left of a checkpoint that it was writing. */
const ASIDE = /^checkpoint-\d+\.hwc\.aside$/;

export function checkpointName(cycles: number): string {
  return `checkpoint-${cycles}.hwc`;
}

export function asideName(cycles: number): string {
  return `${checkpointName(cycles)}.aside`;
}

/** Cycles of the checkpoints that a folder holds by their names, newest first. */
export function checkpointsIn(folder: string): number[] {
  return readdirSync(folder)
    .flatMap((name) => NAME.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => b - a);
}

export function journalPath(folder: string): string {
  return join(folder, 'delivered');
}

/**
 * Makes the folder that a run writes checkpoints to, and takes away what a killed one has left half written. `resumed`:
 * the run goes on from this folder; otherwise it must not hold checkpoints, which would be taken for this run's.
 */
export function prepareCheckpoints(folder: string, resumed: boolean): void {
  let names: string[];
  try {
    mkdirSync(folder, { recursive: true });
    names = readdirSync(folder);
  } catch (cause) {
    throw new HaloweaveError(
      'usage',
      `--checkpoint ${folder}: cannot write there: ${(cause as Error).message}`,
      {},
      { cause },
    );
  }
  const newest = checkpointsIn(folder)[0];
  if (newest !== undefined && !resumed)
    throw new HaloweaveError(
      'usage',
      `--checkpoint ${folder}: an earlier run has left ${checkpointName(newest)} there; go on from it with --resume ${folder}, or name another folder`,
    );
  for (const name of names) if (ASIDE.test(name)) rmSync(join(folder, name), { force: true });
  if (!resumed) rmSync(journalPath(folder), { force: true });
}
