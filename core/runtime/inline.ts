import { closeHorizon } from '../kernels/horizon.js';
import type { Heap } from '../memory/heap.js';
import { InlineTransport } from '../transport/inline.js';
import { serialiseError } from '../wire/host-messages.js';
import type { HostOutcome } from './host.js';
import { type RunPlan, runRank } from './rank.js';

/** How long the only rank computes before the event loop gets a turn (for Ctrl-C and progress), in ms. */
const TURN = 50;

/** Runs everything in the calling thread, in a fixed order: for a debugger, and as reference. */
export async function runInline(
  heap: Heap,
  plan: RunPlan,
  signal: AbortSignal | undefined,
  onNames: (names: string[]) => void,
): Promise<HostOutcome> {
  process.setSourceMapsEnabled(true);
  const horizon = new Int32Array(plan.horizon);
  const interrupt = (): void => {
    closeHorizon(horizon, 1);
  };
  let last = performance.now();
  const breathe = async (): Promise<void> => {
    if (performance.now() - last < TURN) return;
    await new Promise<void>((resolve) => setImmediate(resolve));
    last = performance.now();
  };
  signal?.addEventListener('abort', interrupt, { once: true });
  try {
    if (signal?.aborted) interrupt();
    return { kind: 'done', ranks: [await runRank(new InlineTransport(heap), plan, onNames, breathe)] };
  } catch (error) {
    return { kind: 'failed', rank: 0, error: serialiseError(error) };
  } finally {
    signal?.removeEventListener('abort', interrupt);
  }
}
