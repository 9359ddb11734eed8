import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { endianness } from 'node:os';
import { HaloweaveError } from '../base/errors.js';
import type { TypedArray } from './dtype.js';
import { fileError } from './files.js';
import type { NdArray } from './ndarray.js';
import { headerBytes, type NpyHeader, npyError, PREFIX_BYTES, parseHeader } from './npy-header.js';

const NATIVE_BIG = endianness() === 'BE';
/** Bytes read at once: large enough that a system call costs nothing beside the copy, small enough for a cache. */
const PIECE = 1 << 20;

/**
 * An `.npy` file that is open for reading any stretch of its elements. Reading is synchronous, because
 * `setup` and `report` are; several ranks may have one file open.
 */
export class NpyFile implements Disposable {
  readonly path: string;
  readonly header: NpyHeader;
  /** Elements in all. */
  readonly count: number;
  readonly #fd: number;
  #scratch: Uint8Array | null = null;

  /** @throws HaloweaveError 'format' naming file, byte, what was expected there and what was found. */
  constructor(path: string) {
    this.path = path;
    try {
      this.#fd = openSync(path, 'r');
    } catch (cause) {
      throw fileError(`${path} cannot be read`, cause);
    }
    try {
      const { size } = fstatSync(this.#fd);
      const total = headerBytes(this.#bytes(0, Math.min(PREFIX_BYTES, size)), path);
      if (total > size)
        throw npyError(path, size, `a header of ${total} bytes in all`, 'the end of the file');
      this.header = parseHeader(this.#bytes(0, total), path);
      this.count = this.header.shape.reduce((a, b) => a * b, 1);
      const { dtype, dataAt } = this.header;
      const end = dataAt + this.count * dtype.bytes;
      if (size !== end)
        throw npyError(
          path,
          Math.min(size, end),
          `${this.count} elements of ${dtype.name}, ${end} bytes in all`,
          size < end ? 'the end of the file' : `${size - end} bytes more`,
        );
    } catch (cause) {
      closeSync(this.#fd);
      throw cause instanceof HaloweaveError ? cause : fileError(`${path} cannot be read`, cause);
    }
  }

  /** Reads `count` elements from element `first` of the file, in the file's order, to `to[at]` and on. */
  read(first: number, count: number, to: TypedArray, at: number): void {
    const { dtype, dataAt, bigEndian } = this.header;
    const swap = bigEndian !== NATIVE_BIG && dtype.bytes > 1;
    this.#scratch ??= new Uint8Array(PIECE);
    const most = PIECE / dtype.bytes;
    for (let done = 0; done < count; ) {
      const n = Math.min(most, count - done);
      const bytes = this.#scratch.subarray(0, n * dtype.bytes);
      this.#fill(bytes, dataAt + (first + done) * dtype.bytes);
      if (swap) swapBytes(bytes, dtype.bytes);
      to.set(new dtype.create(bytes.buffer, 0, n) as never, at + done);
      done += n;
    }
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }

  #bytes(at: number, count: number): Uint8Array {
    const bytes = new Uint8Array(count);
    this.#fill(bytes, at);
    return bytes;
  }

  #fill(bytes: Uint8Array, at: number): void {
    for (let done = 0; done < bytes.length; ) {
      const n = readSync(this.#fd, bytes, done, bytes.length - done, at + done);
      if (n === 0)
        throw npyError(this.path, at + done, `${bytes.length - done} bytes more`, 'the end of the file');
      done += n;
    }
  }
}

/** Turns every element of `size` bytes round. */
export function swapBytes(bytes: Uint8Array, size: number): void {
  const b = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (size === 2) b.swap16();
  else if (size === 4) b.swap32();
  else if (size === 8) b.swap64();
}

/**
 * Reads the box of the file's array that begins at index `lo` and has the shape of `into`, one entry an axis; reads
 * nothing else, in as few stretches as the file's order allows. A box that goes past the end of an axis goes on at its
 * beginning, as the vertices of a periodic axis do.
 */
export function readBox(file: NpyFile, lo: readonly number[], into: NdArray): void {
  for (const [axis, n] of file.header.shape.entries()) {
    const before = n - lo[axis]!;
    if (into.shape[axis]! <= before) continue;
    readBox(file, lo, into.hi(...into.shape.map((size, k) => (k === axis ? before : size))));
    const beginning = lo.map((x, k) => (k === axis ? 0 : x));
    readBox(file, beginning, into.lo(...lo.map((_, k) => (k === axis ? before : 0))));
    return;
  }
  const axes = into.shape.map((_, k) => k);
  // A file in Fortran order is one in C order of the transposed array.
  if (file.header.fortran) axes.reverse();
  const shape = axes.map((k) => file.header.shape[k]!);
  const start = axes.map((k) => lo[k]!);
  const size = axes.map((k) => into.shape[k]!);
  const stride = axes.map((k) => into.stride[k]!);
  const last = size.length - 1;
  const columns = size[last] ?? 1;
  const rows = size.slice(0, -1).reduce((a, b) => a * b, 1);
  if (columns * rows === 0) return;
  // Rows that lie one after the other in the file: those of the axes behind which the box is as wide as the file.
  let together = 1;
  for (let k = last; k > 0 && size[k] === shape[k]; k--) together *= size[k - 1]!;
  const most = Math.min(together, Math.max(1, Math.floor(PIECE / (columns * into.data.BYTES_PER_ELEMENT))));
  const buffer = new file.header.dtype.create(most * columns);
  const index = size.map(() => 0);
  let to = into.offset;
  let held = 0;
  let next = 0;
  for (let row = 0; row < rows; row++) {
    if (next === held) {
      let first = 0;
      for (let k = 0; k <= last; k++) first = first * shape[k]! + start[k]! + index[k]!;
      held = Math.min(most, together - (row % together));
      file.read(first, held * columns, buffer, 0);
      next = 0;
    }
    scatter(buffer, next++ * columns, columns, into.data, to, stride[last] ?? 1);
    for (let k = last - 1; k >= 0; k--) {
      to += stride[k]!;
      if (++index[k]! < size[k]!) break;
      to -= stride[k]! * size[k]!;
      index[k] = 0;
    }
  }
}

function scatter(from: TypedArray, at: number, n: number, to: TypedArray, start: number, step: number): void {
  if (step === 1) to.set(from.subarray(at, at + n) as never, start);
  else for (let j = 0; j < n; j++) to[start + j * step] = from[at + j] as never;
}
