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
  'agreement',
] as const;
export type CallName = Exclude<(typeof CALLS)[number], 'no collective'>;

/** The first of those that take an operation. */
const FIRST_REDUCTION = CALLS.indexOf('reduce');
/** The last of them. */
const LAST_REDUCTION = CALLS.indexOf('exscan');
const ROOTED = new Set<string>(['bcast', 'gather', 'scatter']);

// Bits of a mark: 4 for the collective; then for reductions 6 for the operation's code and 6 for the operand's form, for
// the others 12 for the root.
const CALL_AT = 12;
const FORM_BITS = 6;
const FORM_MASK = (1 << FORM_BITS) - 1;
const ROOT_MASK = (1 << CALL_AT) - 1;

/**
 * What every message of a collective says of the call that its sender is in, so that ranks in different calls
 * notice at the first message between them. It lies in bits of the record that are there anyway.
 */
export function markFor(call: CallName, root: number): number {
  return (CALLS.indexOf(call) << CALL_AT) | (root & ROOT_MASK);
}
export function markForReduction(call: CallName, operation: number, form: number): number {
  return (CALLS.indexOf(call) << CALL_AT) | ((operation & FORM_MASK) << FORM_BITS) | (form & FORM_MASK);
}

export const formOfMark = (mark: number): number => mark & FORM_MASK;

const isReduction = (mark: number): boolean =>
  mark >> CALL_AT >= FIRST_REDUCTION && mark >> CALL_AT <= LAST_REDUCTION;

/** Whether two marks are of the same collective with the same root or operation. */
export function sameCall(a: number, b: number): boolean {
  return isReduction(a) ? a >> FORM_BITS === b >> FORM_BITS : a === b;
}

/** What tells a call from others of its name: ` (max)`, ` (root 2)`, or nothing. */
export function detailOf(mark: number, operationName: (code: number) => string): string {
  if (isReduction(mark)) return ` (${operationName((mark >> FORM_BITS) & FORM_MASK)})`;
  return ROOTED.has(callOf(mark)) ? ` (root ${mark & ROOT_MASK})` : '';
}

const callOf = (mark: number): string => CALLS[mark >> CALL_AT] ?? `collective ${mark >> CALL_AT}`;

const nameOf = (mark: number, operationName: (code: number) => string): string =>
  callOf(mark) + detailOf(mark, operationName);

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
    { rank, operation: callOf(mine) },
  );
}

/** For a message of a call that this rank has left: its sender's must have been another one. */
export function strayMessage(
  rank: number,
  mine: number,
  other: number,
  operationName: (code: number) => string,
): HaloweaveError {
  return new HaloweaveError(
    'program',
    `rank ${other} has sent a message that rank ${rank} did not need in ${nameOf(mine, operationName)}: ranks differ about the root or the sizes; all ranks must pass the same`,
    { rank, operation: callOf(mine) },
  );
}
