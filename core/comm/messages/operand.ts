import { HaloweaveError } from '../../base/errors.js';
import { DTYPES, dtypeOf, isTypedArray, type TypedArray } from '../../memory/dtype.js';
import { isNdArray, type NdArray } from '../../memory/ndarray.js';
import { Kind, markOf } from '../../wire/cell.js';
import type { Operation } from '../operation.js';
import { type Buffer, bytesOf, type Outgoing, outgoing } from '../payload.js';
import type { Call, Incoming, Steps } from './call.js';
import { formOfMark } from './signature.js';

// Forms of operands in marks. 0 is not told: operands of a user's function need not be of one form.
const OTHERS = ['number', 'boolean', 'bigint', 'string', 'object'];
const FIRST_OTHER = 1;
const TYPED = 8;
const NDARRAY = TYPED + 16;

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
    this.form = op.code === 0 ? 0 : formOf(value);
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
    if (theirs !== this.form) throw differentForms(call, this, from, theirs, shape);
  }

  #check(call: Call, incoming: Incoming, got: unknown): void {
    const shape = isNdArray(got) ? got.shape : null;
    this.checkForm(call, incoming, shape);
    if (this.shape && !sameExtents(this.shape, shape))
      throw differentForms(call, this, incoming.from, this.form, shape);
  }
}

function formOf(value: unknown): number {
  if (isTypedArray(value)) return TYPED + dtypeOf(value).code;
  if (isNdArray(value)) return NDARRAY + dtypeOf(value.data).code;
  return FIRST_OTHER + OTHERS.indexOf(typeof value);
}

function sameExtents(a: readonly number[], b: readonly number[] | null): boolean {
  return b !== null && a.length === b.length && a.every((n, k) => n === b[k]);
}

function describe(form: number, shape: readonly number[] | null): string {
  if (form >= TYPED) {
    const nd = form >= NDARRAY;
    const dtype = DTYPES[form - (nd ? NDARRAY : TYPED)]!.name;
    if (!shape) return `${nd ? 'an ndarray' : 'an array'} of ${dtype}`;
    return nd ? describeArray(dtype, 0, shape) : describeArray(dtype, shape[0]!, null);
  }
  const name = OTHERS[form - FIRST_OTHER];
  return name === undefined ? 'another value' : name === 'object' ? 'a structured value' : `a ${name}`;
}

function describeArray(dtype: string, count: number, shape: readonly number[] | null): string {
  return shape ? `an ndarray of shape [${shape.join(', ')}] of ${dtype}` : `an array of ${count} ${dtype}`;
}

/** For operands of a reduction that do not go together. */
export function differentForms(
  call: Call,
  mine: Operand,
  other: number,
  form: number,
  shape: readonly number[] | null,
): HaloweaveError {
  const { rank, name: operation } = call;
  return new HaloweaveError(
    'program',
    `${operation}: rank ${rank} passes ${describe(mine.form, mine.shape)}, rank ${other} passes ${describe(form, shape)}; all ranks must pass values of one form`,
    { rank, operation },
  );
}

/** For what arrives in a buffer of another dtype or count. */
export function misfit(
  call: Call,
  buffer: Buffer,
  other: number,
  sent: { kind: Kind; dtype: { name: string }; count: number; shape: readonly number[] | null },
): HaloweaveError {
  const { rank, name: operation } = call;
  const room = isTypedArray(buffer) ? buffer.length : buffer.size;
  const dtype = dtypeOf(isTypedArray(buffer) ? buffer : buffer.data).name;
  const what =
    sent.kind === Kind.object ? 'a structured value' : describeArray(sent.dtype.name, sent.count, sent.shape);
  return new HaloweaveError(
    'truncated',
    `${operation}: rank ${other} passes ${what} where rank ${rank} has room for ${room} ${dtype}: dtype and count must be the same on both sides`,
    { rank, operation },
  );
}
