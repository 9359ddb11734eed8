/** Rank 0 leaves a collective before the others come, and then calls another one. */
import type { Communicator } from 'haloweave';

export default function main(comm: Communicator): string[] {
  const twin = comm.dup();
  const errors: string[] = [];
  if (comm.rank === 0) {
    for (const call of [
      () => twin.within(5).barrier(),
      () => twin.allreduce(1, (a, b) => a + b),
      () => twin.gather(1),
    ])
      try {
        call();
      } catch (error) {
        errors.push(`${(error as { code: string }).code}: ${(error as Error).message}`);
      }
  }
  // The others come only now: rank 0 has been counted.
  comm.barrier();
  if (comm.rank > 0) twin.barrier();
  comm.barrier();
  return errors;
}
