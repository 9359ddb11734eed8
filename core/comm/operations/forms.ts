import { HaloweaveError } from '../../base/errors.js';
import { ExactSum } from '../../base/exact-sum.js';
import { dtypeOf, isTypedArray, type TypedArray } from '../../memory/dtype.js';
import { isNdArray, type NdArray } from '../../memory/ndarray.js';

/** What an operand is, as far as operations tell apart. */
export const Form = {
  /** Anything else. */
  value: 0,
  number: 1,
  array: 2,
  ndarray: 3,
  exactSum: 4,
  /** Two arrays, for `dot`. */
  pair: 5,
  boolean: 6,
  bigint: 7,
  /** A value with its location. */
  located: 8,
} as const;
export type Form = (typeof Form)[keyof typeof Form];

/** A value with the place where it was found: a rank, or an index. */
export interface Located {
  /** The least or greatest value. */
  readonly value: number;
  /** Where it was found; the lowest such place. */
  readonly location: number;
}

/** As errors name what an operation takes. */
const NAMES = [
  'any value',
  'a number',
  'a typed array',
  'an ndarray',
  'an ExactSum',
  'a pair [a, b] of arrays',
  'a boolean',
  'a bigint',
  'a { value, location }',
];

export const isArray = (x: unknown): x is TypedArray | NdArray => isTypedArray(x) || isNdArray(x);

export function formOf(value: unknown): Form {
  switch (typeof value) {
    case 'number':
      return Form.number;
    case 'boolean':
      return Form.boolean;
    case 'bigint':
      return Form.bigint;
    case 'object':
      break;
    default:
      return Form.value;
  }
  if (value === null) return Form.value;
  if (isTypedArray(value)) return Form.array;
  if (isNdArray(value)) return Form.ndarray;
  if (value instanceof ExactSum) return Form.exactSum;
  if (Array.isArray(value))
    return value.length === 2 && value.every((x) => isArray(x)) ? Form.pair : Form.value;
  const { value: v, location } = value as Partial<Located>;
  return typeof v === 'number' && typeof location === 'number' ? Form.located : Form.value;
}

/** Number of elements of a typed array or ndarray. */
export const countOf = (a: TypedArray | NdArray): number =>
  isTypedArray(a) ? a.length : a.shape.reduce((x, y) => x * y, 1);

/** An operand's form with dtype and extents, as errors tell it: 'an array of 4 f64', 'a number'. */
export function describe(value: unknown): string {
  const form = formOf(value);
  switch (form) {
    case Form.array:
      return describeArray(dtypeOf(value as TypedArray).name, (value as TypedArray).length, null);
    case Form.ndarray:
      return describeArray(dtypeOf((value as NdArray).data).name, 0, (value as NdArray).shape);
    case Form.value:
      return value === null ? 'null' : `a value of type ${typeof value}`;
    default:
      return describeForm(form);
  }
}

export function describeArray(dtype: string, count: number, shape: readonly number[] | null): string {
  return shape ? `an ndarray of shape [${shape.join(', ')}] of ${dtype}` : `an array of ${count} ${dtype}`;
}

export const describeForm = (form: Form): string => NAMES[form]!;

/** The forms that an operation takes, as a list in words. */
export function listForms(forms: readonly Form[]): string {
  const names = forms.map((f) => NAMES[f]!);
  return names.length === 1 ? names[0]! : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
}

/** For operands of a reduction that do not go together. `mine` and `theirs` as `describe` tells them. */
export function differentForms(
  call: string,
  rank: number,
  mine: string,
  other: number,
  theirs: string,
): HaloweaveError {
  return new HaloweaveError(
    'program',
    `${call}: rank ${rank} passes ${mine}, rank ${other} passes ${theirs}; all ranks must pass values of one form`,
    { rank, operation: call },
  );
}

/** For what arrives in a buffer of another dtype or count. */
export function misfit(
  call: string,
  rank: number,
  buffer: TypedArray | NdArray,
  other: number,
  sent: string,
): HaloweaveError {
  const dtype = dtypeOf(isTypedArray(buffer) ? buffer : buffer.data).name;
  return new HaloweaveError(
    'truncated',
    `${call}: rank ${other} passes ${sent} where rank ${rank} has room for ${countOf(buffer)} ${dtype}: dtype and count must be the same on both sides`,
    { rank, operation: call },
  );
}

/** The same where nobody knows from which ranks the operands come: partials have met that cannot be combined. */
export function differentOperands(operation: string, left: string, right: string): HaloweaveError {
  return new HaloweaveError(
    'program',
    `${operation} cannot combine ${left} with ${right}; all ranks must pass values of one form`,
    { operation },
  );
}
