import { closeHorizon } from '../kernels/horizon.js';
import type { Heap } from '../memory/heap.js';
import { ProgressBoard } from '../observe/progress-board.js';
import { limitText, STALL_LOOK, Stalls, stallText } from '../observe/stalls.js';
import { type RankReading, ThreadsControl } from '../transport/threads/control.js';
import { calibrateSpins } from '../transport/threads/spin.js';
import type { CheckpointNotice } from '../wire/checkpoint-notices.js';
import { type SerialisedError, stacklessError } from '../wire/host-messages.js';
import { deadlockError, isDeadlock, LOOK_EVERY } from './deadlock.js';
import { LocalRanks } from './local-ranks.js';
import type { RankOutcome, RunPlan } from './rank.js';

/** After an interrupt: time to reach the next common cycle, then time to leave blocked calls, in ms; together below 2 s. */
const INTERRUPT_CYCLE = 900;
const INTERRUPT_LEAVE = 500;
/** After an interrupt that came before all ranks had begun: how long they may take to begin, in ms. */
const START_LIMIT = 5000;

export interface HostRun {
  ranks: number;
  cells?: number;
  heap: Heap;
  plan: RunPlan;
  output: 1 | 2;
  tagOutput: boolean;
  signal: AbortSignal | undefined;
  onNames: (names: string[]) => void;
  onCheckpoint: (notice: CheckpointNotice) => void;
  /** How long a workunit may take, in ms. */
  progressLimit: number;
  warn: (text: string) => void;
}

/** How a run on threads ended. */
export type HostOutcome =
  | { kind: 'done'; ranks: RankOutcome[] }
  | { kind: 'failed'; rank: number; error: SerialisedError }
  | { kind: 'interrupted' };

/**
 * Runs one rank a thread in this process. The calling thread starts and ends them and never blocks.
 * One failed or dead rank ends the run on all: blocked calls throw, threads that compute on are ended.
 */
export async function runOnThreads(run: HostRun): Promise<HostOutcome> {
  const control = new ThreadsControl(run.ranks, run.cells);
  const horizon = new Int32Array(run.plan.horizon);
  const timers: NodeJS.Timeout[] = [];
  let interrupted = false;
  let begun = 0;
  let leaving = false;
  const leaveSoon = (): void => {
    if (leaving) return;
    leaving = true;
    timers.push(
      setTimeout(() => control.abort(-1), INTERRUPT_CYCLE),
      setTimeout(() => void ranks.end(), INTERRUPT_CYCLE + INTERRUPT_LEAVE),
    );
  };
  const interrupt = (): void => {
    interrupted = true;
    closeHorizon(horizon, run.ranks);
    control.wakeAll();
    if (begun === run.ranks) leaveSoon();
    else timers.push(setTimeout(leaveSoon, START_LIMIT));
  };
  const ranks = new LocalRanks({
    ranks: Array.from({ length: run.ranks }, (_, r) => r),
    control,
    heap: run.heap,
    spins: calibrateSpins(run.ranks),
    plan: run.plan,
    output: run.output,
    tagOutput: run.tagOutput,
    onNames: run.onNames,
    onCheckpoint: run.onCheckpoint,
    onBegun: () => {
      begun++;
      if (interrupted && begun === run.ranks) leaveSoon();
    },
    onFailed: () => {},
  });
  let stuck: RankReading[] | null = null;
  let looked: RankReading[] | null = null;
  const look = (): void => {
    const now = ranks.look();
    if (looked && now && !ranks.ending && !interrupted && !control.aborted && isDeadlock(looked, now)) {
      stuck = now;
      ranks.abort(-1);
    }
    looked = now;
  };

  let overdue: { rank: number; text: string } | null = null;
  const stalls = new Stalls(performance.now(), run.progressLimit);
  const board = new ProgressBoard(run.plan.progress);
  const lookForStalls = (): void => {
    for (const stall of stalls.look(performance.now(), board, run.ranks)) {
      if (stall.do === 'warn') run.warn(stallText(stall, ''));
      else if (!overdue && !ranks.ending && !control.aborted) {
        overdue = { rank: stall.rank, text: limitText(stall, run.progressLimit) };
        ranks.abort(stall.rank);
      }
    }
  };

  run.signal?.addEventListener('abort', interrupt, { once: true });
  const watching = setInterval(lookForStalls, STALL_LOOK);
  const looking = setInterval(look, LOOK_EVERY);
  try {
    if (run.signal?.aborted) interrupt();
    const results = await ranks.run();
    if (results.every((r) => r.ok)) return { kind: 'done', ranks: results.map((r) => r.outcome) };
    if (overdue) return { kind: 'failed', ...overdueError(overdue) };
    if (stuck) return { kind: 'failed', rank: -1, error: deadlockError(stuck, results) };
    // The rank that ended the run is the culprit; others may have failed because of it, in their own words.
    const { culprit } = control;
    const { failures } = ranks;
    const first = failures.entries().next().value;
    const [rank, error] = failures.has(culprit) ? [culprit, failures.get(culprit)!] : (first ?? [-1, null]);
    if (error && !(interrupted && culprit < 0)) return { kind: 'failed', rank, error };
    if (interrupted) return { kind: 'interrupted' };
    const left = results.find((r) => !r.ok)!;
    return { kind: 'failed', rank: left.rank, error: left.error };
  } finally {
    run.signal?.removeEventListener('abort', interrupt);
    clearInterval(looking);
    clearInterval(watching);
    for (const t of timers) clearTimeout(t);
    await ranks.end();
  }
}

/** A rank that was given up as an error: its thread has no stack to show. */
function overdueError({ rank, text }: { rank: number; text: string }): {
  rank: number;
  error: SerialisedError;
} {
  return { rank, error: stacklessError('lost', text) };
}
