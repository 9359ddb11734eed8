/** Runs the conformance cases one after the other on all ranks, and checks that none leaves memory behind. */
import type { Communicator } from 'haloweave';
import { conformance } from './cases/all.js';
import type { Case } from './cases/tools.js';

export default function main(comm: Communicator) {
  return conform(comm, conformance);
}

export async function conform(comm: Communicator, cases: readonly Case[]): Promise<string[]> {
  const done: string[] = [];
  for (const c of cases) {
    if (comm.size < (c.least ?? 1)) continue;
    const before = settledBlocks(comm);
    try {
      await c.body(comm);
    } catch (cause) {
      const e = cause as Error & { code?: string };
      // An error of another rank ended this one: it has nothing to add.
      if (e.code === 'aborted') throw e;
      throw new Error(`case '${c.name}', rank ${comm.rank} of ${comm.size}: ${e.message}`, { cause });
    }
    const after = settledBlocks(comm);
    if (after !== before)
      throw new Error(`case '${c.name}' left ${after - before} blocks in the heap (${comm.size} ranks)`);
    done.push(c.name);
  }
  return done;
}

/** Live blocks of the heap at a moment when no rank is in the middle of anything. */
function settledBlocks(comm: Communicator): number {
  // What a collective lent is given back in the next one.
  comm.barrier();
  comm.barrier();
  const blocks = comm.heap.blocks;
  comm.barrier();
  return blocks;
}
