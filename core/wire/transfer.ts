import { PAYLOAD } from './cell.js';

/**
 * Large messages between ranks that share no memory (comm/remote-rendezvous). The record that announces one has mode
 * `rendezvous`, the number of the transfer as ARENA, unique at its sender, and the shape of an ndarray from PAYLOAD on.
 * All other records of the transfer have that number as tag. Version 1.
 *
 * Those of TRANSFER_CONTEXT are notes; their words are below. Those of PIECE_CONTEXT carry the pieces in order.
 */
/** First word of a note. */
export const NOTE = PAYLOAD;
export const Note = {
  /** Receiver to sender: a receive has met the message, send it. NOTE_DIRECT and the three words after it say where it is to lie. */
  matched: 1,
  /** Receiver to sender: the receive that it met cannot take it; nothing more is to be sent. */
  refused: 2,
  /** The sender's host to the sender: NOTE_COUNT more pieces of an array in the heap have arrived. */
  acknowledged: 3,
  /** The receiver's host to the receiver: everything lies in its array. */
  landed: 4,
} as const;
export type Note = (typeof Note)[keyof typeof Note];
export const NOTE_COUNT = NOTE + 1;
/** 1 if the receiver's array lies in its heap: then its host brings the pieces there. */
export const NOTE_DIRECT = NOTE + 1;
/** Where, for the receiver's host alone: the words do not travel. */
export const NOTE_ARENA = NOTE + 2;
export const NOTE_OFFSET = NOTE + 3;
export const NOTE_BYTES = NOTE + 4;
export const NOTE_LENGTH = 5 * 4;

// Words of a piece's record, beside the address of its bytes.
/** Where it belongs in the array, in bytes. */
export const PIECE_AT = PAYLOAD + 1;
/** 1 if the receiver's host brings it to the array, 0 if the receiver does. */
export const PIECE_DIRECT = PAYLOAD + 2;

/** Numbers of transfers are tags. */
export const MAX_TRANSFER = 0x7fff_ffff;
