import { HaloweaveError } from '../base/errors.js';
import { isContiguous, unpackFrom } from '../memory/array.js';
import { dtypeOf, isTypedArray, type TypedArray } from '../memory/dtype.js';
import { type Buffer, outgoing } from './payload.js';

/** Stands for the send buffer of a call whose own piece lies in the receive buffer already, as MPI_IN_PLACE. */
export const IN_PLACE: unique symbol = Symbol('IN_PLACE');
/** The type of `IN_PLACE`. */
export type InPlace = typeof IN_PLACE;

/** Elements for each rank, or where they begin. */
export type Counts = ArrayLike<number>;

/** A buffer's elements one after the other in C order. */
export interface Run {
  readonly data: TypedArray;
  /** False if `data` is a packed copy. */
  readonly direct: boolean;
  /** Brings what was written into `data` to the buffer. */
  finish(): void;
}

const nothing = (): void => {};

/** The elements of a buffer to read from or to write to: where they lie, or a packed copy if it is strided. */
export function runOf(buffer: Buffer): Run {
  if (isTypedArray(buffer)) return { data: buffer, direct: true, finish: nothing };
  const { data } = outgoing(buffer);
  return isContiguous(buffer)
    ? { data, direct: true, finish: nothing }
    : { data, direct: false, finish: () => unpackFrom(buffer, data, 0) };
}

/** Where in a run each rank's piece lies. */
export interface Cut {
  readonly counts: readonly number[];
  readonly starts: readonly number[];
}

/** For errors: which rank makes which call. */
export interface Caller {
  readonly rank: number;
  readonly size: number;
  readonly call: string;
}

export function refuseArgument({ rank, call }: Caller, why: string): never {
  throw new HaloweaveError('argument', `${call}: rank ${rank}: ${why}`, { rank, operation: call });
}

/** Equal pieces of a run. */
export function equalCut(length: number, caller: Caller, name: string): Cut {
  const n = length / caller.size;
  if (!Number.isInteger(n))
    refuseArgument(
      caller,
      `the ${name} buffer holds ${length} elements, which do not part into ${caller.size} equal pieces: use the variable-count form, or another length`,
    );
  return {
    counts: new Array<number>(caller.size).fill(n),
    starts: Array.from({ length: caller.size }, (_, r) => r * n),
  };
}

/**
 * Pieces of given counts and places (by default one after the other) of a run of `length` elements. Pieces of a
 * receive buffer must not overlap.
 */
export function variableCut(
  length: number,
  counts: Counts | null | undefined,
  displacements: Counts | null | undefined,
  caller: Caller,
  name: 'send' | 'receive',
): Cut {
  const list = (what: string, given: Counts | null | undefined): number[] => {
    const values = Array.from(given ?? []);
    if (values.length !== caller.size)
      refuseArgument(
        caller,
        `${name} ${what} has ${given ? values.length : 'no'} entries: pass ${caller.size}, one for each rank`,
      );
    values.forEach((v, r) => {
      if (!(Number.isSafeInteger(v) && v >= 0))
        refuseArgument(caller, `${name} ${what}[${r}] is ${v}: use a whole number of 0 or more`);
    });
    return values;
  };
  const sizes = list('counts', counts);
  let end = 0;
  const starts = displacements
    ? list('displacements', displacements)
    : sizes.map((n) => {
        end += n;
        return end - n;
      });
  sizes.forEach((n, r) => {
    if (starts[r]! + n > length)
      refuseArgument(
        caller,
        `the piece of rank ${r} is elements ${starts[r]} to ${starts[r]! + n - 1} of the ${name} buffer, which holds ${length}`,
      );
  });
  if (name === 'receive') refuseOverlap(sizes, starts, caller);
  return { counts: sizes, starts };
}

function refuseOverlap(counts: readonly number[], starts: readonly number[], caller: Caller): void {
  const order = counts
    .map((_, r) => r)
    .filter((r) => counts[r]! > 0)
    .sort((a, b) => starts[a]! - starts[b]!);
  for (let k = 1; k < order.length; k++) {
    const [a, b] = [order[k - 1]!, order[k]!];
    if (starts[a]! + counts[a]! > starts[b]!)
      refuseArgument(
        caller,
        `the pieces of ranks ${Math.min(a, b)} and ${Math.max(a, b)} overlap in the receive buffer at element ${starts[b]}`,
      );
  }
}

/** The pieces themselves, as views. */
export function piecesOf(run: TypedArray, cut: Cut): TypedArray[] {
  return cut.counts.map((n, r) => run.subarray(cut.starts[r], cut.starts[r]! + n));
}

/** Refuses buffers of different dtypes on one rank. */
export function sameDtype(send: TypedArray, receive: TypedArray, caller: Caller): void {
  const [a, b] = [dtypeOf(send).name, dtypeOf(receive).name];
  if (a !== b)
    refuseArgument(caller, `the send buffer is of ${a}, the receive buffer of ${b}: use one dtype`);
}
