/** The entry of the threads that `rankThreads` starts: one rank, on a heap and a mailbox of the test's choice. */
import { parentPort, workerData } from 'node:worker_threads';
import { Communicator } from '../../core/comm/communicator.js';
import { Endpoint } from '../../core/comm/endpoint.js';
import { Heap, type HeapHandle } from '../../core/memory/heap.js';
import type { Placement } from '../../core/transport/threads/layout.js';
import { ThreadsTransport } from '../../core/transport/threads/transport.js';
import { ZeromqTransport } from '../../core/transport/zeromq/transport.js';

export interface ThreadSetup {
  module: string;
  body: string;
  rank: number;
  ranks: number;
  cells: number;
  spins: number;
  control: SharedArrayBuffer;
  heap: HeapHandle;
  args: Readonly<Record<string, unknown>>;
  /** For one of several hosts: whose memory this is. */
  placement?: Placement;
}

/** What a rank's function gets. */
export interface RankTools {
  comm: Communicator;
  endpoint: Endpoint;
  transport: ThreadsTransport;
  heap: Heap;
  args: Readonly<Record<string, unknown>>;
}

export type RankBody = (tools: RankTools) => unknown;

if (parentPort) {
  const setup = workerData as ThreadSetup;
  const heap = Heap.attach(setup.heap);
  const transport = setup.placement
    ? new ZeromqTransport({ ...setup, heap })
    : new ThreadsTransport({ ...setup, heap });
  const endpoint = new Endpoint(transport);
  const comm = new Communicator(endpoint);
  const module = (await import(setup.module)) as Record<string, RankBody>;
  // Whoever allocates first announces an arena: all must listen by then.
  comm.barrier();
  const value = await module[setup.body]!({ comm, endpoint, transport, heap, args: setup.args });
  comm.barrier();
  parentPort.postMessage({ value });
  heap.close();
}
