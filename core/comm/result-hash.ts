import { HaloweaveError } from '../base/errors.js';
import { type FieldKey, type StateArray, StateHash } from '../base/state-hash.js';
import { isContiguous, packInto } from '../memory/array.js';
import { dtypeOf, isTypedArray, type TypedArray } from '../memory/dtype.js';
import { isNdArray, type NdArray } from '../memory/ndarray.js';

/** What one rank registered: plain data, to be merged with that of the others. */
export interface RankResults {
  /** `StateHash.WORDS` words. */
  readonly hash: Uint32Array;
  /** By name: pairs of first index and end of what was registered, in the order of the calls. */
  readonly spans: readonly { readonly name: string; readonly ends: Float64Array }[];
}

/** The results that one rank of an SPMD program registers. */
export class ResultHash {
  readonly #hash = new StateHash();
  readonly #fields = new Map<string, { key: FieldKey; ends: number[] }>();

  /** Adds elements in C order at global indices `offset` and on. */
  add(name: string, array: TypedArray | NdArray, offset: number): void {
    const values = elements(array);
    const n = values.length;
    let field = this.#fields.get(name);
    if (!field) {
      field = { key: StateHash.fieldKey(name), ends: [] };
      this.#fields.set(name, field);
    }
    this.#hash.addRow(field.key, offset, values as StateArray, 0, n, 1);
    if (n === 0) return;
    const { ends } = field;
    if (ends[ends.length - 1] === offset) ends[ends.length - 1] = offset + n;
    else ends.push(offset, offset + n);
  }

  /** Null if nothing was registered. */
  take(): RankResults | null {
    if (this.#fields.size === 0) return null;
    const spans = Array.from(this.#fields, ([name, f]) => ({ name, ends: Float64Array.from(f.ends) }));
    return { hash: this.#hash.words(), spans };
  }
}

/** Refuses what `result` cannot register: on the rank that passes it, whether or not a hash is wanted. */
export function checkResult(name: unknown, array: unknown, offset: unknown, rank: number): void {
  const place = { rank, operation: 'result' };
  if (typeof name !== 'string' || name === '')
    throw new HaloweaveError(
      'argument',
      `result: the name is ${JSON.stringify(name) ?? typeof name}: use a string that is not empty`,
      place,
    );
  if (!isTypedArray(array) && !isNdArray(array))
    throw new HaloweaveError(
      'argument',
      `result '${name}': ${array === null ? 'null' : `a value of type ${typeof array}`} has no elements to hash: pass a typed array or an ndarray (one number x as Float64Array.of(x))`,
      place,
    );
  const n = elementCount(array);
  if (
    !(Number.isSafeInteger(offset) && (offset as number) >= 0 && Number.isSafeInteger((offset as number) + n))
  )
    throw new HaloweaveError(
      'argument',
      `result '${name}': ${n} elements from global index ${String(offset)}: use a whole number of 0 or more, so that indices stay below 2^53`,
      place,
    );
}

/**
 * The hash of all ranks' results, null if none registered any. An element that was registered twice is refused:
 * it would count twice, and whether it is depends on how the data are split.
 */
export function mergeResults(
  ranks: readonly { rank: number; registered: RankResults | null }[],
): string | null {
  const h = new StateHash();
  let any = false;
  const byName = new Map<string, { rank: number; from: number; to: number }[]>();
  for (const { rank, registered } of ranks) {
    if (!registered) continue;
    any = true;
    h.mergeWords(registered.hash, 0);
    for (const { name, ends } of registered.spans) {
      const spans = byName.get(name) ?? [];
      byName.set(name, spans);
      for (let k = 0; k < ends.length; k += 2) spans.push({ rank, from: ends[k]!, to: ends[k + 1]! });
    }
  }
  for (const [name, spans] of byName) {
    spans.sort((a, b) => a.from - b.from || a.rank - b.rank);
    for (let k = 1; k < spans.length; k++) {
      const [a, b] = [spans[k - 1]!, spans[k]!];
      if (b.from >= a.to) continue;
      throw new HaloweaveError(
        'program',
        `result '${name}': element ${b.from} was registered twice, ${a.rank === b.rank ? `both times by rank ${a.rank}` : `by rank ${a.rank} and by rank ${b.rank}`}: register each element once, at the end, on the rank that owns it`,
        { rank: b.rank, operation: 'result' },
      );
    }
  }
  return any ? h.hex() : null;
}

const elementCount = (a: TypedArray | NdArray): number =>
  isNdArray(a) ? a.shape.reduce((x, y) => x * y, 1) : a.length;

function elements(a: TypedArray | NdArray): TypedArray {
  if (!isNdArray(a)) return a;
  const n = elementCount(a);
  if (isContiguous(a)) return a.data.subarray(a.offset, a.offset + n);
  const packed = new (dtypeOf(a.data).create)(n);
  packInto(a, packed, 0);
  return packed;
}
