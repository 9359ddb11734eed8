import {
  ARENA,
  BYTES,
  CELL_BYTES,
  CONTEXT,
  dtypeCodeOf,
  EPOCH,
  INLINE_BYTES,
  KIND,
  Kind,
  kindOf,
  MAX_DIMENSIONS,
  Mode,
  modeOf,
  OFFSET,
  PAYLOAD,
  SEQUENCE,
  SHAPE_BYTES,
  SOURCE,
  TAG,
} from './cell.js';
import { MAX_FRAMES, type Refusal, viewOf } from './network.js';
import { LEAST_CONTEXT } from './tags.js';

/**
 * `Freight.records`. The first frame: u32 number of records, u32 number of frames that follow, two u32 of 0; then the
 * records of 128 bytes as in `cell.ts`; then payloads too small for a frame of their own, if any. On the wire a record's
 *
 * - word `DESTINATION` (`SEQUENCE` at home) is the rank that it is for;
 * - `EPOCH` is that of the message;
 * - of mode `block`: `ARENA` is the number of the frame that is its payload, 1, 2, … in the order of the records; or 0 if
 *   the payload lies in the first frame behind the records, at byte `OFFSET` of it, a multiple of 8;
 * - of mode `rendezvous`: announces a large message. `ARENA` is the sender's number for it; if it is an ndarray, its
 *   shape record lies in the record's payload.
 */
export const DESTINATION = SEQUENCE;
export const RECORDS_HEAD_BYTES = 16;
/** Records in a message: all of a mailbox, four times. With the frames' limit it bounds what a receiver checks at a time. */
export const MAX_RECORDS = 1024;

/** Bytes an element, by dtype code. `core/memory` has the table that this must equal. */
export const ELEMENT_BYTES: readonly number[] = [8, 4, 1, 1, 2, 2, 4, 4, 8, 8];
const BYTE = 3;

/** Who sent a message to whom: what its records must agree with. */
export interface Crossing {
  from: number;
  to: number;
  epoch: number;
  /** By rank: its host. */
  hostOf: Int32Array;
}

/** Byte of the first frame at which record `k` begins. */
export const recordAt = (k: number): number => RECORDS_HEAD_BYTES + k * CELL_BYTES;

/** Writes the head of the first frame. */
export function writeRecordsHead(first: Uint8Array, records: number, frames: number): void {
  const v = viewOf(first);
  v.setUint32(0, records, true);
  v.setUint32(4, frames, true);
  v.setUint32(8, 0, true);
  v.setUint32(12, 0, true);
}

/** How many records a message has. Only after `checkRecords`. */
export const recordCount = (first: Uint8Array): number => viewOf(first).getUint32(0, true);

/** Why a message of records is refused as a whole, or null: then every record in it can be taken. Reads, allocates nothing. */
export function checkRecords(frames: readonly Uint8Array[], crossing: Crossing): Refusal | null {
  const first = frames[0];
  if (!first || first.byteLength < RECORDS_HEAD_BYTES) return 'records length';
  if (frames.length > MAX_FRAMES) return 'frame count';
  const v = viewOf(first);
  const count = v.getUint32(0, true);
  if (count < 1 || count > MAX_RECORDS) return 'records count';
  if (v.getUint32(4, true) !== frames.length - 1) return 'frame count';
  if (v.getUint32(8, true) !== 0 || v.getUint32(12, true) !== 0) return 'reserved';
  const end = recordAt(count);
  if (first.byteLength < end) return 'records length';
  let used = 0;
  for (let k = 0; k < count; k++) {
    const at = recordAt(k);
    const refusal = checkEnvelope(v, at, crossing) ?? checkPayload(frames, v, at, end, used);
    if (refusal) return refusal;
    if (modeOf(word(v, at, KIND)) === Mode.block && word(v, at, ARENA) !== 0) used++;
  }
  return used === frames.length - 1 ? null : 'frame count';
}

/** The payload of a record of mode `block`, where it lies. Only after `checkRecords`. */
export function payloadOf(frames: readonly Uint8Array[], at: number): Uint8Array {
  const first = frames[0]!;
  const v = viewOf(first);
  const frame = word(v, at, ARENA);
  if (frame !== 0) return frames[frame]!;
  const offset = word(v, at, OFFSET) >>> 0;
  return first.subarray(offset, offset + (word(v, at, BYTES) >>> 0));
}

const word = (v: DataView, at: number, index: number): number => v.getInt32(at + index * 4, true);

function isAt(hostOf: Int32Array, rank: number, host: number): boolean {
  return rank >= 0 && rank < hostOf.length && hostOf[rank] === host;
}

function checkEnvelope(v: DataView, at: number, crossing: Crossing): Refusal | null {
  const { from, to, epoch, hostOf } = crossing;
  if (!isAt(hostOf, word(v, at, DESTINATION), to)) return 'destination';
  if (!isAt(hostOf, word(v, at, SOURCE), from)) return 'source';
  if (word(v, at, EPOCH) !== epoch) return 'epoch';
  const context = word(v, at, CONTEXT);
  if (context < LEAST_CONTEXT) return 'context';
  if (word(v, at, TAG) < 0) return 'tag';
  const bits = word(v, at, KIND);
  const kind = kindOf(bits);
  const dtype = dtypeCodeOf(bits);
  const mode = modeOf(bits);
  if (kind > Kind.ndarray) return 'kind';
  if (dtype >= ELEMENT_BYTES.length || (kind === Kind.object && dtype !== BYTE)) return 'dtype';
  if (mode > Mode.rendezvous) return 'mode';
  // Kernels take raw bytes, in place.
  if (context < 0 && (kind !== Kind.typed || dtype !== BYTE)) return 'kind';
  return context < 0 && mode === Mode.rendezvous ? 'mode' : null;
}

/** `end`: where the records end; `used`: frames that belong to records before this one. */
function checkPayload(
  frames: readonly Uint8Array[],
  v: DataView,
  at: number,
  end: number,
  used: number,
): Refusal | null {
  const bits = word(v, at, KIND);
  const bytes = word(v, at, BYTES) >>> 0;
  const size = ELEMENT_BYTES[dtypeCodeOf(bits)]!;
  const head = kindOf(bits) === Kind.ndarray ? SHAPE_BYTES : 0;
  if (bytes < head || (bytes - head) % size !== 0) return 'payload length';
  let shape = v;
  let shapeAt = at + PAYLOAD * 4;
  const mode = modeOf(bits);
  if (mode === Mode.inline) {
    if (bytes > INLINE_BYTES) return 'payload length';
  } else if (mode === Mode.block) {
    const frame = word(v, at, ARENA);
    if (frame === 0) {
      const offset = word(v, at, OFFSET) >>> 0;
      if (offset < end || offset % 8 !== 0) return 'payload place';
      if (offset + bytes > v.byteLength) return 'payload length';
      shapeAt = offset;
    } else {
      if (frame !== used + 1 || frame >= frames.length) return 'payload place';
      if (frames[frame]!.byteLength !== bytes) return 'payload length';
      if (head > 0) shape = viewOf(frames[frame]!);
      shapeAt = 0;
    }
  }
  if (head === 0) return null;
  // Within a collective (an odd context, see comm/group) a share of an array travels with the extents of the whole.
  const elements = (word(v, at, CONTEXT) & 1) === 0 ? (bytes - head) / size : -1;
  return shapeHolds(shape, shapeAt, elements) ? null : 'shape';
}

/** Whether a shape record has that many elements, or any number for −1; 64 bytes of it are there. */
function shapeHolds(v: DataView, at: number, elements: number): boolean {
  const dimensions = v.getUint32(at, true);
  if (dimensions > MAX_DIMENSIONS) return false;
  if (elements < 0) return true;
  let product = 1;
  for (let k = 0; k < dimensions; k++) {
    const extent = v.getUint32(at + 4 + k * 4, true);
    // A product past what a message can hold is refused before it loses digits, unless a later extent is 0.
    if (product > 0xffff_ffff && extent !== 0) continue;
    product *= extent;
  }
  return product === elements;
}

/**
 * `Freight.credit`: u32 number of entries, u32 0; then for each entry u32 rank of the sender, u32 bytes that have been
 * taken out of its mailbox, `CELL_BYTES` for every record and the payload of each.
 */
export const CREDIT_HEAD_BYTES = 8;
export const CREDIT_BYTES = 8;

export function encodeCredits(ranks: ArrayLike<number>, bytes: ArrayLike<number>): Uint8Array {
  const frame = new Uint8Array(CREDIT_HEAD_BYTES + ranks.length * CREDIT_BYTES);
  const v = viewOf(frame);
  v.setUint32(0, ranks.length, true);
  for (let k = 0; k < ranks.length; k++) {
    v.setUint32(CREDIT_HEAD_BYTES + k * CREDIT_BYTES, ranks[k]!, true);
    v.setUint32(CREDIT_HEAD_BYTES + k * CREDIT_BYTES + 4, bytes[k]!, true);
  }
  return frame;
}

/** Checks a message of credits; each rank may occur once. Whoever counts refuses bytes beyond those outstanding. */
export function checkCredits(frames: readonly Uint8Array[], crossing: Crossing): Refusal | null {
  const frame = frames[0];
  if (frames.length !== 1 || !frame) return 'frame count';
  if (frame.byteLength < CREDIT_HEAD_BYTES) return 'records length';
  const v = viewOf(frame);
  const count = v.getUint32(0, true);
  if (count < 1 || count > crossing.hostOf.length) return 'records count';
  if (v.getUint32(4, true) !== 0) return 'reserved';
  if (frame.byteLength !== CREDIT_HEAD_BYTES + count * CREDIT_BYTES) return 'records length';
  let last = -1;
  for (let k = 0; k < count; k++) {
    const rank = v.getUint32(CREDIT_HEAD_BYTES + k * CREDIT_BYTES, true);
    if (!isAt(crossing.hostOf, rank, crossing.from)) return 'source';
    // In ascending order, so that one pass tells that none occurs twice.
    if (rank <= last || v.getUint32(CREDIT_HEAD_BYTES + k * CREDIT_BYTES + 4, true) === 0) return 'credit';
    last = rank;
  }
  return null;
}

/** Calls back for each entry. Only after `checkCredits`. */
export function forEachCredit(frame: Uint8Array, take: (rank: number, bytes: number) => void): void {
  const v = viewOf(frame);
  const count = v.getUint32(0, true);
  for (let k = 0; k < count; k++) {
    const at = CREDIT_HEAD_BYTES + k * CREDIT_BYTES;
    take(v.getUint32(at, true), v.getUint32(at + 4, true));
  }
}
