import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { HaloweaveError } from '../../base/errors.js';
import { asideName, checkpointName } from './folder.js';
import { damaged, type Entry, HEADER_BYTES, headOf, type Manifest, readHead, readHeader } from './format.js';

/** Bytes written, read or summed at a time: some tenths of a millisecond, so that the main thread hears its ranks between. */
const CHUNK = 2 ** 20;

/**
 * Writes a checkpoint aside, waits until the disk has it, and gives it its name: at every moment either the whole file
 * has the name or none does. Gives its bytes. If it cannot be written nothing stays of it.
 */
export async function writeCheckpoint(
  folder: string,
  manifest: Manifest,
  pieces: ReadonlyMap<number, Uint8Array>,
): Promise<number> {
  const aside = join(folder, asideName(manifest.cycles));
  const list = [...pieces].sort(([a], [b]) => a - b);
  let at = headOf(
    manifest,
    list.map(([number, piece]) => ({ number, crc: 0, bytes: piece.length })),
  ).length;
  const sums: Omit<Entry, 'offset'>[] = [];
  try {
    const file = await open(aside, 'w', 0o600);
    try {
      for (const [number, piece] of list) {
        let crc = 0;
        for (let from = 0; from < piece.length; from += CHUNK) {
          const chunk = piece.subarray(from, from + CHUNK);
          crc = crc32(chunk, crc);
          await writeAll(file, chunk, at);
          at += chunk.length;
        }
        sums.push({ number, crc, bytes: piece.length });
      }
      await writeAll(file, headOf(manifest, sums), 0);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(aside, join(folder, checkpointName(manifest.cycles)));
    await syncFolder(folder);
  } catch (cause) {
    await rm(aside, { force: true });
    throw cause;
  }
  return at;
}

async function writeAll(file: FileHandle, bytes: Uint8Array, at: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, at + done);
    done += bytesWritten;
  }
}

/** The name has to reach the disk too. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** A checkpoint whose every byte has been found right. */
export interface WholeCheckpoint {
  path: string;
  manifest: Manifest;
  entries: readonly Entry[];
}

/** Reads a checkpoint once through; throws a 'format' error that says what is wrong with it. */
export async function verifyCheckpoint(path: string): Promise<WholeCheckpoint> {
  const file = await opened(path);
  try {
    const { size } = await file.stat();
    const { head } = readHeader(await readAt(file, 0, HEADER_BYTES, size), size);
    if (head > size) throw damaged(`it ends within its table, at byte ${size}`);
    const { manifest, entries } = readHead(await readAt(file, 0, head, size), size);
    if (basename(path) !== checkpointName(manifest.cycles))
      throw damaged(`it is the state after ${manifest.cycles} cycles under another name`);
    for (const e of entries) {
      let crc = 0;
      for (let from = 0; from < e.bytes; from += CHUNK)
        crc = crc32(await readAt(file, e.offset + from, Math.min(CHUNK, e.bytes - from), size), crc);
      checkSum(e, crc);
    }
    return { path, manifest, entries };
  } finally {
    await file.close();
  }
}

/** One piece of a checkpoint. */
export async function readPiece(file: FileHandle, entry: Entry): Promise<Uint8Array> {
  const bytes = await readAt(file, entry.offset, entry.bytes, entry.offset + entry.bytes);
  checkSum(entry, crc32(bytes));
  return bytes;
}

export function pieceName(number: number): string {
  return number < 0 ? 'the piece of the whole run' : `the piece of partition ${number}`;
}

function checkSum(e: Entry, crc: number): void {
  if (crc !== e.crc)
    throw damaged(
      `the checksum of ${pieceName(e.number)} is wrong (bytes ${e.offset} to ${e.offset + e.bytes - 1})`,
    );
}

async function readAt(file: FileHandle, at: number, bytes: number, size: number): Promise<Buffer> {
  const buffer = Buffer.alloc(Math.max(0, Math.min(bytes, size - at)));
  for (let done = 0; done < buffer.length; ) {
    const { bytesRead } = await file.read(buffer, done, buffer.length - done, at + done);
    if (bytesRead === 0) throw damaged(`it ends at byte ${at + done}`);
    done += bytesRead;
  }
  return buffer;
}

async function opened(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (cause) {
    throw new HaloweaveError(
      'format',
      `it cannot be read from ${dirname(path)}: ${(cause as Error).message}`,
      {},
      { cause },
    );
  }
}
