/** All ranks but 0 wait for a message that comes only after a while: how much processor time does that take? */
import type { Communicator } from 'haloweave';

const WHILE = 700;

export default async function main(comm: Communicator) {
  comm.barrier();
  if (comm.rank > 0) return comm.recv(0, 1);
  // Ranks park within 50 µs after the barrier; the others of this process do nothing meanwhile.
  const start = performance.now();
  const before = process.cpuUsage();
  await new Promise((resolve) => setTimeout(resolve, WHILE));
  const used = process.cpuUsage(before);
  const wall = performance.now() - start;
  for (let r = 1; r < comm.size; r++) comm.send('go on', r, 1);
  return { cpu: (used.user + used.system) / 1000, wall };
}
