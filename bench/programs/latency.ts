// Rank program of `bench latency`: half round trips between ranks 0 and 1, in µs; 1 MiB also in GB/s.
import { type Communicator, copy, free, ndarray, zeros } from 'haloweave';
import { pingPong } from './batches.js';

export default function main(comm: Communicator) {
  const results: Record<string, number> = {};
  for (const [name, elements, trips] of [
    ['8 B', 1, 20000],
    ['1 KiB', 128, 10000],
    ['64 KiB', 8192, 1000],
  ] as const)
    results[`latency ${name}`] = pingPong(
      comm,
      new Float64Array(elements).fill(1),
      new Float64Array(elements),
      trips,
    );
  const mib = 131072;
  const rate = (us: number): number => (mib * 8) / us / 1000;
  results['bandwidth 1 MiB private'] = rate(
    pingPong(comm, new Float64Array(mib).fill(1), new Float64Array(mib), 300),
  );
  const source = copy(comm.heap, ndarray(new Float64Array(mib).fill(1)));
  const target = zeros(comm.heap, mib);
  results['bandwidth 1 MiB heap'] = rate(pingPong(comm, source.data, target.data, 300));
  comm.barrier();
  free(comm.heap, source);
  free(comm.heap, target);
  return results;
}
