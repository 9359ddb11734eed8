// Rank program of `bench collectives`: µs a call, the median of batches.
import { type Args, type Communicator, max } from 'haloweave';

const BATCHES = 15;

function callTime(comm: Communicator, calls: number, call: () => void): number {
  const times: number[] = [];
  for (let k = 0; k < calls; k++) call();
  for (let batch = 0; batch < BATCHES; batch++) {
    comm.barrier();
    const start = performance.now();
    for (let k = 0; k < calls; k++) call();
    times.push(((performance.now() - start) * 1000) / calls);
  }
  times.sort((a, b) => a - b);
  return times[BATCHES >> 1]!;
}

export default function main(comm: Communicator, args: Args) {
  const calls = Number(args.calls ?? 20000);
  return {
    barrier: callTime(comm, calls, () => comm.barrier()),
    'allreduce max 8 B': callTime(comm, calls, () => comm.allreduce(comm.rank, max)),
  };
}
