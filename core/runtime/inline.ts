import { closeHorizon } from '../kernels/horizon.js';
import type { Heap } from '../memory/heap.js';
import { InlineTransport } from '../transport/inline.js';
import type { CheckpointNotice } from '../wire/checkpoint-notices.js';
import { serialiseError } from '../wire/host-messages.js';
import type { HostOutcome } from './host.js';
import { type RunPlan, runRank } from './rank.js';
import type { RunOptions } from './run-options.js';
import { tagLines } from './tag-lines.js';

/** How long the only rank computes before the event loop gets a turn (for Ctrl-C and progress), in ms. */
const TURN = 50;

/** Runs everything in the calling thread, in a fixed order: for a debugger, and as reference. */
export async function runInline(
  heap: Heap,
  plan: RunPlan,
  { output, tagOutput, signal }: Pick<RunOptions, 'output' | 'tagOutput' | 'signal'>,
  onNames: (names: string[]) => void,
  checkpoint: (notice: CheckpointNotice) => Promise<void> | undefined,
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
  const restore = redirect(output === 2, tagOutput === true);
  try {
    if (signal?.aborted) interrupt();
    const notices = { names: onNames, begun: () => {}, checkpoint };
    return { kind: 'done', ranks: [await runRank(new InlineTransport(heap), plan, notices, breathe)] };
  } catch (error) {
    return { kind: 'failed', rank: 0, error: serialiseError(error) };
  } finally {
    restore();
    signal?.removeEventListener('abort', interrupt);
  }
}

let diverted = 0;
let tagged = 0;

/**
 * While any run in this thread wants it, what is printed to standard output goes to standard error, or begins with
 * the rank. Standard error is left alone: the progress display writes there too. Gives the way back.
 */
function redirect(toError: boolean, tag: boolean): () => void {
  const change = (by: 1 | -1): void => {
    if (toError) diverted += by;
    if (tag) tagged += by;
    Reflect.deleteProperty(process.stdout, 'write');
    if (diverted + tagged === 0) return;
    const stream = diverted > 0 ? process.stderr : process.stdout;
    const write = stream.write.bind(stream);
    process.stdout.write = (tagged > 0 ? taggedWrite(write) : write) as typeof process.stdout.write;
  };
  change(1);
  return () => change(-1);
}

/** Writes with the rank at the begin of every line. */
function taggedWrite(write: typeof process.stdout.write) {
  let open = false;
  return (chunk: string | Uint8Array, ...rest: unknown[]): boolean => {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    if (bytes.length === 0) return true;
    const lines = tagLines(bytes, '[rank 0] ', open ? 'go on' : 'begin');
    open = bytes[bytes.length - 1] !== 10;
    const done = rest[rest.length - 1];
    return write(lines, typeof done === 'function' ? (done as () => void) : undefined);
  };
}
