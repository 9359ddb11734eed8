import { boxVolume } from '../../decomposition/box.js';
import { eachOwnedRow, fieldShape, ownedBox } from '../../halo/extent.js';
import type { FieldLayout } from '../../halo/layout.js';
import type { TypedArray } from '../../memory/dtype.js';
import { fieldLayouts } from './blocks.js';
import type { GridDomain } from './grid.js';

/** What a part owns of one field, and where it lies. */
interface Owned {
  code: number;
  bytes: number;
  layout: FieldLayout;
  /** The first in the whole field, whose extent is `shape`. */
  lo: readonly number[];
  shape: readonly number[];
  count: number;
  /** Byte in the message. */
  at: number;
}

/**
 * The owned values of some fields of a part as one message: field after field, 8-byte aligned, each in C order. Pure
 * arithmetic of the domain, so that both sides compute it alike.
 */
export class OwnedCells {
  readonly bytes: number;
  readonly #fields: readonly Owned[];

  constructor(domain: GridDomain, part: number, fields: readonly number[]) {
    const { geometry } = domain;
    const layouts = fieldLayouts(geometry, part, domain.fields);
    let at = 0;
    this.#fields = fields.map((f) => {
      const { dtype, centring, components } = domain.fields[f]!;
      const box = ownedBox(geometry, part, centring);
      const owned: Owned = {
        code: dtype.code,
        bytes: dtype.bytes,
        layout: layouts[f]!,
        lo: box.lo,
        shape: fieldShape(geometry, centring),
        count: boxVolume(box) * components,
        at,
      };
      at += Math.ceil((owned.count * dtype.bytes) / 8) * 8;
      return owned;
    });
    this.bytes = at;
  }

  /** Copies the field at a position of the list from the part's own array to a message. */
  pack(position: number, from: TypedArray, message: readonly TypedArray[], offset: number): void {
    this.#each(position, message, offset, (to, at, start, _index, count) =>
      to.set(from.subarray(start, start + count) as never, at),
    );
  }

  /** Copies it from a message to an array that is laid out as the part's. */
  unpack(position: number, message: readonly TypedArray[], offset: number, to: TypedArray): void {
    this.#each(position, message, offset, (from, at, start, _index, count) =>
      to.set(from.subarray(at, at + count) as never, start),
    );
  }

  /** Copies it from a message to its places in the whole field. */
  place(position: number, message: readonly TypedArray[], offset: number, to: TypedArray): void {
    this.#each(position, message, offset, (from, at, _start, index, count) =>
      to.set(from.subarray(at, at + count) as never, index),
    );
  }

  #each(
    position: number,
    message: readonly TypedArray[],
    offset: number,
    visit: (message: TypedArray, at: number, start: number, index: number, count: number) => void,
  ): void {
    const { code, bytes, layout, lo, shape, at } = this.#fields[position]!;
    const data = message[code]!;
    let next = (offset + at) / bytes;
    eachOwnedRow(layout, lo, shape, (start, index, count) => {
      visit(data, next, start, index, count);
      next += count;
    });
  }
}
