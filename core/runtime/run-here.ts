import { HaloweaveError } from '../base/errors.js';
import { Horizon } from '../kernels/horizon.js';
import { gatherField } from '../kernels/partition/gather.js';
import { Heap } from '../memory/heap.js';
import { ProgressBoard } from '../observe/progress-board.js';
import { progressLimitOf } from '../observe/stalls.js';
import { DEFAULT_EVENTS } from '../observe/trace-ring.js';
import type { SerialisedError } from '../wire/host-messages.js';
import { bundleProgram } from './bundle.js';
import { Checkpoints, checkpointsAsked } from './checkpoint/checkpoints.js';
import { identityOf } from './checkpoint/identity.js';
import { manifestOf, resumeFrom } from './checkpoint/resume.js';
import type { CheckpointSummary } from './checkpoint/writer.js';
import { compareChecked } from './compare-checked.js';
import { type HostOutcome, runOnThreads } from './host.js';
import { runInline } from './inline.js';
import { kernelOptions } from './plan.js';
import type { RunPlan } from './rank.js';
import { chooseRanks } from './ranks.js';
import { interruptedError, RunError, type RunOptions, type RunResult } from './run-options.js';
import { saveFields } from './save/fields.js';
import { prepareFolder } from './save/save.js';
import { nameOf, summarise } from './summarise.js';
import { planTrace, type TraceSummary, writeTrace } from './trace/trace-file.js';
import { Watch } from './watch.js';

/** What `run` does. */
export async function runHere(file: string, options: RunOptions): Promise<RunResult> {
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
  const wanted = checkpointsAsked(options);
  if (options.buddy !== undefined || options.minRanks !== undefined)
    throw new HaloweaveError(
      'usage',
      '--buddy and --min-ranks are for runs on several hosts: name workers with --host, or take --checkpoint DIR --every CYCLES',
    );
  const progressLimit = progressLimitOf(options.progressLimit);
  if (options.save !== undefined) prepareFolder(options.save);
  const bundle = await bundleProgram(file);
  const warn =
    options.onWarning ?? ((message: string) => void process.stderr.write(`haloweave: ${message}\n`));
  const identity = identityOf(file, bundle, options);
  const resumed =
    options.resume === undefined
      ? null
      : await resumeFrom(options.resume, identity, options.forceResume === true, warn);
  const asked = kernelOptions(options, ranks, mode, resumed);
  const args = resumed?.args ?? options.args ?? {};
  const checkpoints =
    wanted &&
    new Checkpoints(wanted, ranks, manifestOf(identity, asked.parts, args, asked.cycles), resumed, warn);
  const heap = Heap.create();
  const apart = options.apart?.map(() => Heap.create());
  const board = new SharedArrayBuffer(ProgressBoard.bytes(ranks));
  const plan: RunPlan = {
    file,
    program: bundle.path,
    args,
    options: asked,
    hostOf: hostsApart(options.apart, ranks),
    ...(apart ? { heaps: apart.map((h) => h.handle()) } : {}),
    horizon: new SharedArrayBuffer(Horizon.bytes(ranks)),
    progress: board,
    checkpoint: checkpoints?.plan ?? null,
    saved: resumed?.saved ?? null,
    trace:
      options.trace === undefined ? null : planTrace(options.trace, ranks, traceEvents(options.traceEvents)),
  };
  const watch = new Watch(board, ranks, options);
  let outcome: HostOutcome;
  try {
    outcome =
      transport === 'inline'
        ? await runInline(heap, plan, options, watch.onNames, (notice) => checkpoints?.take(notice))
        : await runOnThreads({
            ranks,
            heap,
            plan,
            output: options.output ?? 1,
            tagOutput: options.tagOutput ?? false,
            signal: options.signal,
            onNames: watch.onNames,
            onCheckpoint: (notice) => void checkpoints?.take(notice),
            progressLimit,
            warn,
          });
  } finally {
    watch.stop();
    for (const h of apart ?? []) h.close();
    heap.close();
  }
  const written = (await checkpoints?.finish()) ?? null;
  const traced = async (): Promise<TraceSummary | null> =>
    plan.trace && writeTrace(options.trace!, plan.trace, heap, { program: nameOf(file), transport });
  if (outcome.kind !== 'done') {
    const error =
      outcome.kind === 'failed'
        ? new RunError(
            outcome.rank,
            withAdvice(outcome.error, checkpoints, written, options.resume),
            watch.read(),
          )
        : new RunError(-1, interruptedError(), watch.read());
    error.checkpoints = written;
    try {
      error.trace = await traced();
    } catch (cause) {
      // What ended the run comes first.
      error.cause = cause;
    }
    throw error;
  }
  watch.last();
  const result = summarise(file, transport, choice, outcome.ranks, (table, field) =>
    gatherField(apart?.[0] ?? heap, table, field),
  );
  result.checkpoints = written;
  result.resumedFrom = resumed?.saved.cycles ?? 0;
  result.trace = await traced();
  if (options.save !== undefined)
    result.saved = await saveFields(options.save, outcome.ranks[0]!.kernel, result);
  return result;
}

/** A lost rank is no fault of the program's: says where to go on from. */
function withAdvice(
  error: SerialisedError,
  checkpoints: Checkpoints | null,
  written: CheckpointSummary | null,
  resumed: string | undefined,
): SerialisedError {
  if (error.code !== 'lost' || (!checkpoints && resumed === undefined)) return error;
  const advice =
    checkpoints && written
      ? checkpoints.advice(written)
      : `go on from the checkpoint that this run began with: --resume ${resumed}`;
  const { message } = error;
  return {
    ...error,
    message: `${message}; ${advice}`,
    stack: error.stack.replace(message, `${message}; ${advice}`),
  };
}

function traceEvents(events = DEFAULT_EVENTS): number {
  if (Number.isSafeInteger(events) && events >= 1) return events;
  throw new HaloweaveError('usage', `traceEvents is ${events}: use a whole number of 1 or more`);
}

function hostsApart(apart: RunOptions['apart'], ranks: number): Int32Array | null {
  if (!apart) return null;
  const hostOf = Int32Array.from(apart.flatMap((n, host) => new Array<number>(n).fill(host)));
  if (hostOf.length === ranks) return hostOf;
  throw new HaloweaveError('usage', `${hostOf.length} ranks are apart, but the run has ${ranks}`);
}
