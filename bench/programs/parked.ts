// Rank program of `bench collectives`: every rank but 0 waits for a message that comes after `seconds`.
// Gives the processor time that all threads of the process used meanwhile, as a fraction of one core.
import type { Args, Communicator } from 'haloweave';

export default async function main(comm: Communicator, args: Args) {
  const seconds = Number(args.seconds ?? 2);
  comm.barrier();
  if (comm.rank > 0) {
    comm.recv(0, 1);
    return null;
  }
  // What the others do between the barrier and their sleep is not waiting.
  await new Promise((resolve) => setTimeout(resolve, 300));
  const before = process.cpuUsage();
  const start = performance.now();
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  const used = process.cpuUsage(before);
  const elapsed = (performance.now() - start) * 1000;
  for (let r = 1; r < comm.size; r++) comm.send(0, r, 1);
  return { 'parked ranks': (100 * (used.user + used.system)) / elapsed };
}
