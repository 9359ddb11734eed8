/**
 * What hosts send each other over the data mesh: a frame with a header, then the frames of its freight.
 *
 * Version 1. All numbers are little-endian. The header, 64 bytes:
 *
 * | byte | type | what |
 * |---|---|---|
 * | 0 | u32 | `MAGIC` |
 * | 4 | u16 | `NETWORK_VERSION` |
 * | 6 | u8 | freight |
 * | 7 | u8 | flags; 0 unless the freight is `link` |
 * | 8 | u32 | epoch, below 2^31 |
 * | 12 | u16 | sending host |
 * | 14 | u16 | receiving host |
 * | 16 | u32 | frames that follow |
 * | 20 | u32 | 0 |
 * | 24 | u64 | which life of the sending host: its `instance` |
 * | 32 | u64 | number of the message between the two, from 1; 0 for the link's own |
 * | 40 | u64 | all messages up to this one have arrived at the sender |
 * | 48 | u64 | the oldest message that the sender still has |
 * | 56 | u32 | number of a probe; 0 for none |
 * | 60 | u32 | number of the probe that is answered; 0 for none |
 */
export const MAGIC = 0x31_6d_77_68;
export const NETWORK_VERSION = 1;
export const HEADER_BYTES = 64;

/** What a message of the mesh carries. */
export const Freight = {
  /** Nothing: the link's own probes, answers and acknowledgements. */
  link: 0,
  /** Records of ranks, and the payloads that do not fit in them: `network-records.ts`. */
  records: 1,
  /** Room that ranks have made by taking records out of their mailboxes: `network-records.ts`. */
  credit: 2,
  /** A piece of a checkpoint, for its buddy or for whoever writes it to disk: `network-pieces.ts`. */
  piece: 3,
  /** The piece of that generation and part has been kept. */
  kept: 4,
  /** Asks for a piece. */
  fetch: 5,
  /** The answer to it. */
  fetched: 6,
  /** A stretch of a whole field of the final state, for the coordinator: `network-pieces.ts`. */
  field: 7,
} as const;
export type Freight = (typeof Freight)[keyof typeof Freight];
const LAST_FREIGHT = Freight.field;

/** Bits of a header's flags. */
export const Flag = {
  /** Wants an answer: carries a probe's number. */
  probe: 1,
  /** Answers the probe of that number. */
  answer: 2,
  /** The connection is new: whatever was under way may be lost. */
  fresh: 4,
  /** A message with a later number came: what follows the acknowledged ones is to be sent again. */
  gap: 8,
} as const;
const ALL_FLAGS = Flag.probe | Flag.answer | Flag.fresh | Flag.gap;

/** Frames behind the header: a thousand payloads and the records that they belong to, so that a receive never takes longer than a few ms. */
export const MAX_FRAMES = 1025;
/** A frame's bytes: larger pieces are cut. A receiver has to hold one whole frame before it may look at it. */
export const MAX_FRAME_BYTES = 16 * 1024 * 1024;
/** The bytes of all frames of a message together. */
export const MAX_MESSAGE_BYTES = 4 * MAX_FRAME_BYTES;
export const MAX_HOST = 0xffff;
export const MAX_EPOCH = 0x7fff_ffff;

/** Why something off the wire was refused; refusals are counted by it. */
export type Refusal =
  // The header.
  | 'header length'
  | 'magic'
  | 'version'
  | 'freight'
  | 'flags'
  | 'epoch'
  | 'reserved'
  | 'number'
  // The frames.
  | 'frame count'
  | 'frame length'
  | 'message length'
  // The link.
  | 'route'
  | 'unknown host'
  | 'dropped host'
  | 'broken link'
  | 'other instance'
  | 'receiver'
  // Records and credits.
  | 'records length'
  | 'records count'
  | 'destination'
  | 'source'
  | 'kind'
  | 'dtype'
  | 'mode'
  | 'tag'
  | 'context'
  | 'payload length'
  | 'payload place'
  | 'shape'
  | 'credit'
  // Pieces and fields.
  | 'piece'
  | 'field';

/** A decoded header. One object may be read into again and again. */
export interface Header {
  freight: Freight;
  flags: number;
  epoch: number;
  from: number;
  to: number;
  frames: number;
  instance: bigint;
  sequence: number;
  acknowledged: number;
  oldest: number;
  probe: number;
  answer: number;
}

export function emptyHeader(): Header {
  return {
    freight: Freight.link,
    flags: 0,
    epoch: 0,
    from: 0,
    to: 0,
    frames: 0,
    instance: 0n,
    sequence: 0,
    acknowledged: 0,
    oldest: 1,
    probe: 0,
    answer: 0,
  };
}

const HIGH = 2 ** 32;
/** High words of whole numbers that a double holds exactly are below this. */
const HIGH_LIMIT = 2 ** 21;

export function setWhole(v: DataView, at: number, x: number): void {
  v.setUint32(at, x >>> 0, true);
  v.setUint32(at + 4, Math.floor(x / HIGH), true);
}

/** A 64-bit number below 2^53, or −1 if it is not below. */
export function getWhole(v: DataView, at: number): number {
  const high = v.getUint32(at + 4, true);
  return high < HIGH_LIMIT ? high * HIGH + v.getUint32(at, true) : -1;
}

export const viewOf = (frame: Uint8Array): DataView =>
  new DataView(frame.buffer, frame.byteOffset, frame.byteLength);

/** Writes a header into 64 bytes. */
export function writeHeader(frame: Uint8Array, h: Header): void {
  const v = viewOf(frame);
  v.setUint32(0, MAGIC, true);
  v.setUint16(4, NETWORK_VERSION, true);
  v.setUint8(6, h.freight);
  v.setUint8(7, h.flags);
  v.setUint32(8, h.epoch, true);
  v.setUint16(12, h.from, true);
  v.setUint16(14, h.to, true);
  v.setUint32(16, h.frames, true);
  v.setUint32(20, 0, true);
  v.setBigUint64(24, h.instance, true);
  setWhole(v, 32, h.sequence);
  setWhole(v, 40, h.acknowledged);
  setWhole(v, 48, h.oldest);
  v.setUint32(56, h.probe, true);
  v.setUint32(60, h.answer, true);
}

/** Reads and checks a header; why it is refused, or null. After a refusal `into` holds nothing of use. */
export function readHeader(frame: Uint8Array, into: Header): Refusal | null {
  if (frame.byteLength !== HEADER_BYTES) return 'header length';
  const v = viewOf(frame);
  if (v.getUint32(0, true) !== MAGIC) return 'magic';
  if (v.getUint16(4, true) !== NETWORK_VERSION) return 'version';
  const freight = v.getUint8(6);
  if (freight > LAST_FREIGHT) return 'freight';
  into.freight = freight as Freight;
  into.flags = v.getUint8(7);
  into.epoch = v.getUint32(8, true);
  if (into.epoch > MAX_EPOCH) return 'epoch';
  into.from = v.getUint16(12, true);
  into.to = v.getUint16(14, true);
  into.frames = v.getUint32(16, true);
  if (v.getUint32(20, true) !== 0) return 'reserved';
  into.instance = v.getBigUint64(24, true);
  into.sequence = getWhole(v, 32);
  into.acknowledged = getWhole(v, 40);
  into.oldest = getWhole(v, 48);
  into.probe = v.getUint32(56, true);
  into.answer = v.getUint32(60, true);
  return consistent(into);
}

/** What must hold between the fields of a header. */
function consistent(h: Header): Refusal | null {
  const { flags } = h;
  const own = h.freight === Freight.link;
  if (flags > ALL_FLAGS || (!own && flags !== 0)) return 'flags';
  if (((flags & Flag.probe) !== 0) !== (h.probe !== 0)) return 'flags';
  if (((flags & Flag.answer) !== 0) !== (h.answer !== 0)) return 'flags';
  if ((flags & Flag.fresh) !== 0 && (flags & Flag.probe) === 0) return 'flags';
  if (h.sequence < 0 || h.acknowledged < 0 || h.oldest < 1) return 'number';
  if (own !== (h.sequence === 0) || (!own && h.oldest > h.sequence)) return 'number';
  if (own ? h.frames !== 0 : h.frames === 0 || h.frames > MAX_FRAMES) return 'frame count';
  return null;
}

/** Whether the frames behind a header, `parts[first]` and on, are as many as it says and within the limits. */
export function checkFrames(parts: readonly Uint8Array[], first: number, announced: number): Refusal | null {
  if (parts.length - first !== announced || announced > MAX_FRAMES) return 'frame count';
  let bytes = 0;
  for (let k = first; k < parts.length; k++) {
    const { byteLength } = parts[k]!;
    if (byteLength > MAX_FRAME_BYTES) return 'frame length';
    bytes += byteLength;
  }
  return bytes > MAX_MESSAGE_BYTES ? 'message length' : null;
}
