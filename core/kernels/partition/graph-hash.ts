import { HaloweaveError } from '../../base/errors.js';
import { type FieldKey, StateHash } from '../../base/state-hash.js';
import { isTypedArray } from '../../memory/dtype.js';
import type { Emit } from './graph-definition.js';

/** The state hash of partitions that name their own values. */
export class EmittedHash {
  readonly #hash = new StateHash();
  readonly #keys = new Map<string, FieldKey>();

  readonly emit: Emit = (name, index, value) => {
    const key = this.#key(name);
    if (typeof value === 'number') this.#hash.add(key, index, value);
    else if (typeof value === 'bigint') this.#hash.addRow(key, index, word(name, value), 0, 1, 1);
    else if (isTypedArray(value)) this.#hash.addRow(key, index, value, 0, value.length, 1);
    else
      throw new HaloweaveError(
        'argument',
        `emit: '${name}' at index ${index} is a ${value === null ? 'null' : typeof value}: emit numbers, bigints and typed arrays`,
      );
  };

  words(): Uint32Array {
    return this.#hash.words();
  }

  #key(name: string): FieldKey {
    let key = this.#keys.get(name);
    if (!key) {
      if (typeof name !== 'string')
        throw new HaloweaveError('argument', `emit: the name of a quantity is ${String(name)}: use a string`);
      key = StateHash.fieldKey(name);
      this.#keys.set(name, key);
    }
    return key;
  }
}

/** A bigint as an element of a 64-bit array: its 64 bits are what counts. */
function word(name: string, value: bigint): BigInt64Array {
  if (BigInt.asIntN(64, value) !== value && BigInt.asUintN(64, value) !== value)
    throw new HaloweaveError(
      'argument',
      `emit: '${name}' is ${value}, which has more than 64 bits: split it`,
    );
  return BigInt64Array.of(BigInt.asIntN(64, value));
}
