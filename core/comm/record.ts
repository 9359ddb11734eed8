import { DTYPES } from '../memory/dtype.js';
import { type Address, addressOf, arenaNumber, type Heap, offsetOf } from '../memory/heap.js';
import type { CellViews } from '../transport/transport.js';
import {
  ARENA,
  BYTES,
  CONTEXT,
  dtypeCodeOf,
  KIND,
  Kind,
  kindOf,
  Mode,
  modeOf,
  OFFSET,
  PAYLOAD,
  packKind,
  SHAPE_BYTES,
  SOURCE,
  TAG,
} from '../wire/cell.js';
import type { Group } from './group.js';
import type { LargeMessages } from './large.js';
import {
  type Buffer,
  copyElements,
  type Landing,
  landFresh,
  landInto,
  type Outgoing,
  readShape,
  writePayload,
  writeShape,
} from './payload.js';
import type { Transfer } from './rendezvous.js';
import type { Status } from './request.js';

/** What a record says beside its payload. */
export interface RecordHead {
  /** Rank of the run. */
  source: number;
  tag: number;
  context: number;
  mode: Mode;
  bytes: number;
  /** Whether the receiver shares no memory. */
  remote?: boolean;
  /** Where the payload, or the descriptor of its transfer, lies in the heap; what a transfer says of itself; 0 if it is in the record. */
  address: Address;
}

/** Writes a message's record, with its payload if that fits. `mark` tells of the collective that it belongs to. */
export function fillRecord(v: CellViews, cell: number, o: Outgoing, head: RecordHead, mark = 0): void {
  fillHead(v, cell, packKind(o.kind, o.dtype.code, head.mode, mark), head);
  if (head.mode === Mode.inline) writePayload(o, v, (cell + PAYLOAD) * 4);
  // With ranks that share memory it lies in the descriptor too; the number of a transfer leaves room for it here.
  else if (head.mode === Mode.rendezvous && head.remote && o.shape)
    writeShape(o.shape, v.u32, cell + PAYLOAD);
}

/** Writes all of a record but a payload that lies in it; `word` is its KIND. */
export function fillHead(v: CellViews, cell: number, word: number, head: RecordHead): void {
  const { i32, u32 } = v;
  i32[cell + KIND] = word;
  i32[cell + SOURCE] = head.source;
  i32[cell + TAG] = head.tag;
  i32[cell + CONTEXT] = head.context;
  u32[cell + BYTES] = head.bytes;
  if (head.mode === Mode.inline) return;
  u32[cell + ARENA] = arenaNumber(head.address);
  u32[cell + OFFSET] = offsetOf(head.address);
}

/**
 * Reads a matched record into `buffer`, or into fresh memory: the value, or the transfer that will give
 * it. A message that the buffer cannot take is consumed, its sender released, and the error thrown.
 */
export function readRecord(
  heap: Heap,
  views: CellViews,
  cell: number,
  buffer: Buffer | null,
  large: LargeMessages,
): { value: unknown } | Transfer {
  const { i32, u32 } = views;
  const word = i32[cell + KIND]!;
  const kind = kindOf(word);
  const mode = modeOf(word);
  const dtype = DTYPES[dtypeCodeOf(word)]!;
  const source = i32[cell + SOURCE]!;
  const head = kind === Kind.ndarray ? SHAPE_BYTES : 0;
  const count = (u32[cell + BYTES]! - head) / dtype.bytes;
  const address = mode !== Mode.block ? 0 : addressOf(u32[cell + ARENA]!, u32[cell + OFFSET]!);
  const arena = mode === Mode.block ? heap.arena(u32[cell + ARENA]!) : null;
  let landing: Landing;
  try {
    landing = buffer
      ? landInto(buffer, kind, dtype, count, source, i32[cell + TAG]!)
      : landFresh(kind, dtype, count, kind === Kind.ndarray ? shapeOf(heap, views, cell, mode, large) : null);
  } catch (error) {
    if (mode === Mode.rendezvous) large.refuse(views, cell);
    else if (arena) heap.giveBack(address, u32[cell + BYTES]!);
    throw error;
  }
  if (mode === Mode.rendezvous) return large.receive(views, cell, landing);
  const byCode = arena ? arena.views : views.byCode;
  const from = (arena ? offsetOf(address) : (cell + PAYLOAD) * 4) + head;
  copyElements(byCode[dtype.code]!, from / dtype.bytes, landing.data, 0, count);
  if (arena) heap.giveBack(address, u32[cell + BYTES]!);
  return { value: landing.finish() };
}

/** Frees what a record that nobody will read holds, and releases its sender. */
export function dropRecord(heap: Heap, v: CellViews, cell: number, large: LargeMessages): void {
  const mode = modeOf(v.i32[cell + KIND]!);
  if (mode === Mode.block)
    heap.giveBack(addressOf(v.u32[cell + ARENA]!, v.u32[cell + OFFSET]!), v.u32[cell + BYTES]!);
  else if (mode !== Mode.inline) large.refuse(v, cell);
}

/** Tells of a record in the numbers of a group. */
export function fillStatus(status: Status, i32: Int32Array, cell: number, group: Group): void {
  const word = i32[cell + KIND]!;
  status.source = group.numberOf(i32[cell + SOURCE]!);
  status.tag = i32[cell + TAG]!;
  const head = kindOf(word) === Kind.ndarray ? SHAPE_BYTES : 0;
  status.count = ((i32[cell + BYTES]! >>> 0) - head) / DTYPES[dtypeCodeOf(word)]!.bytes;
}

function shapeOf(heap: Heap, v: CellViews, cell: number, mode: Mode, large: LargeMessages): number[] {
  if (mode === Mode.inline) return readShape(v.u32, cell + PAYLOAD);
  if (mode !== Mode.block) return large.shapeOf(v, cell);
  return readShape(heap.arena(v.u32[cell + ARENA]!).words, v.u32[cell + OFFSET]! / 4);
}
