/** What ranks of several hosts do: the suites that every transport runs, and what only hosts can show. */
import assert from 'node:assert/strict';
import { empty, free } from 'haloweave';
import type { RankTools } from '../../support/rank-thread.js';
import conform from './conformance.js';
import play from './properties.js';

export const conformance = ({ comm }: RankTools) => conform(comm);
export const properties = ({ comm, args }: RankTools) => play(comm, args);

/** Elements of the k-th message of a rank to another: small, in a block, and by rendezvous. */
const SIZES = [1, 12, 13, 300, 2000, 9000, 20_000];
const COUNT = 60;

function message(from: number, to: number, k: number): Float64Array {
  const a = new Float64Array(SIZES[(from + 3 * to + k) % SIZES.length]!);
  for (let i = 0; i < a.length; i++) a[i] = from * 1e6 + to * 1e4 + k + i / 32_768;
  return a;
}

/** Everybody sends everything to everybody before anybody receives anything. */
export function storm({ comm, heap }: RankTools): number {
  const others = Array.from({ length: comm.size }, (_, r) => r).filter((r) => r !== comm.rank);
  const before = heap.blocks;
  comm.barrier();
  const sends = [];
  for (let k = 0; k < COUNT; k++)
    for (const to of others) sends.push(comm.isend(message(comm.rank, to, k), to, k % 3));
  for (let k = 0; k < COUNT; k++)
    for (const from of others)
      assert.deepEqual(comm.recv(from, k % 3), message(from, comm.rank, k), `${k} from ${from}`);
  for (const send of sends) send.wait();
  comm.barrier();
  comm.barrier();
  assert.equal(heap.blocks, before, 'blocks left in the heap');
  comm.barrier();
  return sends.length;
}

/**
 * Ranks 0 and 1 are of host 0, ranks 2 and 3 of host 1. Rank 0 sends to rank 2, which sleeps outside of any call until
 * ranks 1 and 3 have exchanged messages: what rank 2 does not take stops rank 0 and nobody else.
 */
export function slowReader({ comm, heap }: RankTools): void {
  const pair = comm.split(comm.rank >> 1)!;
  const word = comm.rank === 2 ? empty(heap, 1, 'i32') : null;
  if (word) word.data[0] = 0;
  // Ranks 2 and 3 share memory.
  const address = pair.bcast(word ? heap.locate(word.data) : -1, 0);
  const many = 3000;
  if (comm.rank === 0) {
    for (let k = 0; k < many; k++) comm.send(Float64Array.of(k, ...new Array<number>(63).fill(0)), 2);
  } else if (comm.rank === 1) {
    for (let k = 0; k < 200; k++) assert.equal(comm.sendrecv(k, 3, 0, 3, 0), k);
  } else if (comm.rank === 3) {
    for (let k = 0; k < 200; k++) assert.equal(comm.sendrecv(k, 1, 0, 1, 0), k);
    const words = heap.arenaOf(address).words;
    Atomics.store(words, (address % 2 ** 32) / 4, 1);
    Atomics.notify(words, (address % 2 ** 32) / 4);
  } else {
    Atomics.wait(word!.data as Int32Array, 0, 0);
    for (let k = 0; k < many; k++) assert.equal(comm.recv<Float64Array>(0)[0], k);
  }
  comm.barrier();
  if (word) free(heap, word);
}

/** Arrays of a heap go from where they lie to where they belong, private ones through blocks; both at once. */
export function large({ comm, heap }: RankTools): void {
  const peer = comm.size - 1 - comm.rank;
  const n = 300_001;
  for (const [mine, theirs] of [
    [true, true],
    [true, false],
    [false, true],
    [false, false],
  ]) {
    const source = mine ? empty(heap, n) : null;
    const target = theirs ? empty(heap, n) : null;
    const from = (source ? source.data : new Float64Array(n)) as Float64Array;
    const to = (target ? target.data : new Float64Array(n)) as Float64Array;
    for (let i = 0; i < n; i++) from[i] = comm.rank * n + i;
    // Both send first: a large send may wait for its receive, so not with `send`.
    const send = comm.isend(from, peer);
    assert.equal(comm.recvInto(to, peer), n);
    send.wait();
    // The array is the sender's again.
    from.fill(-1);
    for (let i = 0; i < n; i++) if (to[i] !== peer * n + i) assert.fail(`element ${i} is ${to[i]}`);
    comm.barrier();
    for (const a of [source, target]) if (a) free(heap, a);
  }
}
