import { fileURLToPath } from 'node:url';
import { MessageChannel } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { closeHorizon } from '../kernels/horizon.js';
import type { Heap } from '../memory/heap.js';
import { type RankReading, ThreadsControl } from '../transport/threads/control.js';
import { calibrateSpins } from '../transport/threads/spin.js';
import { type RankNotice, type SerialisedError, serialiseError } from '../wire/host-messages.js';
import { describeDeadlock, isDeadlock, LOOK_EVERY } from './deadlock.js';
import type { RankOutcome, RunPlan } from './rank.js';
import type { RankResult, RankTask } from './rank-entry.js';
import { userPlace } from './user-place.js';

/** After one rank has failed, how long the others may compute before their threads are ended, in ms. */
const FAILURE_GRACE = 1000;
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
  output: number;
  tagOutput: boolean;
  signal: AbortSignal | undefined;
  onNames: (names: string[]) => void;
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
  const spins = calibrateSpins(run.ranks);
  const horizon = new Int32Array(run.plan.horizon);
  // No threads before they are needed: with a minimum, ending the pool would start new ones.
  const pool = new Piscina<RankTask, RankResult>({
    filename: fileURLToPath(new URL('./rank-entry.js', import.meta.url)),
    minThreads: 0,
    maxThreads: run.ranks,
    concurrentTasksPerWorker: 1,
    idleTimeout: Number.POSITIVE_INFINITY,
    execArgv: ['--enable-source-maps'],
    recordTiming: false,
  });
  const timers: NodeJS.Timeout[] = [];
  let ending = false;
  const failures = new Map<number, SerialisedError>();
  let interrupted = false;
  let begun = 0;
  let stuck: RankReading[] | null = null;
  let looked: RankReading[] | null = null;
  const look = (): void => {
    const now = control.mayBeStuck ? control.look() : null;
    if (looked && now && !ending && !interrupted && !control.aborted && isDeadlock(looked, now)) {
      stuck = now;
      endAll(-1);
    }
    looked = now;
  };

  const end = (): void => {
    if (ending) return;
    ending = true;
    void pool.destroy();
  };
  /** Ends the run on all ranks: calls that block throw, and threads that compute on are ended after a while. */
  const endAll = (culprit: number): void => {
    control.abort(culprit);
    timers.push(setTimeout(end, FAILURE_GRACE));
  };
  const fail = (rank: number, error: SerialisedError): void => {
    if (!error.aborted && !ending && !failures.has(rank)) failures.set(rank, error);
    endAll(rank);
  };
  const interrupt = (): void => {
    interrupted = true;
    closeHorizon(horizon, run.ranks);
    control.wakeAll();
    if (begun === run.ranks) leaveSoon();
    else timers.push(setTimeout(leaveSoon, START_LIMIT));
  };
  let leaving = false;
  const leaveSoon = (): void => {
    if (leaving) return;
    leaving = true;
    timers.push(
      setTimeout(() => control.abort(-1), INTERRUPT_CYCLE),
      setTimeout(end, INTERRUPT_CYCLE + INTERRUPT_LEAVE),
    );
  };
  const begin = (): void => {
    begun++;
    if (interrupted && begun === run.ranks) leaveSoon();
  };

  const start = async (rank: number): Promise<RankResult> => {
    const { port1, port2 } = new MessageChannel();
    port1.on('message', (notice: RankNotice) => {
      if (notice.type === 'failed') fail(notice.rank, notice.error);
      else if (notice.type === 'begun') begin();
      else run.onNames(notice.names);
    });
    const task: RankTask = {
      rank,
      ranks: run.ranks,
      cells: control.cells,
      spins,
      control: control.buffer,
      heap: run.heap.handle(),
      plan: run.plan,
      output: run.output,
      tagOutput: run.tagOutput,
      notices: port2,
    };
    try {
      return await pool.run(task, { transferList: [port2] });
    } catch (cause) {
      // The thread is gone (out of memory, process.exit in user code) or was ended here.
      const error = serialiseError(cause);
      error.message = `the thread of rank ${rank} ended before its work was done: ${error.message}`;
      // The frames of a promise that was rejected and not heeded are the user's; a dead thread has none.
      const frames = /worker exited with code/.test(error.message)
        ? []
        : error.stack.split('\n').filter((line) => /^ +at /.test(line));
      error.stack = [error.message, ...frames].join('\n');
      error.aborted = ending;
      fail(rank, error);
      return { ok: false, rank, error };
    } finally {
      port1.close();
    }
  };

  run.signal?.addEventListener('abort', interrupt, { once: true });
  const looking = setInterval(look, LOOK_EVERY);
  try {
    if (run.signal?.aborted) interrupt();
    const results = await Promise.all(Array.from({ length: run.ranks }, (_, r) => start(r)));
    if (results.every((r) => r.ok)) return { kind: 'done', ranks: results.map((r) => r.outcome) };
    if (stuck) return { kind: 'failed', rank: -1, error: deadlockError(stuck, results) };
    // The rank that ended the run is the culprit; others may have failed because of it, in their own words.
    const { culprit } = control;
    const first = failures.entries().next().value;
    const [rank, error] = failures.has(culprit) ? [culprit, failures.get(culprit)!] : (first ?? [-1, null]);
    if (error && !(interrupted && culprit < 0)) return { kind: 'failed', rank, error };
    if (interrupted) return { kind: 'interrupted' };
    const left = results.find((r) => !r.ok)!;
    return { kind: 'failed', rank: left.rank, error: left.error };
  } finally {
    run.signal?.removeEventListener('abort', interrupt);
    clearInterval(looking);
    for (const t of timers) clearTimeout(t);
    if (!ending) await pool.destroy();
  }
}

/** A deadlock as an error: who waits for whom, and where in the program. */
function deadlockError(ranks: readonly RankReading[], results: readonly RankResult[]): SerialisedError {
  const places = new Map<number, string>();
  for (const r of results) if (!r.ok) places.set(r.rank, userPlace(r.error.stack));
  const message = describeDeadlock(ranks, places);
  return { name: 'HaloweaveError', message, stack: message, code: 'deadlock', place: {}, aborted: false };
}
