/** Prints a line and then blocks for ever, or computes for ever. */
import type { Args, Communicator } from 'haloweave';

export default function main(comm: Communicator, args: Args) {
  console.log(`rank ${comm.rank} is about to block`);
  if (args.compute === true) for (let x = 0; ; x = Math.sqrt(x + 1));
  comm.recv((comm.rank + 1) % comm.size, 1);
}
