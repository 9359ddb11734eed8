import { HaloweaveError, require } from './errors.js';
import { HIGH, LOW, PER_TWO32, TWO32, threefry4x32 } from './words.js';

/**
 * Three groups of Threefry, 12 rounds: the fewest from which on its authors know of no statistical flaw of
 * 4×32. The hash guards against differing runs, not against an adversary.
 */
const GROUPS = 3;
/** Names are hashed once a field, so at the generator's full 20 rounds. */
const NAME_GROUPS = 5;
/** Sums of words below 2^32 stay below 2^53 for 2^21 values; then carries must be taken. */
const CAPACITY = 2 ** 21;
/** Values are converted in pieces of this many, which stay in the first-level cache. */
const PIECE = 256;
/** Xored into the key for 64-bit integers, so that their bits are never mistaken for a double's. */
const INTEGER64 = 0x696e7436; // 'int6'

const INFINITY_HIGH = 0x7ff00000;
const NAN_HIGH = 0x7ff80000;

/** The key of a field: its name, and the 128 bits that stand for it. From `StateHash.fieldKey`. */
export interface FieldKey {
  /** The field's name. */
  readonly name: string;
  /** Four words. Read only. */
  readonly words: Uint32Array;
}

/** What a field can be made of. */
export type StateArray =
  | Float64Array
  | Float32Array
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

/** Shared by the hashes of a thread: every method runs to its end. */
const piece = new Float64Array(PIECE);
const pieceWords = new Uint32Array(piece.buffer);
const mixed = new Uint32Array(4);

/**
 * The state hash: a sum of one 128-bit mix for each value of the state,
 *
 *     H = Σ Threefry-4×32-12(counter = (index, bits(value)), key(field name))  mod 2^128
 *
 * Being a sum, it does not depend on the order of the values nor on who added which: ranks hash what
 * they own and merge. Being a bijection of (index, value bits) for each field, the mix itself never collides
 * within a field. Deterministic, the same on every machine; the format is frozen, because hashes are compared
 * across versions.
 *
 * Values: a double counts by its bits, with every NaN as 0x7ff8000000000000 and −0 unlike +0. Floats and
 * integers of up to 32 bits count as the double of the same value, so a field may change dtype without
 * changing its hash when no value changes. 64-bit integers count by their 64 bits, under a tagged key:
 * signed and unsigned of equal bits are equal, and none equals a double.
 *
 * Adding the same value twice is not the same as once: hash owned cells only. Cost about 20 ns a value,
 * no allocation (but one view a row of 64-bit integers); 16 bytes to send.
 *
 * Source of the mix: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3" (2011);
 * of the additive combination: Bellare, Micciancio, "A new paradigm for collision-free hashing" (1997).
 */
export class StateHash {
  /** Length of the serialised form, least significant word first. */
  static readonly WORDS = 4;

  /** Four digits of base 2^32, not carried. */
  private readonly digits = new Float64Array(4);
  private count = 0;

  /**
   * The key of a field name: Threefry-4×32-20 over the blocks of 16 bytes of its UTF-8 form, each block
   * encrypted under the state so far and xored in (Matyas, Meyer, Oseas 1985), the byte length last.
   * An unpaired surrogate counts as U+FFFD.
   */
  static fieldKey(name: string): FieldKey {
    const bytes = new TextEncoder().encode(name);
    const words = new Uint32Array(4);
    const block = new Uint32Array(4);
    for (let at = 0; at < bytes.length + 16; at += 16) {
      block.fill(0);
      const last = at >= bytes.length;
      if (last) block[0] = bytes.length;
      for (let i = at; i < Math.min(at + 16, bytes.length); i++) {
        block[(i - at) >>> 2] |= bytes[i] << (8 * (i & 3));
      }
      const [c0, c1, c2, c3] = block;
      threefry4x32(mixed, NAME_GROUPS, c0, c1, c2, c3, words[0], words[1], words[2], words[3]);
      for (let i = 0; i < 4; i++) words[i] = mixed[i] ^ block[i];
    }
    return { name, words };
  }

  /**
   * Adds one value of a field at a global index, an integer from 0 to 2^53 − 1.
   * @throws HaloweaveError('argument') if the index is not one.
   */
  add(key: FieldKey, index: number, value: number): void {
    requireIndices(index, 1, 1);
    piece[0] = value;
    this.addBits(key, index, pieceWords, 0, 1, 2, 1, 0);
  }

  /**
   * Adds `count` values of a field: for j = 0 … count − 1 the value `values[start + j·stride]` at
   * global index `firstIndex + j·indexStride`. The same as `add` on each. Strides may be negative or zero.
   * `values` may lie on shared memory, but nobody may write the row meanwhile.
   * @throws HaloweaveError('argument') if an index is not an integer from 0 to 2^53 − 1, or the row is not
   *   inside `values`.
   */
  addRow(
    key: FieldKey,
    firstIndex: number,
    values: StateArray,
    start: number,
    count: number,
    stride: number,
    indexStride = 1,
  ): void {
    requireRow(values.length, start, count, stride);
    if (count === 0) return;
    requireIndices(firstIndex, count, indexStride);
    if (values instanceof BigInt64Array || values instanceof BigUint64Array) {
      const words = new Uint32Array(values.buffer, values.byteOffset, values.length * 2);
      this.addBits(key, firstIndex, words, start * 2, count, stride * 2, indexStride, INTEGER64);
      return;
    }
    for (let done = 0; done < count; done += PIECE) {
      const length = Math.min(PIECE, count - done);
      const from = start + done * stride;
      // The same loop twice: one that meets every type of array is three times slower for all of them.
      if (values instanceof Float64Array) {
        for (let j = 0; j < length; j++) piece[j] = values[from + j * stride];
      } else {
        for (let j = 0; j < length; j++) piece[j] = values[from + j * stride];
      }
      this.addBits(key, firstIndex + done * indexStride, pieceWords, 0, length, 2, indexStride, 0);
    }
  }

  /** Adds what `other` has hashed; `other` keeps it. May be this object. */
  merge(other: StateHash): void {
    other.carry();
    this.carry();
    for (let i = 0; i < 4; i++) this.digits[i] += other.digits[i];
    this.count = 2;
  }

  /** The hash as four words, least significant first. */
  words(): Uint32Array {
    this.carry();
    return Uint32Array.from(this.digits);
  }

  /**
   * Writes the four words from `words[at]`.
   * @throws HaloweaveError('argument') if there is no room.
   */
  writeWords(words: Int32Array | Uint32Array, at: number): void {
    require(at >= 0 && at + 4 <= words.length, 'StateHash.writeWords: no room for the words');
    this.carry();
    for (let i = 0; i < 4; i++) words[at + i] = this.digits[i];
  }

  /**
   * Adds the hash that `writeWords` left in `words[at] …`.
   * @throws HaloweaveError('argument') if the words end too early.
   */
  mergeWords(words: Int32Array | Uint32Array, at: number): void {
    require(at >= 0 && at + 4 <= words.length, 'StateHash.mergeWords: too few words');
    for (let i = 0; i < 4; i++) this.digits[i] += words[at + i] >>> 0;
    if (++this.count >= CAPACITY) this.carry();
  }

  /** 32 lowercase hexadecimal digits, the most significant first. Of no value at all: 32 zeros. */
  hex(): string {
    this.carry();
    let text = '';
    for (let i = 3; i >= 0; i--) text += this.digits[i].toString(16).padStart(8, '0');
    return text;
  }

  /** Adds 64-bit values that lie as two words each, `step` words apart; with tag 0 they are doubles. */
  private addBits(
    key: FieldKey,
    firstIndex: number,
    bits: Uint32Array,
    start: number,
    count: number,
    step: number,
    indexStride: number,
    tag: number,
  ): void {
    const { digits } = this;
    // Signed from here on: an unsigned word above 2^31 would be passed on as an allocated number.
    const k0 = key.words[0] | 0;
    const k1 = key.words[1] | 0;
    const k2 = key.words[2] | 0;
    const k3 = key.words[3] ^ tag;
    for (let j = 0; j < count; j++) {
      const index = firstIndex + j * indexStride;
      const at = start + j * step;
      let low = bits[at + LOW] | 0;
      let high = bits[at + HIGH] | 0;
      if ((high & INFINITY_HIGH) === INFINITY_HIGH && tag === 0 && ((high & 0xfffff) | low) !== 0) {
        low = 0;
        high = NAN_HIGH;
      }
      threefry4x32(mixed, GROUPS, index | 0, (index * PER_TWO32) | 0, low, high, k0, k1, k2, k3);
      digits[0] += mixed[0];
      digits[1] += mixed[1];
      digits[2] += mixed[2];
      digits[3] += mixed[3];
      if (++this.count >= CAPACITY) this.carry();
    }
  }

  /** Brings the digits below 2^32; what leaves the highest is dropped, which is the modulus. */
  private carry(): void {
    if (this.count === 0) return;
    let carry = 0;
    for (let i = 0; i < 4; i++) {
      const digit = this.digits[i] + carry;
      carry = Math.floor(digit * PER_TWO32);
      this.digits[i] = digit - carry * TWO32;
    }
    this.count = 1; // digits below 2^32 take the room of one more addition
  }
}

/** A read outside would give undefined, hence NaN, without a word. */
function requireRow(length: number, start: number, count: number, stride: number): void {
  const end = start + Math.max(count - 1, 0) * stride;
  const integers = Number.isInteger(start) && Number.isInteger(stride) && Number.isInteger(count);
  if (integers && count >= 0 && (count === 0 || (Math.min(start, end) >= 0 && Math.max(start, end) < length)))
    return;
  throw new HaloweaveError(
    'argument',
    `StateHash: row of ${count} from ${start} by ${stride} is not inside the ${length} values`,
  );
}

/** Refuses rows whose indices would round, or whose two words would not be the index. */
function requireIndices(first: number, count: number, stride: number): void {
  const last = first + (count - 1) * stride;
  const integers = Number.isSafeInteger(first) && Number.isSafeInteger(last) && Number.isInteger(stride);
  if (integers && first >= 0 && last >= 0) return;
  throw new HaloweaveError(
    'argument',
    `StateHash: indices ${first} to ${last} are not integers from 0 to 2^53 - 1`,
  );
}
