/**
 * The record in which a message travels between ranks: 128 bytes, the first 32 of them a header.
 *
 * Version 1. All words are little-endian 32-bit integers; `bytes`, `arena` and `offset` are unsigned.
 * A payload of up to 96 bytes lies in the record itself; a larger one lies in the shared heap and the
 * record holds its address; past the eager limit the address is that of a rendezvous descriptor.
 */
export const CELL_BYTES = 128;
export const CELL_WORDS = CELL_BYTES / 4;

// Header words.
/** Ticket of the queue that the record lies in; a transport's own business. */
export const SEQUENCE = 0;
/** kind + 2^8 · dtype code + 2^12 · mode + 2^16 · mark. */
export const KIND = 1;
export const SOURCE = 2;
export const TAG = 3;
export const CONTEXT = 4;
export const EPOCH = 5;
export const BYTES = 6;
export const ARENA = 7;
/** First payload word; with a payload in the heap, its byte offset in the arena. */
export const PAYLOAD = 8;
export const OFFSET = PAYLOAD;

export const INLINE_BYTES = CELL_BYTES - PAYLOAD * 4;

/** What a message carries. */
export const Kind = {
  /** A MessagePack value. */
  object: 0,
  /** The elements of a typed array. */
  typed: 1,
  /** An ndarray: a shape record, then its elements in C order. */
  ndarray: 2,
} as const;
export type Kind = (typeof Kind)[keyof typeof Kind];

/** Where the payload is. */
export const Mode = {
  inline: 0,
  /** In a block of the heap, which whoever takes the message gives back. */
  block: 1,
  /**
   * With the sender: the record holds the address of a descriptor in the heap (comm/rendezvous) or, from a rank that shares
   * no memory, the number of a transfer as ARENA (wire/transfer).
   */
  rendezvous: 2,
  /** A piece of an array in the heap, which the host sends from there as a block (wire/transfer). */
  piece: 3,
} as const;
export type Mode = (typeof Mode)[keyof typeof Mode];

/** Bytes of the shape record before an ndarray's elements: a count and up to 15 extents, one cache line. */
export const SHAPE_BYTES = 64;
export const MAX_DIMENSIONS = SHAPE_BYTES / 4 - 1;

/** `mark`, below 2^16, tells which collective a message belongs to; 0 for one of its own. */
export function packKind(kind: Kind, dtype: number, mode: Mode, mark = 0): number {
  return kind | (dtype << 8) | (mode << 12) | (mark << 16);
}
export const kindOf = (word: number): Kind => (word & 0xff) as Kind;
export const dtypeCodeOf = (word: number): number => (word >> 8) & 0xf;
export const modeOf = (word: number): Mode => ((word >> 12) & 0xf) as Mode;
export const markOf = (word: number): number => word >>> 16;
