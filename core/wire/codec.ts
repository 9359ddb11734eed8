import { Packr } from 'msgpackr';
import { HaloweaveError } from '../base/errors.js';

// Without records, so that bytes depend on the value alone and not on what was sent before.
const packr = new Packr({ useRecords: false, structuredClone: true, useBigIntExtension: true });

/** A structured value (numbers, strings, bigint, Map, Set, Date, typed arrays, nested and cyclic objects) as MessagePack. */
export function encode(value: unknown): Uint8Array {
  if (typeof value === 'function' || typeof value === 'symbol')
    throw new HaloweaveError(
      'argument',
      `a ${typeof value} cannot be sent: send data, and call functions on the rank that has them`,
    );
  return packr.pack(value);
}

/** The value of MessagePack bytes. Typed arrays inside are copies: nothing refers to `bytes` afterwards. */
export function decode(bytes: Uint8Array): unknown {
  return packr.unpack(bytes);
}
