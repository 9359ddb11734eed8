import { DTYPES } from '../../memory/dtype.js';
import {
  BYTES,
  CELL_BYTES,
  CELL_WORDS,
  CONTEXT,
  dtypeCodeOf,
  INLINE_BYTES,
  KIND,
  Kind,
  kindOf,
  Mode,
  modeOf,
  SEQUENCE,
  SHAPE_BYTES,
  SOURCE,
  TAG,
} from '../../wire/cell.js';
import { LEAST_CONTEXT, PIECE_CONTEXT, TRANSFER_CONTEXT } from '../../wire/tags.js';
import { NOTE, NOTE_LENGTH, Note, PIECE_DIRECT } from '../../wire/transfer.js';
import type { Placement } from '../threads/layout.js';

/**
 * `Freight.records`, version 1: one frame with the records, 128 bytes each, whose first word is the rank that they are
 * for; then for each of those with mode `block`, in their order, a frame with its payload. Between hosts no record has an
 * address: a piece of an array travels as a block.
 */
export const TARGET = SEQUENCE;

/** Most records and payloads of one message: what a turn of the sender's main thread gathers at once. */
export const MAX_RECORDS = 1024;
export const MAX_PAYLOADS = 256;
/** Payload bytes at which a message is closed, so that the first bytes are on their way while the next are gathered. */
export const FULL_BYTES = 1024 * 1024;
/** Largest payload of a record: a piece of an array (comm/remote-rendezvous), and eager messages are smaller. */
export const MAX_PAYLOAD = 256 * 1024;

/** The records of a message, aligned. The length has been checked. */
export function recordsOf(frame: Uint8Array): Int32Array {
  const words = new Int32Array(frame.byteLength / 4);
  new Uint8Array(words.buffer).set(frame);
  return words;
}

/** Why a message makes no sense, or null: before any of its records is used. */
export function refusal(frames: readonly Uint8Array[], from: number, placement: Placement): string | null {
  const head = frames[0];
  if (!head || head.byteLength === 0 || head.byteLength % CELL_BYTES !== 0)
    return 'records of no whole number';
  if (head.byteLength > MAX_RECORDS * CELL_BYTES) return 'too many records';
  if (frames.length - 1 > MAX_PAYLOADS) return 'too many payloads';
  const words = recordsOf(head);
  let payload = 1;
  for (let at = 0; at < words.length; at += CELL_WORDS) {
    const block = modeOf(words[at + KIND]!) === Mode.block;
    const why = wrongRecord(words, at, from, placement, block ? frames[payload] : undefined);
    if (why !== null) return why;
    if (block) payload++;
  }
  return payload === frames.length ? null : 'payloads that no record names';
}

function wrongRecord(
  words: Int32Array,
  at: number,
  from: number,
  { hostOf, host }: Placement,
  payload: Uint8Array | undefined,
): string | null {
  const word = words[at + KIND]!;
  const bytes = words[at + BYTES]! >>> 0;
  const context = words[at + CONTEXT]!;
  const mode = modeOf(word);
  const kind = kindOf(word);
  if (hostOf[words[at + SOURCE]!] !== from) return 'a source that is not of that host';
  if (hostOf[words[at + TARGET]!] !== host) return 'a target that is not of this host';
  if (words[at + TAG]! < 0) return 'a tag below 0';
  if (context < LEAST_CONTEXT || context === -1) return 'an unknown context';
  const dtype = DTYPES[dtypeCodeOf(word)];
  if (kind > Kind.ndarray || !dtype) return 'an unknown kind or dtype';
  const elements = bytes - (kind === Kind.ndarray ? SHAPE_BYTES : 0);
  if (elements < 0 || elements % dtype.bytes !== 0) return 'bytes that are no whole elements';
  if (context === TRANSFER_CONTEXT) return wrongNote(words, at, mode, bytes);
  if (context === PIECE_CONTEXT && (mode !== Mode.block || words[at + PIECE_DIRECT]! >>> 1 !== 0))
    return 'a piece of no known form';
  if (mode === Mode.block) {
    if (!payload) return 'a payload is missing';
    if (payload.byteLength !== bytes || bytes === 0 || bytes > MAX_PAYLOAD)
      return 'a payload of another length';
    return null;
  }
  if (mode === Mode.inline) return bytes <= INLINE_BYTES ? null : 'more bytes than a record holds';
  return mode === Mode.remote && context >= 0 ? null : 'an unknown mode';
}

function wrongNote(words: Int32Array, at: number, mode: Mode, bytes: number): string | null {
  const note = words[at + NOTE]!;
  // The other notes come from the own host only.
  return mode === Mode.inline && bytes === NOTE_LENGTH && (note === Note.matched || note === Note.refused)
    ? null
    : 'a note of no known form';
}
