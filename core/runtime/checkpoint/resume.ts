import { basename, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { HaloweaveError } from '../../base/errors.js';
import type { PartsSpec } from '../../decomposition/factor.js';
import type { Args } from '../../kernels/program.js';
import type { ProgramBundle } from '../bundle.js';
import { differingArgument, writtenArgs } from './args.js';
import { journalPath } from './folder.js';
import type { Manifest } from './format.js';
import { readJournal } from './journal.js';
import { newestCheckpoint } from './newest.js';
import type { SavedPlan } from './plan.js';

/** What decides whether a run is the one that a checkpoint was saved by, and what it takes over from it. */
export interface RunIdentity {
  program: string;
  bundle: ProgramBundle;
  haloweave: string;
  /** Null if nobody asked. */
  parts: PartsSpec | null;
  args: Args | undefined;
  cycles: number | null;
}

/** A run that goes on from a checkpoint. */
export interface ResumedRun {
  saved: SavedPlan & { path: string };
  parts: PartsSpec;
  args: Args;
  cycles: number | null;
}

/**
 * Finds the newest whole checkpoint of a folder and what the run takes over from it: its parts always, its arguments and
 * its number of cycles unless they are given. `force`: another bundle, other arguments and another version of haloweave are
 * warned about instead of refused.
 */
export async function resumeFrom(
  folder: string,
  now: RunIdentity,
  force: boolean,
  warn: (message: string) => void,
): Promise<ResumedRun> {
  const { path, manifest } = await newestCheckpoint(folder, warn);
  const name = basename(path);
  for (const text of differences(manifest, now)) {
    if (!force)
      throw new HaloweaveError(
        'usage',
        `--resume ${folder}: ${name} ${text}; run what it was saved by, or go on all the same with --force-resume`,
      );
    warn(`--resume ${folder}: ${name} ${text}; going on all the same`);
  }
  if (now.parts && !isDeepStrictEqual(now.parts, manifest.parts))
    throw new HaloweaveError(
      'usage',
      `--parts ${partsText(now.parts)} with --resume ${folder}: ${name} holds the parts that the run had (${partsText(manifest.parts)}), and a run goes on with the same; leave --parts out`,
    );
  const given = now.args && Object.keys(now.args).length > 0;
  const delivered = Math.max(manifest.cycles, readJournal(journalPath(folder)));
  return {
    saved: { path: resolve(path), cycles: manifest.cycles, delivered },
    parts: manifest.parts,
    args: given ? now.args! : manifest.args,
    cycles: now.cycles ?? manifest.end,
  };
}

/** What checkpoints of a run say about it. */
export function manifestOf(
  now: RunIdentity,
  parts: PartsSpec,
  args: Args,
  end: number | null,
): Omit<Manifest, 'cycles'> {
  const written = writtenArgs(args);
  return {
    program: now.program,
    sha256: now.bundle.sha256,
    haloweave: now.haloweave,
    node: process.version,
    args: written.args,
    argsComplete: written.complete,
    parts,
    end,
  };
}

/** What speaks against going on, each as a sentence whose subject is the checkpoint. */
function differences(saved: Manifest, now: RunIdentity): string[] {
  const found: string[] = [];
  if (saved.sha256 !== now.bundle.sha256)
    found.push(
      `was saved by another program: ${saved.program} with the bundle ${short(saved.sha256)}, and this is ${now.program} with ${short(now.bundle.sha256)}`,
    );
  if (saved.haloweave !== now.haloweave)
    found.push(`was saved by haloweave ${saved.haloweave}, and this is ${now.haloweave}`);
  const { args } = writtenArgs(now.args ?? {});
  const given = Object.keys(args).length > 0;
  const other = given ? differingArgument(saved.args, args) : null;
  if (other) found.push(`was saved with other arguments: ${other}`);
  if (!given && !saved.argsComplete)
    found.push('was saved with arguments that no file can hold (shared memory, say), and none are given now');
  return found;
}

function short(sha256: string): string {
  return sha256.slice(0, 12);
}

function partsText(parts: PartsSpec): string {
  switch (parts.kind) {
    case 'dims':
      return parts.dims.join('x');
    case 'cells':
      return `cells=${parts.cells}`;
    case 'default':
      return `by default up to ${parts.count}`;
    case 'count':
      return String(parts.count);
  }
}
