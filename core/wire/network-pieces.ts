import { getWhole, type Refusal, setWhole, viewOf } from './network.js';

/**
 * `Freight.piece`, `kept`, `fetch`, `fetched`, `field`: one layout. The first frame, 48 bytes:
 *
 * | byte | type | what |
 * |---|---|---|
 * | 0 | u64 | cycles behind the state that is saved |
 * | 8 | i32 | number of the part; −1 for what the run as a whole has gathered |
 * | 12 | u32 | number of the request, chosen by who asks; 0 in `piece` and `kept` |
 * | 16 | u64 | bytes of the whole piece |
 * | 24 | u64 | where in it the frames that follow begin |
 * | 32 | u32 | 1 if the piece is there; 0 in a `fetched` that has nothing to give |
 * | 36 | u32 | 0 |
 * | 40 | u64 | 0 |
 *
 * A piece larger than a message is sent in several, in order, each with its offset. `kept` and `fetch` have no further frames.
 * In a `field` the number of the part is that of the field in the program's domain, and the bytes are its values in C order.
 */
export const PIECE_HEAD_BYTES = 48;
/**
 * Bytes of a piece in one message. Frames of this size are taken from memory that has just been given back; ones of several MiB
 * come as fresh pages each time, which takes three times as long as everything else that is done with them.
 */
export const PIECE_BYTES = 512 * 1024;

export interface PieceHead {
  cycles: number;
  part: number;
  request: number;
  bytes: number;
  offset: number;
  found: boolean;
}

export function encodePieceHead(head: PieceHead): Uint8Array {
  const frame = new Uint8Array(PIECE_HEAD_BYTES);
  const v = viewOf(frame);
  setWhole(v, 0, head.cycles);
  v.setInt32(8, head.part, true);
  v.setUint32(12, head.request, true);
  setWhole(v, 16, head.bytes);
  setWhole(v, 24, head.offset);
  v.setUint32(32, head.found ? 1 : 0, true);
  return frame;
}

/**
 * What a message about a piece says, or why it is refused. Whether the part exists, and whether anybody asked, is for the
 * caller to check: before it makes room for `bytes`.
 */
export function decodePiece(frames: readonly Uint8Array[]): PieceHead | Refusal {
  const first = frames[0];
  if (first?.byteLength !== PIECE_HEAD_BYTES) return 'piece';
  const v = viewOf(first);
  const found = v.getUint32(32, true);
  const head: PieceHead = {
    cycles: getWhole(v, 0),
    part: v.getInt32(8, true),
    request: v.getUint32(12, true),
    bytes: getWhole(v, 16),
    offset: getWhole(v, 24),
    found: found === 1,
  };
  if (v.getUint32(36, true) !== 0 || v.getUint32(40, true) !== 0 || v.getUint32(44, true) !== 0)
    return 'reserved';
  if (head.cycles < 0 || head.part < -1 || head.bytes < 0 || head.offset < 0 || found > 1) return 'piece';
  let bytes = 0;
  for (let k = 1; k < frames.length; k++) bytes += frames[k]!.byteLength;
  if (head.offset + bytes > head.bytes || (bytes > 0 && !head.found)) return 'message length';
  return head;
}
