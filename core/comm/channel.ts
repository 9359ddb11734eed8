import { dtypeInfo, type TypedArray } from '../memory/dtype.js';
import { addressOf, type Heap, offsetOf } from '../memory/heap.js';
import type { CellViews } from '../transport/transport.js';
import {
  ARENA,
  BYTES,
  CONTEXT,
  INLINE_BYTES,
  KIND,
  Kind,
  Mode,
  modeOf,
  OFFSET,
  PAYLOAD,
  packKind,
  SOURCE,
  TAG,
} from '../wire/cell.js';
import type { Endpoint } from './endpoint.js';
import { fillHead } from './record.js';

/** A message of a kernel where it lies: valid until the listener returns, which copies what it keeps. */
export interface Arrival {
  /** Rank of the run that sent it. */
  source: number;
  tag: number;
  /** Bytes of the payload. */
  bytes: number;
  /** Views of the memory that holds it, by dtype code. */
  views: readonly TypedArray[];
  /** Where it begins there, in bytes: a multiple of 8. */
  offset: number;
}

/**
 * Most bytes that a kernel puts into one message: it cuts what is larger. A host's sockets take frames of up to 16 MiB; much
 * below that, one message does not hold up those of other ranks for long.
 */
export const RAW_BYTES = 2 ** 20;

export type Listener = (arrival: Arrival) => void;

/** Writes a payload where it is to lie. */
export type Fill = (views: readonly TypedArray[], offset: number) => void;

/**
 * Messages that a kernel takes itself, as they arrive, in place and without a receive: those of contexts below
 * zero. Where ranks share memory a kernel needs none. Listeners of one rank, by context.
 */
export class Channels {
  readonly #heap: Heap;
  readonly #listeners = new Map<number, Listener>();
  readonly #arrival: Arrival = { source: -1, tag: -1, bytes: 0, views: [], offset: 0 };

  constructor(heap: Heap) {
    this.#heap = heap;
  }

  add(context: number, listener: Listener): void {
    this.#listeners.set(context, listener);
  }

  /** Gives a record to its listener and frees its payload; false if nobody listens to its context. */
  take(v: CellViews, cell: number): boolean {
    const listener = this.#listeners.get(v.i32[cell + CONTEXT]!);
    if (!listener) return false;
    const a = this.#arrival;
    a.source = v.i32[cell + SOURCE]!;
    a.tag = v.i32[cell + TAG]!;
    a.bytes = v.u32[cell + BYTES]!;
    if (modeOf(v.i32[cell + KIND]!) === Mode.inline) {
      a.views = v.byCode;
      a.offset = (cell + PAYLOAD) * 4;
      listener(a);
      return true;
    }
    const address = addressOf(v.u32[cell + ARENA]!, v.u32[cell + OFFSET]!);
    a.views = this.#heap.arenaOf(address).views;
    a.offset = offsetOf(address);
    const { bytes } = a;
    try {
      listener(a);
    } finally {
      this.#heap.giveBack(address, bytes);
    }
    return true;
  }
}

const BYTE = dtypeInfo('u8').code;

/**
 * Sends `bytes` raw bytes that `fill` writes in place, for the listener of a context on another rank. Complete on
 * return; waits only for room in the mailbox, and takes in messages meanwhile.
 */
export function sendRaw(
  endpoint: Endpoint,
  peer: number,
  tag: number,
  context: number,
  bytes: number,
  fill: Fill,
): void {
  const t = endpoint.transport;
  const mode = bytes > INLINE_BYTES ? Mode.block : Mode.inline;
  const address = mode === Mode.block ? t.heap.lend(bytes) : 0;
  if (mode === Mode.block) fill(t.heap.arenaOf(address).views, offsetOf(address));
  let cell: number;
  try {
    cell = endpoint.room(peer, tag, context, Number.POSITIVE_INFINITY);
  } catch (error) {
    if (mode === Mode.block) t.heap.giveBack(address, bytes);
    throw error;
  }
  const word = packKind(Kind.typed, BYTE, mode);
  fillHead(t.cells, cell, word, { source: t.rank, tag, context, mode, bytes, address });
  if (mode === Mode.inline) fill(t.cells.byCode, (cell + PAYLOAD) * 4);
  t.commit(peer, cell);
  endpoint.sent++;
  endpoint.sentBytes += bytes;
}
