/** Rank 0 sleeps for long, and all others wait for it: blocked, and no deadlock. */
import type { Communicator } from 'haloweave';

export default async function main(comm: Communicator) {
  console.log(`rank ${comm.rank} is about to block`);
  if (comm.rank === 0) await new Promise((resolve) => setTimeout(resolve, 1_000_000));
  else comm.recv(0, 1);
}
