import { HaloweaveError } from '../base/errors.js';
import type { NonblockingForm } from './collective-calls.js';
import type { CollectiveForm } from './collective-form.js';

/** The collectives of a communicator that has been freed: the memory that it met in may be another's by now. */
export function freedForm(rank: number): CollectiveForm & NonblockingForm {
  const refuse = (): never => {
    throw new HaloweaveError(
      'program',
      `rank ${rank} calls a collective of a communicator that has been freed: free it after its last use`,
      { rank },
    );
  };
  return {
    barrier: refuse,
    bcast: refuse,
    gather: refuse,
    allgather: refuse,
    scatter: refuse,
    alltoall: refuse,
    reduce: refuse,
    allreduce: refuse,
    reduceScatter: refuse,
    scan: refuse,
    exscan: refuse,
    ibarrier: refuse,
    ibcast: refuse,
    iallreduce: refuse,
    iallgather: refuse,
    ialltoallv: refuse,
  };
}
