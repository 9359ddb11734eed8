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
  output: number,
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
  if (output === 2) divert(1);
  try {
    if (signal?.aborted) interrupt();
    return { kind: 'done', ranks: [await runRank(new InlineTransport(heap), plan, onNames, breathe)] };
  } catch (error) {
    return { kind: 'failed', rank: 0, error: serialiseError(error) };
  } finally {
    if (output === 2) divert(-1);
    signal?.removeEventListener('abort', interrupt);
  }
}

let diverted = 0;

/** While any run in this thread wants it, what is printed to standard output goes to standard error. */
function divert(by: 1 | -1): void {
  diverted += by;
  if (by === 1 && diverted === 1) process.stdout.write = process.stderr.write.bind(process.stderr);
  if (diverted === 0) Reflect.deleteProperty(process.stdout, 'write');
}
