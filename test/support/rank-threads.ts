import { Worker } from 'node:worker_threads';
import { Heap } from '../../core/memory/heap.js';
import { ThreadsControl } from '../../core/transport/threads/control.js';
import { compiledUrl } from './paths.js';
import type { ThreadSetup } from './rank-thread.js';

export interface ThreadsOptions {
  /** A file beside the test programs whose exported functions ranks run. */
  module: string;
  body: string;
  ranks: number;
  cells?: number;
  spins?: number;
  heap?: Heap;
  args?: Readonly<Record<string, unknown>>;
}

/**
 * Runs one function on several ranks without the launcher, so that a test chooses mailbox, heap and
 * spinning. Gives what each rank's function gave; the first error ends all of them.
 */
export async function rankThreads(options: ThreadsOptions): Promise<unknown[]> {
  const { ranks, cells = 256, spins = 0, heap = Heap.create(), args = {} } = options;
  const control = new ThreadsControl(ranks, cells);
  const workers = Array.from({ length: ranks }, (_, rank) => {
    const setup: ThreadSetup = {
      module: compiledUrl(`test/programs/comm/${options.module}`),
      body: options.body,
      rank,
      ranks,
      cells,
      spins,
      control: control.buffer,
      heap: heap.handle(),
      args,
    };
    return new Worker(new URL(compiledUrl('test/support/rank-thread.ts')), {
      workerData: setup,
      execArgv: ['--enable-source-maps'],
    });
  });
  try {
    return await Promise.all(
      workers.map(
        (worker, rank) =>
          new Promise<unknown>((resolve, reject) => {
            worker.on('message', (message: { value: unknown }) => resolve(message.value));
            worker.on('error', reject);
            worker.on('exit', (code) => reject(new Error(`rank ${rank} exited with code ${code}`)));
          }),
      ),
    );
  } finally {
    control.abort(-1);
    await Promise.all(workers.map((w) => w.terminate()));
    if (!options.heap) heap.close();
  }
}
