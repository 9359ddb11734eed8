import { HaloweaveError } from '../../base/errors.js';
import type { TypedArray } from '../../memory/dtype.js';
import type { NdArray } from '../../memory/ndarray.js';
import type { Operation } from '../operation.js';
import {
  BITWISE_AND,
  BITWISE_OR,
  BITWISE_XOR,
  LOGICAL_AND,
  LOGICAL_OR,
  LOGICAL_XOR,
  MAX_LOCATION,
  MIN_LOCATION,
  operationNamed,
  PRODUCT,
} from './all.js';
import { BuiltinOperation } from './builtin.js';
import { describe, type Located } from './forms.js';
import { UserOperation } from './user.js';

export type { Located };

/** What the built-in operations that give back what they take are called. */
export type BuiltinReduction =
  | 'sum'
  | 'sum.fast'
  | 'product'
  | 'min'
  | 'max'
  | 'minLocation'
  | 'maxLocation'
  | 'logicalAnd'
  | 'logicalOr'
  | 'logicalXor'
  | 'bitwiseAnd'
  | 'bitwiseOr'
  | 'bitwiseXor';

/**
 * A built-in operation of reductions: `sum`, `min`, … Operands are numbers, typed arrays and ndarrays (element by
 * element; all ranks pass one dtype and shape), and what the operation's own description names. Same bits on every
 * rank and for every way of carrying it out.
 */
export interface ReduceOperation {
  /** Its name. */
  readonly reduction: BuiltinReduction;
  /** @internal */
  readonly operation?: Operation;
}

/** The operation of scalar products: takes a pair of float arrays, gives a number. */
export interface DotOperation {
  /** Its name. */
  readonly reduction: 'dot';
  /** @internal */
  readonly operation?: Operation;
}

/** The operand of `dot`: two arrays (f64 or f32) of one length. Ranks may have different lengths. */
export type DotOperand = readonly [TypedArray | NdArray, TypedArray | NdArray];

/**
 * A user's operation: associative, a pure function of its two operands. Operands are combined in rank order along
 * the preorder tree: of ranks lo … hi − 1, the lowest has two subtrees, which have the rest, the first the larger
 * half, and (own ∘ left) ∘ right is formed. (Scans use the bracket of recursive doubling.) So the result is the
 * same from run to run even if the function is only nearly associative.
 */
export type FoldOperation<T> = (left: T, right: T) => T;

/** The internal form of what a user passes as operation. @internal */
export function operationOf(op: unknown, call: string): Operation {
  if ((typeof op === 'function' || typeof op === 'object') && op !== null) {
    const { operation } = op as { operation?: unknown };
    if (operation instanceof BuiltinOperation) return operation;
    const { reduction } = op as { reduction?: unknown };
    const named = typeof reduction === 'string' ? operationNamed(reduction) : undefined;
    if (named) return named;
    if (typeof op === 'function') return new UserOperation(op as FoldOperation<unknown>);
  }
  throw new HaloweaveError(
    'argument',
    `${call}: ${describe(op)} is no operation: pass sum, min, max, … or a function (left, right) => …`,
    { operation: call },
  );
}

const reduce = (operation: Operation): ReduceOperation => ({
  reduction: operation.name as BuiltinReduction,
  operation,
});

/**
 * Π of numbers and arrays, rounded after every multiplication, in the canonical bracket (see `FoldOperation`):
 * the same bits for one number of ranks, others for another. Integers are modulo 2^bits.
 */
export const product = reduce(PRODUCT);

/**
 * Of operands `{ value, location }` that with the least value, MPI's MINLOC. NaN comes before every number, −0
 * before +0; of equal values that with the lower location wins. `location` is a whole number: a rank or an index.
 */
export const minLocation = reduce(MIN_LOCATION);

/**
 * Of operands `{ value, location }` that with the greatest value, MPI's MAXLOC. NaN comes before every number, +0
 * before −0; of equal values that with the lower location wins. `location` is a whole number: a rank or an index.
 */
export const maxLocation = reduce(MAX_LOCATION);

/**
 * True if all are, of booleans; of numbers and array elements 1 if none is 0, else 0. NaN is not 0.
 */
export const logicalAnd = reduce(LOGICAL_AND);
/** True if any is, of booleans; of numbers and array elements 0 if all are 0, else 1. NaN is not 0. */
export const logicalOr = reduce(LOGICAL_OR);
/** True if an odd number of them is, of booleans; of numbers and array elements 1 if an odd number is not 0, else 0. */
export const logicalXor = reduce(LOGICAL_XOR);

/**
 * The bits that all have: of whole numbers (safe integers, in two's complement of any length), bigints and arrays
 * of integers, 64 bits included.
 */
export const bitwiseAnd = reduce(BITWISE_AND);
/** The bits that any has. Operands as for `bitwiseAnd`. */
export const bitwiseOr = reduce(BITWISE_OR);
/** The bits that an odd number has. Operands as for `bitwiseAnd`. */
export const bitwiseXor = reduce(BITWISE_XOR);
