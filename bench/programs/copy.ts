// Rank program of `bench halo`: every rank copies `bytes` from one array of the heap to another, at the same time; GB/s a rank.
import { type Args, type Communicator, free, full, zeros } from 'haloweave';
import { callTime } from './batches.js';

export default function main(comm: Communicator, args: Args) {
  const elements = Number(args.bytes) / 8;
  const source = full(comm.heap, elements, comm.rank + 1);
  const target = zeros(comm.heap, elements);
  const calls = Math.max(20, Math.ceil(2e7 / Number(args.bytes)));
  const us = callTime(comm, calls, () => target.data.set(source.data));
  if (target.data[elements - 1] !== comm.rank + 1)
    throw new Error('the copy has other contents than its source');
  comm.barrier();
  free(comm.heap, source);
  free(comm.heap, target);
  return { copy: Number(args.bytes) / us / 1000 };
}
