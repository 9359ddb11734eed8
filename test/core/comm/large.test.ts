import { afterAll, describe, expect, it } from 'vitest';
import { Communicator } from '../../../core/comm/communicator.js';
import { Endpoint } from '../../../core/comm/endpoint.js';
import { Heap } from '../../../core/memory/heap.js';
import { ndarray } from '../../../core/memory/ndarray.js';
import { ThreadsControl } from '../../../core/transport/threads/control.js';
import { ThreadsTransport } from '../../../core/transport/threads/transport.js';

const heap = Heap.create({ arenaBytes: 64 << 20 });
afterAll(() => heap.close());

/** Far above the eager limit: several pieces. */
const N = 50_000;
const CELLS = 8;

interface Rank {
  endpoint: Endpoint;
  comm: Communicator;
}

/** Two ranks in this one thread: nobody may block. */
function pair(hostOf: [number, number]): [Rank, Rank] {
  const control = new ThreadsControl(2, CELLS);
  return [0, 1].map((rank) => {
    const setup = { rank, ranks: 2, cells: CELLS, control: control.buffer, heap, spins: 0 };
    const endpoint = new Endpoint(new ThreadsTransport({ ...setup, hostOf: Int32Array.from(hostOf) }));
    return { endpoint, comm: new Communicator(endpoint) };
  }) as [Rank, Rank];
}

/** Both go on in turn until all is complete. */
function goOn(ranks: readonly Rank[], ...requests: { complete: boolean }[]): void {
  for (let k = 0; requests.some((r) => !r.complete); k++) {
    if (k > 1000) throw new Error('the ranks wait for each other');
    for (const { endpoint } of ranks) endpoint.advance();
  }
}

describe.each<[string, [number, number]]>([
  ['that share memory', [0, 0]],
  ['that share none', [0, 1]],
])('large messages between ranks %s', (_, hostOf) => {
  const numbers = (from: number): Float64Array => Float64Array.from({ length: N }, (_, k) => from + k);

  it('wait for their receives, both ways and several at once, and leave nothing behind', () => {
    const blocks = heap.blocks;
    const [a, b] = pair(hostOf);
    const sends = [
      a.comm.isend(numbers(0), 1, 1),
      b.comm.isend(ndarray(numbers(1e6), [N / 10, 10]), 0, 1),
      a.comm.isend(numbers(2e6), 1, 2),
    ];
    for (let k = 0; k < 20; k++) for (const { endpoint } of [a, b]) endpoint.advance();
    expect(sends.map((s) => s.complete)).toEqual([false, false, false]);
    // In another order than they were sent.
    const receives = [b.comm.irecv(0, 2), a.comm.irecv(1, 1), b.comm.irecv(0, 1)];
    goOn([a, b], ...sends, ...receives);
    expect(receives[0]!.wait()).toEqual(numbers(2e6));
    expect(receives[1]!.wait()).toEqual(ndarray(numbers(1e6), [N / 10, 10]));
    expect(receives[2]!.wait()).toEqual(numbers(0));
    for (const s of sends) s.wait();
    expect([a.endpoint.idle, b.endpoint.idle]).toEqual([true, true]);
    expect(heap.blocks).toBe(blocks);
  });

  it('one whose receive cannot take it releases its sender, and the next one comes', () => {
    const blocks = heap.blocks;
    const [a, b] = pair(hostOf);
    const small = new Float64Array(N - 1);
    const sends = [a.comm.isend(numbers(0), 1), a.comm.isend(numbers(7), 1)];
    const refused = b.comm.irecvInto(small, 0);
    goOn([a, b], sends[0]!, refused);
    expect(() => refused.wait()).toThrow(expect.objectContaining({ code: 'truncated' }));
    sends[0]!.wait();
    const next = b.comm.irecv(0);
    goOn([a, b], sends[1]!, next);
    expect(next.wait()).toEqual(numbers(7));
    expect([a.endpoint.idle, b.endpoint.idle, heap.blocks]).toEqual([true, true, blocks]);
  });
});
