/**
 * A token goes round a ring of ranks, and everyone adds its number: point-to-point messages.
 *
 *   npx haloweave run examples/ring.ts -n 4 -- --rounds 3
 *
 * Each round adds 0 + 1 + … + (n − 1), so after r rounds on n ranks the token holds r·n·(n − 1)/2:
 * 18 for the line above. Builds on hello-ranks.
 */
import type { Args, Communicator } from 'haloweave';

export default function main(comm: Communicator, args: Args) {
  const rounds = Number(args.rounds ?? 3);
  const right = (comm.rank + 1) % comm.size;
  const left = (comm.rank + comm.size - 1) % comm.size;
  const token = new Float64Array(1);
  for (let round = 0; round < rounds; round++) {
    if (comm.rank > 0) comm.recvInto(token, left, round);
    token[0]! += comm.rank;
    comm.send(token, right, round);
    // The last rank's message closes the round at rank 0.
    if (comm.rank === 0) comm.recvInto(token, left, round);
  }
  return comm.bcast({ token: token[0], rounds }, 0);
}
