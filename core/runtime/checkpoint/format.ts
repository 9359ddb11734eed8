/**
 * A checkpoint file, `checkpoint-CYCLES.hwc`. Numbers are little-endian; nothing lies between the parts.
 *
 *     offset      bytes   what
 *     0           8       'HWCHECK\n'
 *     8           4       u32, version of this format: 1
 *     12          4       u32, bytes of the manifest, M
 *     16          4       u32, number of pieces, P
 *     20          4       u32, CRC-32 of manifest and table
 *     24          8       u64, bytes of the file
 *     32          4       u32, CRC-32 of the bytes 0 … 31
 *     36          M       manifest: JSON in UTF-8, see `Manifest`
 *     36 + M      24 P    table: for each piece, ascending by number
 *                             i32 number: a part's, or −1 for the run as a whole
 *                             u32 CRC-32 of the piece
 *                             u64 offset of the piece in the file
 *                             u64 its bytes
 *     36 + M + 24 P       the pieces, in the order of the table, one right behind the other
 *
 * Every byte is covered by a checksum or by the file's length. CRC-32 is that of zlib (ISO 3309), which finds every
 * burst of up to 32 flipped bits. A grid part's piece is the head of its block (steps, memories, fields with halos), a graph
 * part's its state as node:v8 serialises it, the run's a MessagePack object: `core/kernels/partition/save.ts`.
 */
import { crc32 } from 'node:zlib';
import { z } from 'zod';
import { HaloweaveError } from '../../base/errors.js';

const MAGIC = Buffer.from('HWCHECK\n', 'latin1');
export const VERSION = 1;
export const HEADER_BYTES = 36;
export const ENTRY_BYTES = 24;
const CHECKED_BYTES = 32;

const whole = z.number().int().min(0);
const parts = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('count'), count: whole }),
  z.strictObject({ kind: z.literal('default'), count: whole }),
  z.strictObject({ kind: z.literal('dims'), dims: z.array(whole) }),
  z.strictObject({ kind: z.literal('cells'), cells: whole }),
]);

export const manifestSchema = z.strictObject({
  /** The program's file, for people. */
  program: z.string(),
  /** SHA-256 of its bundle. */
  sha256: z.string(),
  /** Version of haloweave that wrote it. */
  haloweave: z.string(),
  /** Version of Node that ran it. */
  node: z.string(),
  /** The program's arguments as `writtenArgs` writes them. */
  args: z.record(z.string(), z.unknown()),
  /** Whether they can be made again from that. */
  argsComplete: z.boolean(),
  /** What was asked for by --parts. */
  parts,
  /** What was asked for by --cycles; null if the program says when to end. */
  end: whole.nullable(),
  /** Cycles that the state has behind it. */
  cycles: z.number().int().min(1),
});

/** What a checkpoint is of. */
export type Manifest = z.infer<typeof manifestSchema>;

export interface Entry {
  number: number;
  crc: number;
  offset: number;
  bytes: number;
}

/** Header, manifest and table; the entries have offsets from the first piece on. */
export function headOf(manifest: Manifest, entries: readonly Omit<Entry, 'offset'>[]): Buffer {
  const text = Buffer.from(JSON.stringify(manifest));
  const head = Buffer.alloc(HEADER_BYTES + text.length + entries.length * ENTRY_BYTES);
  let at = HEADER_BYTES + text.copy(head, HEADER_BYTES);
  let offset = head.length;
  for (const e of entries) {
    head.writeInt32LE(e.number, at);
    head.writeUInt32LE(e.crc, at + 4);
    head.writeBigUInt64LE(BigInt(offset), at + 8);
    head.writeBigUInt64LE(BigInt(e.bytes), at + 16);
    at += ENTRY_BYTES;
    offset += e.bytes;
  }
  MAGIC.copy(head, 0);
  head.writeUInt32LE(VERSION, 8);
  head.writeUInt32LE(text.length, 12);
  head.writeUInt32LE(entries.length, 16);
  head.writeUInt32LE(crc32(head.subarray(HEADER_BYTES)), 20);
  head.writeBigUInt64LE(BigInt(offset), 24);
  head.writeUInt32LE(crc32(head.subarray(0, CHECKED_BYTES)), 32);
  return head;
}

/** Bytes of header, manifest and table, from the header; throws what is wrong with it. */
export function readHeader(header: Buffer, size: number): { manifest: number; pieces: number; head: number } {
  if (header.length < HEADER_BYTES)
    throw damaged(`it ends after ${header.length} bytes, within its header of ${HEADER_BYTES}`);
  if (!header.subarray(0, MAGIC.length).equals(MAGIC))
    throw damaged('it does not begin as a checkpoint does (byte 0 …)');
  if (crc32(header.subarray(0, CHECKED_BYTES)) !== header.readUInt32LE(32))
    throw damaged('the checksum of its header is wrong (bytes 0 to 35)');
  const version = header.readUInt32LE(8);
  if (version !== VERSION)
    throw damaged(`it has version ${version} of the format, and this haloweave reads version ${VERSION}`);
  const told = Number(header.readBigUInt64LE(24));
  if (told !== size) throw damaged(`it has ${size} bytes and should have ${told}`);
  const manifest = header.readUInt32LE(12);
  const pieces = header.readUInt32LE(16);
  return { manifest, pieces, head: HEADER_BYTES + manifest + pieces * ENTRY_BYTES };
}

/** Manifest and table of a whole head, whose header has been read. */
export function readHead(head: Buffer, size: number): { manifest: Manifest; entries: Entry[] } {
  const { manifest: length, pieces } = readHeader(head, size);
  if (crc32(head.subarray(HEADER_BYTES)) !== head.readUInt32LE(20))
    throw damaged(
      `the checksum of its manifest and table is wrong (bytes ${HEADER_BYTES} to ${head.length - 1})`,
    );
  const text = head.toString('utf8', HEADER_BYTES, HEADER_BYTES + length);
  const manifest = manifestSchema.safeParse(JSON.parse(text));
  if (!manifest.success) throw damaged(`its manifest is none: ${z.prettifyError(manifest.error)}`);
  const entries: Entry[] = [];
  let at = HEADER_BYTES + length;
  let offset = head.length;
  for (let k = 0; k < pieces; k++, at += ENTRY_BYTES) {
    const e = {
      number: head.readInt32LE(at),
      crc: head.readUInt32LE(at + 4),
      offset: Number(head.readBigUInt64LE(at + 8)),
      bytes: Number(head.readBigUInt64LE(at + 16)),
    };
    if (e.offset !== offset || e.number < -1 || (k > 0 && e.number <= entries[k - 1]!.number))
      throw damaged(`entry ${k} of its table makes no sense`);
    entries.push(e);
    offset += e.bytes;
  }
  if (offset !== size) throw damaged(`its pieces end at byte ${offset}, the file at ${size}`);
  return { manifest: manifest.data, entries };
}

/** What is wrong with a file; its reader puts the file's name before it. */
export function damaged(what: string): HaloweaveError {
  return new HaloweaveError('format', what);
}
