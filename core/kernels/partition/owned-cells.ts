import { RAW_BYTES } from '../../comm/channel.js';
import { boxSize } from '../../decomposition/box.js';
import { fieldShape, ownedBox } from '../../halo/extent.js';
import type { FieldLayout } from '../../halo/layout.js';
import type { DTypeInfo, TypedArray } from '../../memory/dtype.js';
import { fieldLayouts } from './blocks.js';
import type { GridDomain } from './grid.js';

/** What a part owns of one field, and where it lies. */
interface Owned {
  dtype: DTypeInfo;
  layout: FieldLayout;
  /** The first in the whole field, whose extent is `shape`. */
  lo: readonly number[];
  shape: readonly number[];
  /** Rows along the last axis, and elements of each. */
  rows: number;
  width: number;
}

/** One message: whole rows of a field, or a stretch of one. */
interface Stretch {
  position: number;
  rows: readonly [number, number];
  columns: readonly [number, number];
}

/**
 * The owned values of some fields of a part as messages of at most `limit` bytes, field after field, each in C order.
 * Pure arithmetic of the domain, so that both sides compute it alike.
 */
export class OwnedCells {
  /** Bytes of each message. */
  readonly bytes: readonly number[];
  readonly #fields: readonly Owned[];
  readonly #messages: readonly Stretch[];

  constructor(domain: GridDomain, part: number, fields: readonly number[], limit = RAW_BYTES) {
    const { geometry } = domain;
    const layouts = fieldLayouts(
      geometry,
      part,
      fields.map((f) => domain.fields[f]!),
    );
    this.#fields = fields.map((f, k) => {
      const { dtype, centring, components } = domain.fields[f]!;
      const box = ownedBox(geometry, part, centring);
      const size = boxSize(box);
      return {
        dtype,
        layout: layouts[k]!,
        lo: box.lo,
        shape: fieldShape(geometry, centring),
        rows: size.slice(0, -1).reduce((a, b) => a * b, 1),
        width: size.at(-1)! * components,
      };
    });
    this.#messages = this.#fields.flatMap((owned, position) => stretches(owned, position, limit));
    this.bytes = this.#messages.map(
      ({ position, rows, columns }) =>
        (rows[1] - rows[0]) * (columns[1] - columns[0]) * this.#fields[position]!.dtype.bytes,
    );
  }

  /** Position, in the list of fields, of the one that a message is of. */
  position(message: number): number {
    return this.#messages[message]!.position;
  }

  /** Writes a message, from the part's own array of its field. */
  pack(message: number, from: TypedArray, to: readonly TypedArray[], offset: number): void {
    this.#each(message, to, offset, (data, at, start, _index, count) =>
      data.set(from.subarray(start, start + count) as never, at),
    );
  }

  /** Copies a message to an array that is laid out as the part's. */
  unpack(message: number, from: readonly TypedArray[], offset: number, to: TypedArray): void {
    this.#each(message, from, offset, (data, at, start, _index, count) =>
      to.set(data.subarray(at, at + count) as never, start),
    );
  }

  /** Copies a message to its places in the whole field. */
  place(message: number, from: readonly TypedArray[], offset: number, to: TypedArray): void {
    this.#each(message, from, offset, (data, at, _start, index, count) =>
      to.set(data.subarray(at, at + count) as never, index),
    );
  }

  /** Visits what a message holds: elements of it, of the part's array and of the whole field. */
  #each(
    message: number,
    views: readonly TypedArray[],
    offset: number,
    visit: (data: TypedArray, at: number, start: number, index: number, count: number) => void,
  ): void {
    const { position, rows, columns } = this.#messages[message]!;
    const { dtype, layout, lo, shape } = this.#fields[position]!;
    const { size, strides, components } = layout;
    const data = views[dtype.code]!;
    const last = size.length - 1;
    const line = shape[last]! * components;
    const first = lo[last]! * components;
    // What lies beyond the end is the vertex at the seam of a periodic axis: it has the place of vertex 0.
    const inside = Math.min(columns[1], line - first);
    let at = offset / dtype.bytes;
    for (let r = rows[0]; r < rows[1]; r++) {
      let start = layout.origin;
      let place = 0;
      let span = 1;
      for (let k = last - 1, rest = r; k >= 0; k--) {
        const x = rest % size[k]!;
        rest = (rest - x) / size[k]!;
        start += x * strides[k]!;
        place += ((lo[k]! + x) % shape[k]!) * span;
        span *= shape[k]!;
      }
      const index = place * line + first;
      if (inside > columns[0]) visit(data, at, start + columns[0], index + columns[0], inside - columns[0]);
      const beyond = Math.max(inside, columns[0]);
      if (columns[1] > beyond)
        visit(data, at + beyond - columns[0], start + beyond, index + beyond - line, columns[1] - beyond);
      at += columns[1] - columns[0];
    }
  }
}

function stretches({ dtype, rows, width }: Owned, position: number, limit: number): Stretch[] {
  const most = Math.floor(limit / dtype.bytes);
  const list: Stretch[] = [];
  const high = Math.floor(most / width);
  if (high >= 1)
    for (let r = 0; r < rows; r += high)
      list.push({ position, rows: [r, Math.min(rows, r + high)], columns: [0, width] });
  else
    for (let r = 0; r < rows; r++)
      for (let c = 0; c < width; c += most)
        list.push({ position, rows: [r, r + 1], columns: [c, Math.min(width, c + most)] });
  return list;
}
