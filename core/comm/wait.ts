import { HaloweaveError } from '../base/errors.js';
import { type Wait, whom } from '../wire/wait.js';

export { type Held, type Wait, whom } from '../wire/wait.js';

/** A wait without a limit. */
export function waitFor(operation: string, context: number, peer = -1, tag = -1): Wait {
  return { operation, peer, tag, context, deadline: Number.POSITIVE_INFINITY };
}

/** Throws if the limit of a wait has passed. */
export function checkDeadline(wait: Wait, rank: number): void {
  if (wait.deadline === Number.POSITIVE_INFINITY || performance.now() < wait.deadline) return;
  throw new HaloweaveError(
    'timeout',
    `${wait.operation}${whom(wait)} on rank ${rank} was not over within its limit: the other side is late or never came; give it more time, or look why`,
    { rank, operation: wait.operation, ...(wait.tag >= 0 ? { tag: wait.tag } : {}) },
  );
}
