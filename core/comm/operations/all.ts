import type { Operation } from '../operation.js';
import type { BuiltinOperation } from './builtin.js';
import { BitwiseOperation, BracketOperation, ExtremeOperation, LogicalOperation } from './elementwise.js';
import { LocationOperation } from './located.js';
import { DotOperation, ExactSumOperation } from './sums.js';
import { USER_NAME } from './user.js';

// Codes travel in slots and messages: never reused for another operation. 0 is a user's function.
export const SUM = new ExactSumOperation(1);
export const SUM_FAST = new BracketOperation(
  'sum.fast',
  2,
  (a, b) => a + b,
  (a, b) => (a + b) | 0,
  (a, b) => BigInt.asIntN(64, a + b),
);
export const DOT = new DotOperation(3);
export const MIN = new ExtremeOperation(true, 4);
export const MAX = new ExtremeOperation(false, 5);
export const MIN_LOCATION = new LocationOperation(true, 6);
export const MAX_LOCATION = new LocationOperation(false, 7);
export const LOGICAL_AND = new LogicalOperation('logicalAnd', 8, (a, b) => a && b);
export const LOGICAL_OR = new LogicalOperation('logicalOr', 9, (a, b) => a || b);
export const LOGICAL_XOR = new LogicalOperation('logicalXor', 10, (a, b) => a !== b);
export const BITWISE_AND = new BitwiseOperation(
  'bitwiseAnd',
  11,
  (a, b) => a & b,
  (a, b) => a & b,
);
export const BITWISE_OR = new BitwiseOperation(
  'bitwiseOr',
  12,
  (a, b) => a | b,
  (a, b) => a | b,
);
export const BITWISE_XOR = new BitwiseOperation(
  'bitwiseXor',
  13,
  (a, b) => a ^ b,
  (a, b) => a ^ b,
);
export const PRODUCT = new BracketOperation(
  'product',
  14,
  (a, b) => a * b,
  Math.imul,
  (a, b) => BigInt.asIntN(64, a * b),
);

const BUILTIN: readonly BuiltinOperation[] = [
  ...[SUM, SUM_FAST, DOT, MIN, MAX, MIN_LOCATION, MAX_LOCATION, LOGICAL_AND, LOGICAL_OR, LOGICAL_XOR],
  ...[BITWISE_AND, BITWISE_OR, BITWISE_XOR, PRODUCT],
];

/** The name of an operation that another rank has. */
export function operationName(code: number): string {
  return BUILTIN.find((op) => op.code === code)?.name ?? USER_NAME;
}

/** The built-in operation of a name, if there is one. */
export function operationNamed(name: string): Operation | undefined {
  return BUILTIN.find((op) => op.name === name);
}
