import { HaloweaveError } from '../../base/errors.js';

/** The collectives, by the number under which their messages travel; 0 is a message of its own. */
const CALLS = [
  'no collective',
  'barrier',
  'bcast',
  'gather',
  'allgather',
  'scatter',
  'alltoall',
  'reduce',
  'allreduce',
  'reduceScatter',
  'scan',
  'exscan',
] as const;
export type CallName = Exclude<(typeof CALLS)[number], 'no collective'>;

/** The first of those that take an operation. */
const FIRST_REDUCTION = CALLS.indexOf('reduce');

// Bits of a mark: 4 for the collective, 6 for the code of the operation, 6 for the form of the operand.
const OPERATION_BITS = 6;
const FORM_BITS = 6;
const FORM_MASK = (1 << FORM_BITS) - 1;
const OPERATION_MASK = (1 << OPERATION_BITS) - 1;

/**
 * What every message of a collective says of the call that its sender is in, so that ranks in different calls
 * notice at the first message between them. It lies in bits of the record that are there anyway.
 */
export function markFor(call: CallName, operation: number, form: number): number {
  return (
    (CALLS.indexOf(call) << (OPERATION_BITS + FORM_BITS)) |
    ((operation & OPERATION_MASK) << FORM_BITS) |
    (form & FORM_MASK)
  );
}

export const formOfMark = (mark: number): number => mark & FORM_MASK;

/** Whether two marks are of the same collective with the same operation. */
export const sameCall = (a: number, b: number): boolean => a >> FORM_BITS === b >> FORM_BITS;

/** `allreduce (max)`, `gather`. */
function nameOf(mark: number, operationName: (code: number) => string): string {
  const call = mark >> (OPERATION_BITS + FORM_BITS);
  const name = CALLS[call] ?? `collective ${call}`;
  return call >= FIRST_REDUCTION ? `${name} (${operationName((mark >> FORM_BITS) & OPERATION_MASK)})` : name;
}

export function differentCalls(
  rank: number,
  mine: number,
  other: number,
  theirs: number,
  operationName: (code: number) => string,
): HaloweaveError {
  return new HaloweaveError(
    'program',
    `ranks are in different collectives: rank ${rank} calls ${nameOf(mine, operationName)}, rank ${other} calls ${nameOf(theirs, operationName)}; all ranks must make the same calls in the same order`,
    { rank, operation: CALLS[mine >> (OPERATION_BITS + FORM_BITS)]! },
  );
}
