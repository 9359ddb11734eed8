import { relative } from 'node:path';
import { type ErrorCode, HaloweaveError } from '../base/errors.js';
import { StateHash } from '../base/state-hash.js';
import { mergeResults } from '../comm/result-hash.js';
import { type PartsSpec, parseParts } from '../decomposition/factor.js';
import { Horizon } from '../kernels/horizon.js';
import { estimateCosts } from '../kernels/partition/costs.js';
import { gatherField } from '../kernels/partition/gather.js';
import type { Args, KernelOutcome, RankCounters } from '../kernels/program.js';
import { Heap } from '../memory/heap.js';
import type { NdArray } from '../memory/ndarray.js';
import { type Progress, ProgressBoard } from '../observe/progress-board.js';
import { DEFAULT_EVENTS } from '../observe/trace-ring.js';
import type { SerialisedError } from '../wire/host-messages.js';
import { bundleProgram } from './bundle.js';
import { compareChecked } from './compare-checked.js';
import { type HostOutcome, runOnThreads } from './host.js';
import { runInline } from './inline.js';
import type { RankOutcome, RunPlan } from './rank.js';
import { chooseRanks } from './ranks.js';
import { prepareFolder, saveState } from './save/save.js';
import { planTrace, type TraceSummary, writeTrace } from './trace/trace-file.js';

/** What `run` takes beside the file: the command line's options by other names. */
export interface RunOptions {
  /** Number of ranks (default: HALOWEAVE_RANKS, SLURM_CPUS_PER_TASK, OMP_NUM_THREADS, the cores). */
  ranks?: number;
  /** Ranks as threads (default), or everything in the calling thread, one rank, for a debugger. */
  transport?: 'threads' | 'inline';
  /** Number of parts, parts per axis, or the command line's text for them (default: four a rank). */
  parts?: number | readonly number[] | string;
  /** Cycles of a kernel program; without it the program has to say, by `cycles` or `until`. */
  cycles?: number;
  /** What the program gets as `args`. Plain data and shared buffers. */
  args?: Args;
  /** Compute the state hash (default true). */
  hash?: boolean;
  /** Called on the calling thread while the run goes on. */
  onProgress?: (progress: RunProgress) => void;
  /** How often `onProgress` is called, in ms (default 200). */
  progressEvery?: number;
  /** Ends the run at the next common cycle. */
  signal?: AbortSignal;
  /**
   * Look for what breaks the rules (default false): run the program twice, the second time with every workunit
   * and every pure function called twice, and the parts dealt out anew after each cycle. Rejects with what
   * differed. Takes several times as long; a program that passes gives the same state and measures as ever.
   */
  check?: boolean;
  /**
   * Folder for the final state, made if it is not there: `NAME.npy` for every state field, and `state.pvti` with
   * `state/part-K.vti` for ParaView, one a part, halo cells marked. VTK's x is the grid's last axis.
   */
  save?: string;
  /**
   * File for a Chrome trace (open it at ui.perfetto.dev): one row a rank with workunits, halos, waits, messages and
   * collectives, and arrows between ranks. Written however the run ends. Costs about 0.1 µs an event.
   */
  trace?: string;
  /** Events a rank keeps for the trace; older ones are dropped and counted (default 262,144). */
  traceEvents?: number;
  /** File descriptor for what the program prints (default 1, standard output). */
  output?: 1 | 2;
  /** Begin every line that the program prints with its rank: `[rank 3] `. */
  tagOutput?: boolean;
}

/** How far a run is. */
export interface RunProgress extends Progress {
  /** Wall-clock seconds since the start. */
  seconds: number;
  /** Cells updated a second, so far. */
  cellsPerSecond: number;
  /** The newest measures by name. */
  measures: Record<string, number>;
}

/** What one rank did. */
export interface RankSummary extends RankCounters {
  /** Its number. */
  rank: number;
}

/** What `--json` prints: the same keys, in this order. */
export interface RunSummary {
  /** The program's file, as seen from the working folder. */
  program: string;
  /** How the ranks were carried. */
  transport: 'threads' | 'inline';
  /** Number of ranks. */
  ranks: number;
  /** Number of partitions; 0 for a program without a kernel. */
  parts: number;
  /** Whole cycles done. */
  cycles: number;
  /** Wall-clock seconds of the cycles, or of the function; without starting and ending threads. */
  seconds: number;
  /** Cells updated a second; 0 for a program without cells. */
  cellsPerSecond: number;
  /** Measures of the final state, by name. */
  measures: Record<string, number>;
  /** 32 hexadecimal digits; null if not asked for, or for a program without state. */
  hash: string | null;
  /** What `report` gave, or what rank 0's function returned. */
  results: unknown;
  /** Calls whose outcome may depend on timing. */
  nondeterministic: number;
  /** Counts and seconds of every rank, in rank order. */
  perRank: RankSummary[];
}

export interface RunResult extends RunSummary {
  /** True if the run was stopped from outside before its end; counts and hash are those of the last whole cycle. */
  interrupted: boolean;
  /** Messages that were sent and that nobody had received when the program ended. */
  unreceived: number;
  /** Where the number of ranks came from. */
  ranksFrom: string;
  /**
   * Seconds that each part's workunits took, by part: estimated from those that were timed, so that the
   * numbers of one run compare with each other. Empty for a program without parts.
   */
  costs: Float64Array;
  /** Values of the program's `control` at the final state; empty without it. */
  control: Record<string, number>;
  /** Null if the run was not traced. */
  trace: TraceSummary | null;
  /** Files that `save` has written. */
  saved: string[];
  /**
   * One field of the final state, whole, as one ndarray in private memory and C order: `[i, j, k]` is the cell's place in the
   * grid, the dtype that of the field. Costs one copy of the field. @throws HaloweaveError naming the fields
   * there are, for one that is not among them.
   */
  gather(field: string): NdArray;
}

/** A run that failed: the message and stack are those of the error on the rank where it happened. */
export class RunError extends HaloweaveError {
  /** The class. */
  override readonly name = 'RunError';
  /** The rank where it happened; −1 if it was none. */
  readonly rank: number;
  /** What was known when it ended. */
  readonly progress: RunProgress;
  /** Null if the run was not traced, or if the trace could not be written: then `cause` says why. */
  trace: TraceSummary | null = null;
  /** @internal */
  constructor(rank: number, error: SerialisedError, progress: RunProgress) {
    super((error.code as ErrorCode | null) ?? 'program', error.message, error.place);
    this.rank = rank;
    this.stack = error.stack;
    this.progress = progress;
  }
}

const PROGRESS_EVERY = 200;
/** Parts a rank when none are asked for: enough to overlap waiting with work, few enough to cost nothing. */
const PARTS_PER_RANK = 4;

/**
 * Runs a program file on local ranks and gives its summary. Rejects with a `RunError` that carries the
 * failing rank's stack. The calling thread only watches: its event loop stays free.
 */
export async function run(file: string, options: RunOptions = {}): Promise<RunResult> {
  if (!options.check) return runOnce(file, options, 'plain');
  if (options.trace !== undefined)
    throw new HaloweaveError(
      'usage',
      'a run is checked or traced, not both: under check parts move from rank to rank, and what takes how long says nothing',
    );
  const { onProgress: _progress, save: _save, ...quiet } = options;
  const reference = await runOnce(file, { ...quiet, hash: true }, 'silent');
  if (reference.interrupted) return reference;
  const checked = await runOnce(file, { ...options, hash: true }, 'checked');
  // A program of ranks and messages has no parts to move; it has run once.
  if (!checked.interrupted && checked.parts > 0) compareChecked(reference, checked);
  return options.hash === false ? { ...checked, hash: null } : checked;
}

async function runOnce(
  file: string,
  options: RunOptions,
  mode: 'plain' | 'silent' | 'checked',
): Promise<RunResult> {
  const transport = options.transport ?? 'threads';
  const choice = transport === 'inline' ? { ranks: 1, source: 'inline' } : chooseRanks(options.ranks);
  const { ranks } = choice;
  checkCycles(options.cycles);
  if (options.save !== undefined) prepareFolder(options.save);
  const bundle = await bundleProgram(file);
  const heap = Heap.create();
  const board = new SharedArrayBuffer(ProgressBoard.bytes(ranks));
  const plan: RunPlan = {
    file,
    program: bundle.path,
    args: options.args ?? {},
    options: {
      parts: partsOf(options.parts) ?? { kind: 'default', count: ranks * PARTS_PER_RANK },
      cycles: options.cycles ?? null,
      hash: options.hash ?? true,
      check: mode === 'checked',
      silent: mode === 'silent',
      save: options.save !== undefined,
    },
    horizon: new SharedArrayBuffer(Horizon.bytes(ranks)),
    progress: board,
    trace:
      options.trace === undefined ? null : planTrace(options.trace, ranks, traceEvents(options.traceEvents)),
  };
  const watch = new Watch(board, ranks, options);
  let outcome: HostOutcome;
  try {
    outcome =
      transport === 'inline'
        ? await runInline(heap, plan, options, watch.onNames)
        : await runOnThreads({
            ranks,
            heap,
            plan,
            output: options.output ?? 1,
            tagOutput: options.tagOutput ?? false,
            signal: options.signal,
            onNames: watch.onNames,
          });
  } finally {
    watch.stop();
    heap.close();
  }
  const traced = async (): Promise<TraceSummary | null> =>
    plan.trace && writeTrace(options.trace!, plan.trace, heap, { program: nameOf(file), transport });
  if (outcome.kind !== 'done') {
    const error =
      outcome.kind === 'failed'
        ? new RunError(outcome.rank, outcome.error, watch.read())
        : new RunError(-1, interruptedError(), watch.read());
    try {
      error.trace = await traced();
    } catch (cause) {
      // What ended the run comes first.
      error.cause = cause;
    }
    throw error;
  }
  watch.last();
  const result = summarise(file, transport, choice, outcome.ranks, heap);
  result.trace = await traced();
  if (options.save !== undefined) result.saved = await saveFields(options.save, outcome.ranks[0]!, result);
  return result;
}

/** Writes the state fields that rank 0 has named, from where the parts have left them. */
function saveFields(folder: string, { kernel }: RankOutcome, result: RunResult): Promise<string[]> {
  if (!kernel?.gather)
    throw new HaloweaveError('usage', `--save ${folder}: this program has no grid to save`);
  const { fields } = kernel.gather;
  return saveState(
    folder,
    kernel.gather,
    kernel!.state.map((name) => {
      const { centring, components } = fields.find((f) => f.name === name)!;
      return { name, array: result.gather(name), centring, components };
    }),
  );
}

function summarise(
  file: string,
  transport: 'threads' | 'inline',
  choice: { ranks: number; source: string },
  outcomes: RankOutcome[],
  heap: Heap,
): RunResult {
  const first = outcomes[0]!;
  const kernel = first.kernel;
  const kernels = outcomes.map((o) => o.kernel).filter((k): k is KernelOutcome => k !== null);
  const seconds = kernel ? Math.max(...kernels.map((k) => k.seconds)) : first.seconds;
  return {
    program: nameOf(file),
    transport,
    ranks: choice.ranks,
    parts: kernel?.parts ?? 0,
    cycles: kernel?.cycles ?? 0,
    seconds,
    cellsPerSecond: kernel && seconds > 0 ? kernel.cells / seconds : 0,
    measures: kernel?.measures ?? {},
    hash: kernel ? mergedHash(kernels) : mergeResults(outcomes),
    results: kernel ? kernel.results : (first.value ?? null),
    nondeterministic: outcomes.reduce((n, o) => n + o.nondeterministic, 0),
    perRank: outcomes.map((o) => ({ rank: o.rank, ...(o.kernel?.counters ?? messageCounters(o)) })),
    interrupted: kernel?.interrupted ?? false,
    unreceived: outcomes.reduce((n, o) => n + o.unreceived, 0),
    ranksFrom: choice.source,
    costs: estimateCosts(
      kernels.map((k) => k.costs),
      kernel?.workunits ?? 0,
    ),
    control: kernel?.control ?? {},
    trace: null,
    saved: [],
    gather: (field) => {
      if (!kernel?.gather)
        throw new HaloweaveError('argument', `this program has no field '${field}' to gather`);
      return gatherField(heap, kernel.gather, field);
    },
  };
}

function mergedHash(kernels: KernelOutcome[]): string | null {
  if (kernels.length === 0 || kernels.some((k) => k.hash === null)) return null;
  const h = new StateHash();
  for (const k of kernels) h.mergeWords(k.hash!, 0);
  return h.hex();
}

function messageCounters(o: RankOutcome): RankCounters {
  return {
    partitions: 0,
    workunits: 0,
    messages: o.sent,
    haloBytes: 0,
    haloBytesBetweenRanks: 0,
    seconds: { compute: 0, halo: 0, wait: 0 },
  };
}

function interruptedError(): SerialisedError {
  const message = 'interrupted before a whole cycle was done on all ranks';
  return { name: 'AbortedError', message, stack: message, code: 'aborted', place: {}, aborted: true };
}

function partsOf(parts: RunOptions['parts']): PartsSpec | null {
  if (parts === undefined) return null;
  if (typeof parts === 'string') return parseParts(parts);
  return parseParts(typeof parts === 'number' ? String(parts) : parts.join('x'));
}

function nameOf(file: string): string {
  return relative(process.cwd(), file) || file;
}

function traceEvents(events = DEFAULT_EVENTS): number {
  if (Number.isSafeInteger(events) && events >= 1) return events;
  throw new HaloweaveError('usage', `traceEvents is ${events}: use a whole number of 1 or more`);
}

function checkCycles(cycles: number | undefined): void {
  if (cycles === undefined || (Number.isSafeInteger(cycles) && cycles >= 0)) return;
  throw new HaloweaveError('usage', `cycles is ${cycles}: use a whole number of 0 or more`);
}

/** Reads the progress board from time to time, for the caller. */
class Watch {
  readonly #board: ProgressBoard;
  readonly #ranks: number;
  readonly #start = performance.now();
  readonly #options: RunOptions;
  readonly #timer: NodeJS.Timeout | null = null;
  #names: string[] = [];

  constructor(buffer: SharedArrayBuffer, ranks: number, options: RunOptions) {
    this.#board = new ProgressBoard(buffer);
    this.#ranks = ranks;
    this.#options = options;
    const { onProgress } = options;
    if (onProgress)
      this.#timer = setInterval(() => onProgress(this.read()), options.progressEvery ?? PROGRESS_EVERY);
  }

  readonly onNames = (names: string[]): void => {
    this.#names = names;
  };

  read(): RunProgress {
    const p = this.#board.read(this.#ranks);
    const seconds = (performance.now() - this.#start) / 1000;
    return {
      ...p,
      seconds,
      cellsPerSecond: p.cellsDone / seconds,
      measures: Object.fromEntries(this.#names.map((name, k) => [name, p.values[k]!])),
    };
  }

  last(): void {
    this.#options.onProgress?.(this.read());
  }

  stop(): void {
    if (this.#timer) clearInterval(this.#timer);
  }
}
