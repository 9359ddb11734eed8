import { addExtension, Packr } from 'msgpackr';
import { HaloweaveError } from '../base/errors.js';
import { ExactSum } from '../base/exact-sum.js';
import { hasNegativeZero, negateZeros, negativeZeros, type Place } from './negative-zeros.js';

// Records keep plain objects apart from Maps, and let objects refer to themselves: without them both would be
// MessagePack maps. None are shared between messages, so that bytes depend on the value alone.
const packr = new Packr({ useRecords: true, structuredClone: true, useBigIntExtension: true });
// Unless told, the encoder turns a function inside a structure into undefined without a word.
Object.assign(packr, { writeFunction: refuseFunction });

/** MessagePack extension of an ExactSum: its words. From 1 to 100 they are free for applications. */
const EXACT_SUM = 1;
addExtension({
  Class: ExactSum,
  type: EXACT_SUM,
  pack(sum: ExactSum) {
    const words = new Int32Array(ExactSum.WORDS);
    sum.write(words, 0);
    return new Uint8Array(words.buffer) as Buffer;
  },
  unpack(bytes: Buffer) {
    const words = new Int32Array(ExactSum.WORDS);
    new Uint8Array(words.buffer).set(bytes);
    const sum = new ExactSum();
    sum.mergeFrom(words, 0);
    return sum;
  },
});

/** A value, and where it has a −0: the encoder writes every zero as an integer, and those have no sign. */
class Signed {
  readonly value: object;
  readonly places: Place[];
  constructor(value: object) {
    this.value = value;
    this.places = negativeZeros(value);
  }
}

/** MessagePack extension of a Signed: the places and the value. */
const SIGNED = 2;
addExtension({
  Class: Signed,
  type: SIGNED,
  write: ({ places, value }: Signed) => [places, value],
  read: (pair: unknown) => {
    const [places, value] = Array.isArray(pair) ? (pair as unknown[]) : [];
    return negateZeros(value, places);
  },
});

/** The double −0: MessagePack integers, which the encoder prefers, have no such number. */
const NEGATIVE_ZERO = Uint8Array.of(0xcb, 0x80, 0, 0, 0, 0, 0, 0, 0);

/**
 * A structured value (numbers, strings, bigint, Map, Set, Date, ExactSum, typed arrays, nested and cyclic objects) as
 * MessagePack. The same numbers come out, −0 included; of two arrays that are views of one buffer, two of their own.
 */
export function encode(value: unknown): Uint8Array {
  if (typeof value === 'function' || typeof value === 'symbol') refuseFunction(value);
  if (typeof value === 'object' && value !== null)
    return packr.pack(hasNegativeZero(value) ? new Signed(value) : value);
  return Object.is(value, -0) ? NEGATIVE_ZERO.slice() : packr.pack(value);
}

/** The value of MessagePack bytes. Typed arrays inside are copies: nothing refers to `bytes` afterwards. */
export function decode(bytes: Uint8Array): unknown {
  return packr.unpack(bytes);
}

function refuseFunction(value: unknown): never {
  throw new HaloweaveError(
    'argument',
    `a ${typeof value} cannot be sent: send data, and call functions on the rank that has them`,
  );
}
