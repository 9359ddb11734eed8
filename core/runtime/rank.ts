import { HaloweaveError } from '../base/errors.js';
import { Communicator, worldGroup } from '../comm/communicator.js';
import { Endpoint } from '../comm/endpoint.js';
import { type RankResults, ResultHash } from '../comm/result-hash.js';
import { Horizon } from '../kernels/horizon.js';
import type { Args, KernelOptions, KernelOutcome } from '../kernels/program.js';
import type { HeapHandle } from '../memory/heap.js';
import { ProgressBoard } from '../observe/progress-board.js';
import { TraceRing } from '../observe/trace-ring.js';
import type { Transport } from '../transport/transport.js';
import type { CheckpointNotice } from '../wire/checkpoint-notices.js';
import type { CheckpointPlan, SavedPlan } from './checkpoint/plan.js';
import { RankCheckpoints } from './checkpoint/rank-checkpoints.js';
import { SavedAtHost } from './checkpoint/saved-at-host.js';
import type { SavedFile } from './checkpoint/saved-file.js';
import { loadProgram } from './load.js';
import type { TracePlan } from './trace/trace-file.js';
import { traceCalls } from './trace/traced-calls.js';
import { traceTransport } from './trace/traced-transport.js';

/** What every rank of a run is told, however it is hosted. */
export interface RunPlan {
  file: string;
  /** The bundled module. */
  program: string;
  args: Args;
  options: KernelOptions;
  horizon: SharedArrayBuffer;
  progress: SharedArrayBuffer;
  /** By rank: its host; null if all are on one. */
  hostOf: Int32Array | null;
  /** By host, where hosts are pretended (`RunOptions.apart`): the memory that its ranks share, beside that of messages. */
  heaps?: HeapHandle[];
  /** Null if nothing is saved. */
  checkpoint: CheckpointPlan | null;
  /** Where to go on from; null to begin. */
  saved: SavedPlan | null;
  /** Output of the states below this one has been given to the program by an earlier epoch (default: none). */
  delivered?: number;
  /** Null unless the run is traced. */
  trace: TracePlan | null;
}

/** How a rank ended, when it ended well. */
export interface RankOutcome {
  rank: number;
  kernel: KernelOutcome | null;
  /** What an SPMD program's function gave (rank 0). */
  value: unknown;
  /** What an SPMD program registered with `result`; null if nothing, or if no hash was asked for. */
  registered: RankResults | null;
  seconds: number;
  sent: number;
  sentBytes: number;
  /** Messages that arrived and that nobody received. */
  unreceived: number;
  stale: number;
  nondeterministic: number;
}

/** What a rank tells while it runs. */
export interface RankNotices {
  /** Names of the measures, once they are known. */
  names(names: string[]): void;
  /** All ranks have loaded the program, and this one begins it; `recovers` if it can go on from a saved state. */
  begun(recovers: boolean): void;
  /** Parts have been saved. What it gives is waited for by a rank without a thread of its own. */
  checkpoint(notice: CheckpointNotice): Promise<void> | undefined;
  /** The program is about to be given a frame, or asked for its report (rank 0). */
  writing?(): void;
  /** The program has been given the output of all states below this one (rank 0). */
  delivered?(state: number): void;
  /** Asks the host for a piece of the saved state that has no path. */
  piece?(part: number): Promise<Uint8Array>;
}

/** Runs the program on one rank, to its end on all ranks. */
export async function runRank(
  transport: Transport,
  plan: RunPlan,
  notices: RankNotices,
  breathe: (() => Promise<void>) | null,
  heap = transport.heap,
): Promise<RankOutcome> {
  const ring = plan.trace
    ? new TraceRing(plan.trace.rings[transport.rank]!, transport.heap, plan.trace.origin)
    : null;
  if (ring) traceTransport(transport, ring);
  const endpoint = new Endpoint(transport, heap);
  const results = plan.options.hash ? new ResultHash() : null;
  const comm = new Communicator(endpoint, worldGroup(endpoint, results));
  if (ring) traceCalls(comm, ring);
  const loaded = await loadProgram(plan.program, plan.file);
  // Said now and not after a long run.
  if (plan.options.save && loaded.kind === 'spmd')
    throw new HaloweaveError(
      'usage',
      `--save: ${plan.file} is a function of ranks and messages, whose state only it knows: write files with writeNpy`,
    );
  if (((plan.checkpoint && plan.checkpoint.every.length > 0) || plan.saved) && loaded.kind === 'spmd')
    throw new HaloweaveError(
      'usage',
      `--checkpoint and --resume: ${plan.file} is a function of ranks and messages, whose state only it knows; kernel programs can be saved`,
    );
  // Nobody allocates before all have attached to the heap: a thread that starts later would miss the
  // announcement of a new arena.
  comm.barrier();
  notices.begun(loaded.kind === 'kernel');
  const start = performance.now();
  let kernel: KernelOutcome | null = null;
  let value: unknown;
  if (loaded.kind === 'kernel') {
    const progress = new ProgressBoard(plan.progress, transport.rank);
    progress.onNames = notices.names;
    const checkpoints = plan.checkpoint
      ? new RankCheckpoints(plan.checkpoint, transport.rank, notices.checkpoint)
      : null;
    const saved = plan.saved ? await openSaved(plan.saved, notices) : null;
    try {
      kernel = await loaded.program.runRank({
        comm,
        endpoint,
        args: plan.args,
        options: plan.options,
        progress,
        horizon: new Horizon(new Int32Array(plan.horizon), transport.rank),
        checkpoints,
        saved,
        delivered: plan.delivered ?? 0,
        onWriting: () => notices.writing?.(),
        onDelivered: (state) => notices.delivered?.(state),
        trace: ring,
        breathe,
      });
    } finally {
      checkpoints?.close();
      await saved?.close();
    }
  } else if (!plan.options.silent) {
    value = await loaded.main(comm, plan.args);
  }
  transport.leave();
  // Nobody leaves while others may still wait for room in its mailbox or for a large message to be copied.
  comm.barrier();
  endpoint.advance();
  return {
    rank: transport.rank,
    kernel,
    value: transport.rank === 0 ? value : undefined,
    registered: results?.take() ?? null,
    seconds: (performance.now() - start) / 1000,
    sent: endpoint.sent,
    sentBytes: endpoint.sentBytes,
    unreceived: endpoint.stash.count,
    stale: transport.stale,
    nondeterministic: endpoint.nondeterministic,
  };
}

async function openSaved(plan: SavedPlan, { piece }: RankNotices): Promise<SavedFile | SavedAtHost> {
  const { path } = plan;
  if (path !== null) {
    // What checks a file's tables would be a third of what every other rank loads.
    const { SavedFile } = await import('./checkpoint/saved-file.js');
    return new SavedFile({ ...plan, path });
  }
  if (piece) return new SavedAtHost(plan, piece);
  throw new HaloweaveError('usage', 'this rank has no host to ask for a saved state');
}
