/** Rank `bad` throws once all others are about to get into the state that `state` names. */
import type { Args, Communicator } from 'haloweave';

export default async function main(comm: Communicator, args: Args) {
  const bad = Number(args.bad ?? 1);
  if (comm.rank === bad) {
    for (let r = 0; r < comm.size; r++) if (r !== bad) comm.recv(r, 1);
    fail(comm);
  }
  comm.send('about to', bad, 1);
  switch (args.state) {
    case 'recv':
      comm.recv(bad, 99);
      break;
    case 'barrier':
      comm.barrier();
      break;
    case 'full':
      // Nobody empties that mailbox.
      for (;;) comm.send(new Float64Array(100), bad, 2);
    case 'large':
      comm.send(new Float64Array(100_000), bad, 2);
      break;
    case 'await':
      await comm.irecv(bad, 99);
      break;
    case 'compute':
      for (let x = 0; ; x = Math.sqrt(x + 1));
    case 'timer':
      await new Promise((resolve) => setTimeout(resolve, 1_000_000));
  }
}

function fail(comm: Communicator): never {
  throw new RangeError(`rank ${comm.rank} has had enough`);
}
