import { HaloweaveError } from '../../base/errors.js';
import { arrayShape } from '../../kernels/partition/gather.js';
import type { GatherTable } from '../../kernels/program.js';
import { type DType, dtypeInfo, type TypedArray } from '../../memory/dtype.js';
import { type NdArray, ndarray } from '../../memory/ndarray.js';
import type { Refusal } from '../../wire/network.js';
import { decodePiece } from '../../wire/network-pieces.js';

/**
 * The fields of a final state on their way from the host of rank 0 to the coordinator: asked for one after the other, each
 * put together here out of messages in order. Costs the coordinator one whole state, and its host one field at a time.
 */
export class FieldGathering {
  readonly #table: GatherTable;
  readonly #cycles: number;
  readonly #ask: (field: number) => void;
  readonly #arrays: TypedArray[] = [];
  /** The field that is on its way, and how many bytes of it are here. */
  #bytes: Uint8Array = new Uint8Array(0);
  #got = 0;

  /** `ask` sends for a field by its number. */
  constructor(table: GatherTable, cycles: number, ask: (field: number) => void) {
    this.#table = table;
    this.#cycles = cycles;
    this.#ask = ask;
    this.#next();
  }

  get complete(): boolean {
    return this.#got === this.#bytes.length && this.#arrays.length === this.#table.fields.length;
  }

  /** A message with the next stretch of a field; why it is refused, or null. */
  take(frames: readonly Uint8Array[]): Refusal | null {
    const head = decodePiece(frames);
    if (typeof head === 'string') return head;
    const { part, cycles, offset, bytes, found } = head;
    if (this.complete || part !== this.#arrays.length - 1 || cycles !== this.#cycles || !found)
      return 'field';
    if (bytes !== this.#bytes.length || offset !== this.#got || frames.length < 2) return 'field';
    for (let k = 1; k < frames.length; k++) {
      this.#bytes.set(frames[k]!, this.#got);
      this.#got += frames[k]!.length;
    }
    if (this.#got === this.#bytes.length) this.#next();
    return null;
  }

  /** A field that has come, in memory of its own. */
  array(name: string): NdArray {
    const f = this.#table.fields.findIndex((x) => x.name === name);
    if (f < 0)
      throw new HaloweaveError(
        'argument',
        `gather: there is no field '${name}'; the fields are ${this.#table.fields.map((x) => x.name).join(', ')}`,
      );
    return ndarray(this.#arrays[f]!.slice(), arrayShape(this.#table, this.#table.fields[f]!));
  }

  #next(): void {
    const field = this.#arrays.length;
    const info = this.#table.fields[field];
    if (!info) return;
    const length = arrayShape(this.#table, info).reduce((a, b) => a * b, 1);
    const { create, bytes } = dtypeInfo(info.dtype as DType);
    let array: TypedArray;
    try {
      array = new create(length);
    } catch (cause) {
      throw new HaloweaveError(
        'memory',
        `field '${info.name}' of the final state has ${length * bytes} bytes, for which the coordinator's process has no room: run with keep: false, or on threads`,
        {},
        { cause },
      );
    }
    this.#arrays.push(array);
    this.#bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    this.#got = 0;
    // A field without values is here already.
    if (length === 0) this.#next();
    else this.#ask(field);
  }
}
