import { operationName } from '../operations/all.js';

/** Which call a rank is in, written in its slot so that others can tell. */
export const What = {
  barrier: 0,
  bcast: 1,
  gather: 2,
  allgather: 3,
  scatter: 4,
  alltoall: 5,
  reduce: 6,
  allreduce: 7,
  reduceScatter: 8,
  scan: 9,
  exscan: 10,
} as const;
export type What = (typeof What)[keyof typeof What];

const NAMES = Object.keys(What);
const ROOTED: readonly What[] = [What.bcast, What.gather, What.scatter, What.reduce];

/** A call with its operation in one word: 0 where there is none, 1 + its code otherwise. */
export const callWord = (what: What, code = -1): number => what | ((code + 1) << 8);
export const callName = (word: number): string => NAMES[word & 0xff]!;

/** A call as errors tell it: 'reduce (sum, root 0)', 'barrier'. */
export function describeCall(word: number, root: number): string {
  const details: string[] = [];
  if (word >> 8 > 0) details.push(operationName((word >> 8) - 1));
  if (ROOTED.includes((word & 0xff) as What)) details.push(`root ${root}`);
  return details.length > 0 ? `${callName(word)} (${details.join(', ')})` : callName(word);
}
