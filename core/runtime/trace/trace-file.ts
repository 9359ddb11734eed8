import { accessSync, constants, statSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileError } from '../../memory/files.js';
import type { Heap } from '../../memory/heap.js';
import { chromeTrace, type TraceHead } from '../../observe/chrome-trace.js';
import { monotonic, TraceRing } from '../../observe/trace-ring.js';

/** What every rank is told when a run is traced. */
export interface TracePlan {
  /** A ring a rank. */
  rings: SharedArrayBuffer[];
  /** Where the trace's time begins, by `monotonic()`. */
  origin: number;
}

/** What a trace holds. */
export interface TraceSummary {
  /** Where it was written. */
  file: string;
  /** Events in it, of all ranks. */
  events: number;
  /** Events of all ranks that were overwritten by newer ones. */
  dropped: number;
}

/** Makes the rings, after a look whether the file can be written, before a run that may take long. */
export function planTrace(file: string, ranks: number, events: number): TracePlan {
  try {
    accessSync(dirname(file), constants.W_OK | constants.X_OK);
    if (statSync(file, { throwIfNoEntry: false })?.isDirectory())
      throw Object.assign(new Error('a folder'), { code: 'EISDIR' });
  } catch (cause) {
    throw fileError(`--trace ${file} cannot be written`, cause);
  }
  return {
    rings: Array.from({ length: ranks }, () => TraceRing.create(events)),
    origin: monotonic(),
  };
}

/** Writes what the ranks have noted, however their run has ended; they must have ended. */
export async function writeTrace(
  file: string,
  plan: TracePlan,
  heap: Heap,
  head: TraceHead,
): Promise<TraceSummary> {
  const ranks = plan.rings.map((ring) => new TraceRing(ring, heap, plan.origin).read());
  const beside = `${file}.${process.pid}.part`;
  try {
    const handle = await open(beside, 'w');
    try {
      for (const text of chromeTrace(ranks, head)) await handle.write(text);
    } finally {
      await handle.close();
    }
    await rename(beside, file);
  } catch (cause) {
    await rm(beside, { force: true });
    throw fileError(`${file} cannot be written`, cause);
  }
  return {
    file,
    events: ranks.reduce((n, r) => n + r.count, 0),
    dropped: ranks.reduce((n, r) => n + r.dropped, 0),
  };
}
