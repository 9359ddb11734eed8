/** Gives back what it was told. */
import { type Args, type Communicator, sum } from 'haloweave';

export default function main(comm: Communicator, args: Args) {
  return { args, size: comm.size, url: import.meta.url, total: comm.allreduce(comm.rank, sum) };
}
