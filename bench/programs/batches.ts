// What the rank programs of the message benchmarks measure with.
import type { Communicator } from 'haloweave';
import { median } from '../report.js';

/** An odd number, so that the median is a measurement. */
const BATCHES = 15;

/** Microseconds a call of `call`, which all ranks make together: the median of batches of `calls` calls, after one to warm up. */
export function callTime(comm: Communicator, calls: number, call: () => void): number {
  const times: number[] = [];
  for (let k = 0; k < calls; k++) call();
  for (let batch = 0; batch < BATCHES; batch++) {
    comm.barrier();
    const start = performance.now();
    for (let k = 0; k < calls; k++) call();
    times.push(((performance.now() - start) * 1000) / calls);
  }
  return median(times);
}

/** Microseconds of half a round trip between ranks 0 and 1, `out` to the other's `into` and back: as `callTime`. */
export function pingPong(comm: Communicator, out: Float64Array, into: Float64Array, trips: number): number {
  const other = 1 - comm.rank;
  return (
    callTime(comm, trips, () => {
      if (comm.rank === 0) {
        comm.send(out, other, 1);
        comm.recvInto(into, other, 1);
      } else {
        comm.recvInto(into, other, 1);
        comm.send(out, other, 1);
      }
    }) / 2
  );
}
