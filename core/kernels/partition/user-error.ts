import { HaloweaveError } from '../../base/errors.js';
import type { PartId } from './kernel-part.js';

/** A partition as messages name it: numbers as they are, other ids quoted. */
export function partName(id: PartId): string {
  return typeof id === 'string' ? `'${id}'` : String(id);
}

/** Wraps what user code threw, so that the place is in the message and the user's stack is kept. */
export function userError(
  cause: unknown,
  what: string,
  partition: PartId,
  context: { cycle: number; phase: number },
): HaloweaveError {
  // Found by the kernel itself, and placed.
  if (cause instanceof HaloweaveError && cause.code === 'program' && cause.place.partition === partition)
    return cause;
  const inner = cause instanceof Error ? cause : new Error(String(cause));
  const error = new HaloweaveError(
    'program',
    `${what} of partition ${partName(partition)}, cycle ${context.cycle}, phase ${context.phase}: ${inner.message}${hint(inner)}`,
    { partition, cycle: context.cycle, phase: context.phase, operation: what },
  );
  const frames = (inner.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  error.stack = [`${inner.name} in ${error.message}`, ...frames].join('\n');
  return error;
}

/** What to do instead, where the engine's own message does not say. */
function hint(error: Error): string {
  return /^Cannot add property .* object is not extensible$/.test(error.message)
    ? '; what belongs to a partition goes into its fields, or its state, where it moves with it'
    : '';
}

/** Refuses a promise from user code that is called between two steps of a partition. */
export function refusePromise(
  result: unknown,
  what: string,
  partition: PartId,
  context: { cycle: number; phase: number },
): void {
  if (typeof (result as PromiseLike<unknown> | null | undefined)?.then !== 'function') return;
  throw new HaloweaveError(
    'program',
    `${what} of partition ${partName(partition)}, cycle ${context.cycle}, phase ${context.phase} returned a promise: ${what}s are synchronous; do asynchronous work in report, or before the run`,
    { partition, cycle: context.cycle, phase: context.phase, operation: what },
  );
}
