/** Every rank begins a line, waits for all others, and ends it. */
import type { Communicator } from 'haloweave';

export default function main(comm: Communicator): void {
  process.stdout.write(`begin ${comm.rank}, `);
  comm.barrier();
  process.stdout.write(`end ${comm.rank}\n`);
}
