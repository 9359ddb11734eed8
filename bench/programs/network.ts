// Rank program of `bench network`: half round trips between ranks 0 and 1 in µs, and a one-way stream from heap arrays in GB/s.
import { type Communicator, copy, free, ndarray, zeros } from 'haloweave';
import { median } from '../report.js';
import { pingPong } from './batches.js';

const MIB = 131072;
/** Messages of a stream, and streams. */
const STREAM = 100;
const STREAMS = 9;
/** Arrays under way: as many as hide the round trip in which a large message meets its receive. The bare pair has all of a stream. */
const UNDER_WAY = 8;

export default function main(comm: Communicator) {
  const half = (elements: number, trips: number): number =>
    pingPong(comm, new Float64Array(elements).fill(1), new Float64Array(elements), trips);
  const results: Record<string, number> = {
    'latency 8 B': half(1, 200),
    'latency 64 KiB': half(8192, 50),
  };
  const arrays = Array.from({ length: UNDER_WAY }, () =>
    comm.rank === 0 ? copy(comm.heap, ndarray(new Float64Array(MIB).fill(1))) : zeros(comm.heap, MIB),
  );
  const rates: number[] = [];
  for (let s = 0; s < STREAMS; s++) {
    comm.barrier();
    const start = performance.now();
    const requests = arrays.map((a, k) =>
      comm.rank === 0 ? comm.isend(a.data, 1, k) : comm.irecvInto(a.data, 0, k),
    );
    for (let m = 0; m < STREAM; m++) {
      const k = m % arrays.length;
      requests[k]!.wait();
      const { data } = arrays[k]!;
      if (m + arrays.length < STREAM)
        requests[k] = comm.rank === 0 ? comm.isend(data, 1, k) : comm.irecvInto(data, 0, k);
    }
    // The receiver says that it has all.
    if (comm.rank === 0) comm.recv(1, 9);
    else comm.send(1, 0, 9);
    rates.push((STREAM * MIB * 8) / (performance.now() - start) / 1e6);
  }
  results['bandwidth 1 MiB'] = median(rates);
  comm.barrier();
  for (const a of arrays) free(comm.heap, a);
  return results;
}
