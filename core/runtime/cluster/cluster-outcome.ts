import { HaloweaveError } from '../../base/errors.js';
import type { NdArray } from '../../memory/ndarray.js';
import type { ProgressBoard } from '../../observe/progress-board.js';
import type { RankOutcome } from '../rank.js';
import type { RunResult } from '../run-options.js';
import type { EpochOutcome } from './coordinator-epoch.js';
import type { Running } from './membership-types.js';

/** What the ranks of an epoch that is done gave. */
export function outcomesOf(outcome: EpochOutcome & { kind: 'done' }): RankOutcome[] {
  return outcome.results.map((r) => {
    if (!r.ok) throw new HaloweaveError('program', `rank ${r.rank} is not done`);
    return r.outcome;
  });
}

/** A field of the final state, which rank 0's host has sent. */
export function brought({ fields }: EpochOutcome & { kind: 'done' }, field: string): NdArray {
  if (fields) return fields.array(field);
  throw new HaloweaveError(
    'argument',
    `gather: field '${field}' was not kept when the run on workers ended: run with keep`,
  );
}

/**
 * What is held against the workunits of a lost host: those that its ranks stayed in. Its last reading may be as old as the interval
 * between two; a workunit that one reading alone has shown may have been done long before the host was lost.
 */
export function runningOn(board: ProgressBoard, hostOf: readonly number[], host: number): Running[] {
  return hostOf.flatMap((h, rank) => {
    const running = h === host ? board.stayingIn(rank) : null;
    return running ? [{ rank, ...running }] : [];
  });
}

/** What a rank ran when its thread ended: its host lives, and has told it after that. */
export function lastOf(board: ProgressBoard, rank: number): Running[] {
  const running = board.runningOf(rank);
  return running ? [{ rank, ...running }] : [];
}

/** The time and speed of a run that went on from saved states: of all of it, not of its last stretch. `resumed`: cycles at its start. */
export function spanAll(result: RunResult, seconds: number, resumed: number): void {
  const from = result.restored.at(-1)?.cycles;
  if (from === undefined) return;
  const stretch = result.cycles - from;
  const cells = stretch > 0 ? (result.cellsPerSecond * result.seconds) / stretch : 0;
  result.seconds = seconds;
  result.cellsPerSecond = (cells * (result.cycles - resumed)) / seconds;
}
