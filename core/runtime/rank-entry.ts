import type { MessagePort } from 'node:worker_threads';
import { HaloweaveError } from '../base/errors.js';
import { Heap, type HeapHandle } from '../memory/heap.js';
import { ABORT_AT, type Placement } from '../transport/threads/layout.js';
import { ThreadsTransport } from '../transport/threads/transport.js';
import { ZeromqTransport } from '../transport/zeromq/transport.js';
import { type RankNotice, type SerialisedError, serialiseError } from '../wire/host-messages.js';
import { type RankOutcome, type RunPlan, runRank } from './rank.js';
import { printAtOnce, printHere, printThere } from './rank-output.js';

/** The long task that piscina gives to a worker thread: one rank of one run. */
export interface RankTask {
  rank: number;
  ranks: number;
  cells: number;
  spins: number;
  control: SharedArrayBuffer;
  heap: HeapHandle;
  /** Where all ranks of the run are; null if they are all on this host. */
  placement: Placement | null;
  plan: RunPlan;
  /** File descriptor for what the program prints: standard output, or standard error beside `--json`. */
  output: 1 | 2;
  /** Begin every printed line with the rank. */
  tagOutput: boolean;
  /** Where printed bytes under way are counted, if they go to the host and not to the descriptors; else null. */
  printed: SharedArrayBuffer | null;
  notices: MessagePort;
}

export type RankResult =
  | { ok: true; outcome: RankOutcome }
  | { ok: false; rank: number; error: SerialisedError };

export default async function rankEntry(task: RankTask): Promise<RankResult> {
  const control = new Int32Array(task.control);
  const notify = (notice: RankNotice): void => task.notices.postMessage(notice);
  const tag = task.tagOutput ? { rank: task.rank, text: `[rank ${task.rank}] ` } : null;
  const sink = task.printed
    ? printThere(control, new Int32Array(task.printed), (descriptor, bytes) =>
        notify({ type: 'printed', descriptor, bytes }),
      )
    : printHere(control, tag);
  printAtOnce(sink, task.output);
  const heap = Heap.attach(task.heap);
  const { heaps, hostOf } = task.plan;
  const own = heaps && hostOf ? Heap.attach(heaps[hostOf[task.rank]!]!) : heap;
  try {
    const { placement, ...setup } = task;
    const transport = placement
      ? new ZeromqTransport({ ...setup, heap, placement, hostOf: placement.hostOf })
      : new ThreadsTransport({ ...setup, heap, ...(task.plan.hostOf ? { hostOf: task.plan.hostOf } : {}) });
    own.onWait(() => transport.check());
    const outcome = await runRank(
      transport,
      task.plan,
      {
        names: (names) => notify({ type: 'measure-names', names }),
        begun: () => notify({ type: 'begun' }),
        checkpoint: (notice) => void notify(notice),
      },
      null,
      own,
    );
    refuseUnclonable(outcome);
    return { ok: true, outcome };
  } catch (error) {
    const serialised = serialiseError(error);
    // Others are released at once, not when the main thread gets round to it.
    if (!serialised.aborted) Atomics.compareExchange(control, ABORT_AT, 0, task.rank + 1);
    notify({ type: 'failed', rank: task.rank, error: serialised });
    return { ok: false, rank: task.rank, error: serialised };
  } finally {
    if (own !== heap) own.close();
    heap.close();
    task.notices.close();
  }
}

/** A result that no thread can pass on would end the run with an error that says nothing. */
function refuseUnclonable(outcome: RankOutcome): void {
  const result = outcome.kernel?.results ?? outcome.value;
  if ((typeof result !== 'object' && typeof result !== 'function') || result === null) return;
  try {
    structuredClone(result);
  } catch (cause) {
    throw new HaloweaveError(
      'program',
      `what the program returned cannot leave its thread: ${(cause as Error).message}; return plain data`,
      { rank: outcome.rank },
    );
  }
}
