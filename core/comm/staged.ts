import type { TypedArray } from '../memory/dtype.js';
import { DTYPES, dtypeInfo } from '../memory/dtype.js';
import { type Address, arenaNumber, type Heap, offsetOf } from '../memory/heap.js';
import { dtypeCodeOf, Kind, kindOf, Mode, packKind, SHAPE_BYTES } from '../wire/cell.js';
import { bytesOf, copyElements, landFresh, outgoing, readShape, writePayload } from './payload.js';

/** Words of the record that says what is staged; it lies wherever its writer and its readers agree. */
export const STAGED_WORDS = 4;
// As in a message's record.
const KIND = 0;
const BYTES = 1;
const ARENA = 2;
const OFFSET = 3;

/** In place of the word that says what a value is: there is none. */
export const NOTHING = -1;
/** Smallest block: a cache line, the heap's own alignment. */
const LEAST = 64;
/** Blocks double up to this size and grow by it from there, so that a value close to an arena's size still fits. */
const STEP = 2 ** 20;
const WORD = dtypeInfo('i32');

/**
 * The writer's side of a value that lies in the shared heap for others to read: a record, and a block that
 * is kept from one value to the next and replaced by a larger one when a value does not fit.
 * Neither is locked: whoever writes knows that nobody reads any more, and publishes what it has written.
 */
export class Stage {
  readonly #heap: Heap;
  readonly #words: Int32Array;
  readonly #at: number;
  #block: Address = NOTHING;
  #room = 0;
  #views: readonly TypedArray[] = [];
  #offset = 0;

  constructor(heap: Heap, words: Int32Array, at: number) {
    this.#heap = heap;
    this.#words = words;
    this.#at = at;
    words[at + KIND] = NOTHING;
  }

  /** Stages a value as a message would carry it, or nothing for undefined; gives the payload's bytes. */
  write(value: unknown): number {
    const words = this.#words;
    const at = this.#at;
    if (value === undefined) {
      words[at + KIND] = NOTHING;
      return 0;
    }
    const o = outgoing(value);
    const bytes = bytesOf(o);
    if (bytes > this.#room) this.#grow(bytes);
    if (bytes > 0) writePayload(o, this.#views, this.#offset);
    words[at + KIND] = packKind(o.kind, o.dtype.code, Mode.block);
    words[at + BYTES] = bytes | 0;
    return bytes;
  }

  /** Says what is staged: the word for it, `NOTHING` for none. */
  get word(): number {
    return this.#words[this.#at + KIND]!;
  }

  /** Bytes of what is staged. */
  get bytes(): number {
    return this.word === NOTHING ? 0 : this.#words[this.#at + BYTES]! >>> 0;
  }

  /** What is staged, in fresh private memory; undefined for nothing. */
  read(): unknown {
    return readStaged(this.#heap, this.#words, this.#at);
  }

  /** Copies what is staged to other memory, at a multiple of 8 bytes, in whole words. */
  copyTo(views: readonly TypedArray[], offset: number): void {
    const words = Math.ceil(this.bytes / WORD.bytes);
    if (words === 0) return;
    copyElements(
      this.#views[WORD.code]!,
      this.#offset / WORD.bytes,
      views[WORD.code]!,
      offset / WORD.bytes,
      words,
    );
  }

  /** Stages what another rank has staged: `word`, and the bytes at a multiple of 8, which `copyTo` wrote. */
  copyFrom(word: number, bytes: number, views: readonly TypedArray[], offset: number): void {
    if (bytes > this.#room) this.#grow(bytes);
    const words = Math.ceil(bytes / WORD.bytes);
    if (words > 0)
      copyElements(
        views[WORD.code]!,
        offset / WORD.bytes,
        this.#views[WORD.code]!,
        this.#offset / WORD.bytes,
        words,
      );
    this.#words[this.#at + KIND] = word;
    this.#words[this.#at + BYTES] = bytes | 0;
  }

  /** Frees the block; nobody reads any more. */
  release(): void {
    if (this.#block !== NOTHING) this.#heap.release(this.#block);
    this.#block = NOTHING;
    this.#room = 0;
  }

  #grow(bytes: number): void {
    this.release();
    const room =
      bytes > STEP ? Math.ceil(bytes / STEP) * STEP : Math.max(LEAST, 2 ** Math.ceil(Math.log2(bytes)));
    this.#block = this.#heap.allocate(room);
    this.#room = room;
    this.#views = this.#heap.arenaOf(this.#block).views;
    this.#offset = offsetOf(this.#block);
    this.#words[this.#at + ARENA] = arenaNumber(this.#block);
    this.#words[this.#at + OFFSET] = this.#offset | 0;
  }
}

/** The value whose record lies at a place, in fresh private memory; undefined for nothing. */
export function readStaged(heap: Heap, words: Int32Array, at: number): unknown {
  const word = words[at + KIND]!;
  if (word === NOTHING) return undefined;
  const kind = kindOf(word);
  const dtype = DTYPES[dtypeCodeOf(word)]!;
  const head = kind === Kind.ndarray ? SHAPE_BYTES : 0;
  const bytes = words[at + BYTES]! >>> 0;
  const count = (bytes - head) / dtype.bytes;
  // An empty array may never have had a block.
  if (bytes === 0) return landFresh(kind, dtype, 0, null).finish();
  const arena = heap.arena(words[at + ARENA]!);
  const offset = words[at + OFFSET]! >>> 0;
  const landing = landFresh(
    kind,
    dtype,
    count,
    kind === Kind.ndarray ? readShape(arena.words, offset / 4) : null,
  );
  copyElements(arena.views[dtype.code]!, (offset + head) / dtype.bytes, landing.data, 0, count);
  return landing.finish();
}
