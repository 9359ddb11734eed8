/**
 * What happens when ranks wait for each other: everyone wants to receive before it sends.
 *
 *   npx haloweave run examples/deadlock.ts -n 3
 *   npx haloweave run examples/deadlock.ts -n 3 -- --mend
 *
 * Nothing can ever arrive, so the first line ends within two seconds, with exit code 1 and a list of who waits for
 * whom, where, and which message it is that nobody asked for. The second sends and receives in one call, which cannot
 * block, and gives the sum of all neighbours' numbers: 3 on 3 ranks. Builds on ring.
 */
import { type Args, type Communicator, sum } from 'haloweave';

const HELLO = 1;

export default function main(comm: Communicator, args: Args) {
  const right = (comm.rank + 1) % comm.size;
  const left = (comm.rank + comm.size - 1) % comm.size;
  if (args.mend) return comm.allreduce(comm.sendrecv<number>(comm.rank, right, HELLO, left, HELLO), sum);
  // Every rank stands here, waiting for one that stands here too.
  const heard = comm.recv<number>(left, HELLO);
  comm.send(comm.rank, right, HELLO);
  return comm.allreduce(heard, sum);
}
