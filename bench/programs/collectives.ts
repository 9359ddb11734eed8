// Rank program of `bench collectives`: µs a call, the median of batches.
import { type Args, type Communicator, max } from 'haloweave';
import { callTime } from './batches.js';

export default function main(comm: Communicator, args: Args) {
  const calls = Number(args.calls ?? 20000);
  return {
    barrier: callTime(comm, calls, () => comm.barrier()),
    'allreduce max 8 B': callTime(comm, calls, () => comm.allreduce(comm.rank, max)),
  };
}
