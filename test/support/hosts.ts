import { Worker } from 'node:worker_threads';
import { Heap } from '../../core/memory/heap.js';
import { ThreadsControl } from '../../core/transport/threads/control.js';
import { Bridge, type BridgeCounters } from '../../core/transport/zeromq/bridge.js';
import type { Mesh } from '../../core/transport/zeromq/mesh.js';
import { MemoryMesh, type MemoryMeshOptions } from './memory-mesh.js';
import { compiledUrl } from './paths.js';
import type { ThreadSetup } from './rank-thread.js';

export interface HostsOptions extends MemoryMeshOptions {
  /** A file beside the test programs whose exported functions ranks run. */
  module: string;
  body: string;
  /** Ranks of each host. */
  ranks: readonly number[];
  cells?: number;
  /** Bytes of credit for each host and rank. */
  window?: number;
  args?: Readonly<Record<string, unknown>>;
  /** The links between the hosts (default: in memory). They are closed at the end. */
  meshes?: readonly Mesh[] | undefined;
}

/** What ranks gave, in rank order, and what passed between the hosts. */
export interface HostsOutcome {
  values: unknown[];
  counters: BridgeCounters[];
}

/**
 * Several hosts in this process, each with control memory, a heap and rank threads of its own; nothing but their mesh
 * joins them. Runs one function on all ranks; the first error ends them all.
 */
export async function onHosts(options: HostsOptions): Promise<HostsOutcome> {
  const { cells = 256, args = {}, window } = options;
  const hostOf = Int32Array.from(options.ranks.flatMap((n, host) => new Array<number>(n).fill(host)));
  const ranks = hostOf.length;
  const meshes = options.meshes ?? MemoryMesh.create(options.ranks.length, options);
  const heaps = options.ranks.map(() => Heap.create());
  const controls = options.ranks.map((_, host) => new ThreadsControl(ranks, cells, { hostOf, host }, 3));
  const workers: Worker[] = [];
  let fail: (error: Error) => void = () => {};
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  failed.catch(() => {});
  const bridges = options.ranks.map(
    (_, host) =>
      new Bridge({
        control: controls[host]!,
        heap: heaps[host]!,
        mesh: meshes[host]!,
        ...(window === undefined ? {} : { window }),
        onFault: (_host, error) => fail(error),
      }),
  );
  meshes.forEach((mesh, host) => {
    mesh.onMessage = (from, freight, epoch, frames) => bridges[host]!.receive(from, freight, epoch, frames);
    mesh.onBroken = (from, reason) => fail(new Error(`host ${host} lost host ${from}: ${reason}`));
  });
  try {
    const running = Array.from(hostOf, (host, rank) => {
      const setup: ThreadSetup = {
        module: compiledUrl(`test/programs/comm/${options.module}`),
        body: options.body,
        rank,
        ranks,
        cells,
        spins: 0,
        control: controls[host]!.buffer,
        heap: heaps[host]!.handle(),
        args,
        placement: { hostOf, host },
      };
      const worker = new Worker(new URL(compiledUrl('test/support/rank-thread.ts')), {
        workerData: setup,
        execArgv: ['--enable-source-maps'],
      });
      workers.push(worker);
      return new Promise<unknown>((resolve, reject) => {
        worker.on('message', (message: { value: unknown }) => resolve(message.value));
        worker.on('error', reject);
        worker.on('exit', (code) => reject(new Error(`rank ${rank} exited with code ${code}`)));
      });
    });
    const values = await Promise.race([Promise.all(running), failed]);
    return { values: values as unknown[], counters: bridges.map((b) => b.counters()) };
  } finally {
    for (const control of controls) control.abort(-1);
    await Promise.all(workers.map((w) => w.terminate()));
    for (const bridge of bridges) bridge.stop();
    for (const mesh of meshes) mesh.close();
    for (const heap of heaps) heap.close();
  }
}
