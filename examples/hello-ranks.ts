/**
 * Ranks that say hello: the smallest SPMD program.
 *
 *   npx haloweave run examples/hello-ranks.ts -n 2
 *
 * Every rank runs this function. Expected output, in any order of the first lines:
 *   hello from rank 0 of 2
 *   hello from rank 1 of 2
 * and in the summary the sum of all ranks, 1.
 */
import { type Communicator, sum } from 'haloweave';

export default function main(comm: Communicator) {
  console.log(`hello from rank ${comm.rank} of ${comm.size}`);
  return { sumOfRanks: comm.allreduce(comm.rank, sum) };
}
