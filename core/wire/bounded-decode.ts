import { isUtf8 } from 'node:buffer';
import { Packr } from 'msgpackr';
import { HaloweaveError } from '../base/errors.js';

/** What a message may cost whoever reads it. */
export interface DecodeLimits {
  /** Its bytes. */
  readonly bytes: number;
  /** Arrays and maps within each other. */
  readonly depth: number;
  /** Values altogether: items of arrays, and keys and values of maps. */
  readonly elements: number;
}

/**
 * Enough for control messages: what grows is a rank's summary (a few values a part) and bytes (a program's bundle, lines
 * of output), which are one element. 2^18 small values are decoded in some 20 ms: a peer cannot hold up the host for long.
 */
export const CONTROL_LIMITS: DecodeLimits = { bytes: 16 * 2 ** 20, depth: 16, elements: 2 ** 18 };

/** Why a message was refused, to be counted by. */
export type RefusalReason =
  | 'too long'
  | 'too deep'
  | 'too many elements'
  | 'incomplete'
  | 'bytes left over'
  | 'key'
  | 'extension'
  | 'text'
  | 'number'
  | 'unknown type';

/** Bytes that are no message this host reads. Costs the sender its message, not the receiver its run. */
export class RefusedMessage extends HaloweaveError {
  /** The class. */
  override readonly name = 'RefusedMessage';
  /** What to count it under. */
  readonly reason: RefusalReason;
  constructor(reason: RefusalReason, message: string, options?: ErrorOptions) {
    super('format', message, {}, options);
    this.reason = reason;
  }
}

// Objects are maps, each with its keys, and nothing is shared between messages: a decoder that keeps structures from
// earlier messages could be told what later ones mean. Members that are undefined are left out, as in JSON.
const packr = new Packr({
  useRecords: false,
  variableMapSize: true,
  // Exact, as larger ones are refused before.
  int64AsType: 'number',
  skipValues: [undefined],
} as ConstructorParameters<typeof Packr>[0]);

/**
 * The value of a MessagePack message from the network: null, booleans, numbers, strings, bytes, arrays and plain objects.
 *
 * The whole structure is walked before anything is built, so that what is refused has cost time in proportion to its
 * bytes and no memory. Refused are messages past a limit, incomplete or with bytes left over, with keys that are no strings,
 * are there twice or reach an object's prototype, with extension types, with text that is not UTF-8, and with integers beyond
 * ±(2^53 − 1). The result still has to be checked against its schema, and must not be merged into other objects.
 *
 * Bytes inside are views of `bytes`, not copies. Deterministic. Throws `RefusedMessage` and nothing else.
 *
 * Source: the MessagePack specification, msgpack/spec.md, version 5.
 */
export function decodeBounded(bytes: Uint8Array, limits: Partial<DecodeLimits> = {}): unknown {
  walk(bytes, { ...CONTROL_LIMITS, ...limits });
  try {
    return packr.unpack(bytes);
  } catch (cause) {
    throw new RefusedMessage('unknown type', 'the message cannot be decoded', { cause });
  }
}

/**
 * The message that `decodeBounded` gives the value of back, but that members that are undefined are left out and that −0
 * becomes 0: numbers whose bits matter travel as bytes. Throws
 * `RefusedMessage` for a value that it would refuse under the same limits: a sender's mistake is found at the sender.
 */
export function encodeBounded(value: unknown, limits: Partial<DecodeLimits> = {}): Uint8Array {
  const bytes = packr.pack(value);
  walk(bytes, { ...CONTROL_LIMITS, ...limits });
  return bytes;
}

function walk(bytes: Uint8Array, limits: DecodeLimits): void {
  if (bytes.length > limits.bytes)
    throw new RefusedMessage('too long', `a message of ${bytes.length} bytes: ${limits.bytes} are allowed`);
  const walker = new Walker(bytes, limits);
  walker.value(0);
  if (walker.at !== bytes.length)
    throw new RefusedMessage('bytes left over', `${bytes.length - walker.at} bytes follow the message`);
}

/** Keys that reach what an object inherits. The encoder of a peer that means well has no reason to write them. */
const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * Bytes that follow the tokens from 0xc0 on whose values have a fixed size, −1 for others: null, (unused), false, true;
 * bytes and extensions; floats of 4 and 8; unsigned and signed integers of 1, 2, 4 and 8.
 */
const FIXED = [0, -1, 0, 0, -1, -1, -1, -1, -1, -1, 4, 8, 1, 2, 4, 8, 1, 2, 4, 8];

class Walker {
  at = 0;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #limits: DecodeLimits;
  #elements = 0;

  constructor(bytes: Uint8Array, limits: DecodeLimits) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#limits = limits;
  }

  /** Steps over one value; `depth` arrays and maps are around it. */
  value(depth: number): void {
    const start = this.at;
    const token = this.#unsigned(1);
    const fixed = token < 0x80 || token >= 0xe0 ? 0 : (FIXED[token - 0xc0] ?? -1);
    if (fixed >= 0) {
      this.#skip(fixed);
      if (token === 0xcf) this.#safe(this.#view.getBigUint64(this.at - 8), start);
      if (token === 0xd3) this.#safe(this.#view.getBigInt64(this.at - 8), start);
    } else if (token < 0x90) this.#map(token & 0xf, depth);
    else if (token < 0xa0) this.#array(token & 0xf, depth);
    else if (token < 0xc0 || (token >= 0xd9 && token <= 0xdb)) this.#text(this.#textLength(token));
    else if (token >= 0xc4 && token <= 0xc6) this.#skip(this.#unsigned((2 ** (token - 0xc4)) as 1 | 2 | 4));
    else if (token >= 0xde) this.#map(this.#unsigned(token === 0xde ? 2 : 4), depth);
    else if (token >= 0xdc) this.#array(this.#unsigned(token === 0xdc ? 2 : 4), depth);
    else if (token === 0xc1)
      throw new RefusedMessage('unknown type', `byte 0xc1 at ${start} begins no value of MessagePack`);
    else throw new RefusedMessage('extension', `an extension type at byte ${start}: none is allowed here`);
  }

  #array(count: number, depth: number): void {
    this.#enter(count, depth);
    for (let i = 0; i < count; i++) this.value(depth + 1);
  }

  #map(count: number, depth: number): void {
    this.#enter(2 * count, depth);
    const keys = new Set<string>();
    for (let i = 0; i < count; i++) {
      const key = this.#key();
      if (FORBIDDEN.has(key)) throw new RefusedMessage('key', `the key '${key}' is not allowed`);
      if (keys.has(key))
        throw new RefusedMessage('key', `the key ${JSON.stringify(key)} is twice in one object`);
      keys.add(key);
      this.value(depth + 1);
    }
  }

  /** Before anything is done for the elements: their number is only what the sender says. Each has a byte at least. */
  #enter(elements: number, depth: number): void {
    if (depth >= this.#limits.depth)
      throw new RefusedMessage(
        'too deep',
        `more than ${this.#limits.depth} arrays and objects within each other`,
      );
    this.#room(elements);
    this.#elements += elements;
    if (this.#elements > this.#limits.elements)
      throw new RefusedMessage('too many elements', `more than ${this.#limits.elements} values in a message`);
  }

  #key(): string {
    const start = this.at;
    const length = this.#textLength(this.#unsigned(1));
    if (length < 0) throw new RefusedMessage('key', `the key at byte ${start} is no string`);
    this.#text(length);
    const from = this.#bytes.byteOffset + this.at - length;
    return Buffer.from(this.#bytes.buffer, from, length).toString();
  }

  /** Bytes of the text that begins with this token, −1 if none does. */
  #textLength(token: number): number {
    if (token >= 0xa0 && token < 0xc0) return token & 0x1f;
    if (token < 0xd9 || token > 0xdb) return -1;
    return this.#unsigned(token === 0xd9 ? 1 : token === 0xda ? 2 : 4);
  }

  #text(length: number): void {
    const from = this.at;
    this.#skip(length);
    if (!isUtf8(this.#bytes.subarray(from, this.at)))
      throw new RefusedMessage('text', `the text at byte ${from} is not UTF-8`);
  }

  #safe(value: bigint, start: number): void {
    if (!Number.isSafeInteger(Number(value)))
      throw new RefusedMessage('number', `the integer at byte ${start} is beyond ±(2^53 − 1)`);
  }

  #unsigned(size: 1 | 2 | 4): number {
    this.#skip(size);
    const from = this.at - size;
    if (size === 1) return this.#bytes[from]!;
    return size === 2 ? this.#view.getUint16(from) : this.#view.getUint32(from);
  }

  #skip(count: number): void {
    this.#room(count);
    this.at += count;
  }

  #room(count: number): void {
    if (count > this.#bytes.length - this.at)
      throw new RefusedMessage(
        'incomplete',
        `the message ends at byte ${this.#bytes.length}, within a value`,
      );
  }
}
