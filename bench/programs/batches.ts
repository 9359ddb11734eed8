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
