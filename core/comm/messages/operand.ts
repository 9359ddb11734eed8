import type { HaloweaveError } from '../../base/errors.js';
import { DTYPES, dtypeOf, isTypedArray, type TypedArray } from '../../memory/dtype.js';
import { isNdArray, type NdArray } from '../../memory/ndarray.js';
import { Kind, markOf } from '../../wire/cell.js';
import type { Operation } from '../operation.js';
import { describeArray, describeForm, differentForms, type Form, formOf } from '../operations/forms.js';
import { bytesOf, type Outgoing, outgoing } from '../payload.js';
import type { Call, Incoming, Steps } from './call.js';
import { formOfMark } from './signature.js';

// What marks tell of operands: their form, or for arrays the dtype from one of these on. 0 is not told: operands of a
// user's function need not be of one form.
const TYPED = 16;
const NDARRAY = 32;

/** One rank's operand of a reduction, and what its messages tell of it. */
export class Operand {
  readonly op: Operation;
  readonly value: unknown;
  /** For the mark of every message. */
  readonly form: number;
  /** The contiguous elements of an array that a built-in operation takes element by element, else null. */
  readonly data: TypedArray | null;
  /** The extents that travel with its messages; null if it is no such array. */
  readonly shape: readonly number[] | null;
  /** Whether its partials are bare elements, so that the extents have to be added. */
  #wraps = false;

  constructor(value: unknown, op: Operation) {
    this.value = value;
    this.op = op;
    const array = op.code !== 0 && (isTypedArray(value) || isNdArray(value));
    const o = array ? outgoing(value) : null;
    this.data = o ? o.data : null;
    this.shape = o ? (o.shape ?? [o.data.length]) : null;
    this.form = op.code === 0 ? 0 : formCode(value);
  }

  /** Bytes of the partial of one element, for the choice of an algorithm. */
  partialBytes(): number {
    const { data, op } = this;
    return data && data.length > 0 ? bytesOf(outgoing(op.partial(data.subarray(0, 1)))) : 0;
  }

  /** The own operand as a partial, to begin with. */
  begin(): unknown {
    const partial = this.op.partial(this.value);
    this.#wraps = this.shape !== null && isTypedArray(partial);
    return partial;
  }

  /** A partial as a message: that of an array has the extents of the operand with it. */
  pack(partial: unknown): Outgoing {
    return this.#wraps ? this.share(partial as TypedArray) : outgoing(partial);
  }

  /** Elements or partials of an array as a message, with the extents of the whole operand. */
  share(data: TypedArray): Outgoing {
    return { kind: Kind.ndarray, dtype: dtypeOf(data), data, shape: this.shape };
  }

  /** Waits for another rank's partial. Throws if its operand is not of the same form. */
  *take(call: Call, incoming: Incoming): Steps<unknown> {
    const got = yield* call.take(incoming);
    this.#check(call, incoming, got);
    return this.#wraps ? (got as NdArray).data : got;
  }

  /** Waits for a share of another rank's elements. */
  *takeShare(call: Call, incoming: Incoming): Steps<TypedArray> {
    const got = yield* call.take(incoming);
    this.#check(call, incoming, got);
    return (got as NdArray).data;
  }

  /** Throws if the sender's operand is of another form; `shape` is what its message told of extents. */
  checkForm(call: Call, { from, posted }: Incoming, shape: readonly number[] | null): void {
    const theirs = formOfMark(markOf(posted.word!));
    if (theirs !== this.form) throw differentOperand(call, this, from, theirs, shape);
  }

  #check(call: Call, incoming: Incoming, got: unknown): void {
    const shape = isNdArray(got) ? got.shape : null;
    this.checkForm(call, incoming, shape);
    if (this.shape && !sameExtents(this.shape, shape))
      throw differentOperand(call, this, incoming.from, this.form, shape);
  }
}

function formCode(value: unknown): number {
  if (isTypedArray(value)) return TYPED + dtypeOf(value).code;
  if (isNdArray(value)) return NDARRAY + dtypeOf(value.data).code;
  return formOf(value);
}

function sameExtents(a: readonly number[], b: readonly number[] | null): boolean {
  return b !== null && a.length === b.length && a.every((n, k) => n === b[k]);
}

function describeCode(code: number, shape: readonly number[] | null): string {
  if (code < TYPED) return describeForm(code as Form);
  const nd = code >= NDARRAY;
  const dtype = DTYPES[code - (nd ? NDARRAY : TYPED)]!.name;
  if (!shape) return `${nd ? 'an ndarray' : 'an array'} of ${dtype}`;
  return describeArray(dtype, shape[0] ?? 0, nd ? shape : null);
}

/** For an operand that another rank has; `code` and `shape` are what its message tells of it. */
export function differentOperand(
  call: Call,
  mine: Operand,
  other: number,
  code: number,
  shape: readonly number[] | null,
): HaloweaveError {
  const own = describeCode(mine.form, mine.shape);
  return differentForms(call.name, call.rank, own, other, describeCode(code, shape));
}
