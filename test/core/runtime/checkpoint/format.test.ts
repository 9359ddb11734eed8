import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { verifyCheckpoint, writeCheckpoint } from '../../../../core/runtime/checkpoint/file.js';
import type { Manifest } from '../../../../core/runtime/checkpoint/format.js';
import { ScratchFolder } from '../../../support/paths.js';

/** CRC-32 of ISO 3309, bit by bit: polynomial 0x04c11db7, reflected. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const b of bytes) {
    crc ^= b;
    for (let k = 0; k < 8; k++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

const MANIFEST: Manifest = {
  program: 'heat.ts',
  sha256: 'a'.repeat(64),
  haloweave: '0.1.0',
  node: 'v20.19.0',
  args: { shape: '4x4' },
  argsComplete: true,
  parts: { kind: 'dims', dims: [1, 2] },
  end: 100,
  cycles: 40,
};
const WHOLE = Uint8Array.of(1, 2, 3, 4, 5);
const PART = Uint8Array.from({ length: 70 }, (_, k) => (k * 37) % 256);

/** The file of the description, made without the code under test. */
function byHand(): Buffer {
  const manifest = Buffer.from(JSON.stringify(MANIFEST));
  const pieces: [number, Uint8Array][] = [
    [-1, WHOLE],
    [0, PART],
    [1, new Uint8Array(0)],
  ];
  const table = Buffer.alloc(24 * pieces.length);
  let offset = 36 + manifest.length + table.length;
  pieces.forEach(([number, bytes], k) => {
    table.writeInt32LE(number, 24 * k);
    table.writeUInt32LE(crc32(bytes), 24 * k + 4);
    table.writeBigUInt64LE(BigInt(offset), 24 * k + 8);
    table.writeBigUInt64LE(BigInt(bytes.length), 24 * k + 16);
    offset += bytes.length;
  });
  const header = Buffer.alloc(36);
  header.write('HWCHECK\n', 0, 'latin1');
  header.writeUInt32LE(1, 8);
  header.writeUInt32LE(manifest.length, 12);
  header.writeUInt32LE(pieces.length, 16);
  header.writeUInt32LE(crc32(Buffer.concat([manifest, table])), 20);
  header.writeBigUInt64LE(BigInt(offset), 24);
  header.writeUInt32LE(crc32(header.subarray(0, 32)), 32);
  return Buffer.concat([header, manifest, table, ...pieces.map(([, bytes]) => bytes)]);
}

describe('a checkpoint file', () => {
  it('is written byte by byte as described', async () => {
    using folder = new ScratchFolder();
    const pieces = new Map([
      [1, new Uint8Array(0)],
      [0, PART],
      [-1, WHOLE],
    ]);
    const bytes = await writeCheckpoint(folder.path, MANIFEST, pieces);
    const written = readFileSync(join(folder.path, 'checkpoint-40.hwc'));
    expect(written.equals(byHand())).toBe(true);
    expect(bytes).toBe(written.length);
  });

  it('is read as described', async () => {
    using folder = new ScratchFolder();
    const path = join(folder.path, 'checkpoint-40.hwc');
    writeFileSync(path, byHand());
    const { manifest, entries } = await verifyCheckpoint(path);
    expect(manifest).toEqual(MANIFEST);
    expect(entries.map((e) => [e.number, e.bytes])).toEqual([
      [-1, 5],
      [0, 70],
      [1, 0],
    ]);
  });

  it('with any bit flipped is found to be damaged', async () => {
    using folder = new ScratchFolder();
    const path = join(folder.path, 'checkpoint-40.hwc');
    const good = byHand();
    for (let at = 0; at < good.length; at++) {
      const bad = Buffer.from(good);
      bad[at]! ^= 1 << (at % 8);
      writeFileSync(path, bad);
      await expect(verifyCheckpoint(path), `byte ${at}`).rejects.toMatchObject({ code: 'format' });
    }
  });

  it('cut anywhere, or with more behind it, is found to be damaged', async () => {
    using folder = new ScratchFolder();
    const path = join(folder.path, 'checkpoint-40.hwc');
    const good = byHand();
    for (let length = 0; length <= good.length + 1; length++) {
      if (length === good.length) continue;
      writeFileSync(path, Buffer.concat([good, Buffer.of(0)]).subarray(0, length));
      await expect(verifyCheckpoint(path), `${length} bytes`).rejects.toMatchObject({ code: 'format' });
    }
  });

  it.each<[string, (file: Buffer) => void, RegExp]>([
    ['another beginning', (f) => f.write('X', 0), /does not begin as a checkpoint does/],
    [
      'another version',
      (f) => remake(f, () => f.writeUInt32LE(2, 8)),
      /version 2 of the format, and this haloweave reads version 1/,
    ],
    ['a header bit', (f) => flip(f, 13), /checksum of its header is wrong \(bytes 0 to 35\)/],
    ['a manifest bit', (f) => flip(f, 40), /checksum of its manifest and table is wrong \(bytes 36 to \d+\)/],
    [
      'a piece bit',
      (f) => flip(f, f.length - 3),
      /checksum of the piece of partition 0 is wrong \(bytes \d+ to \d+\)/,
    ],
  ])('%s: says what is wrong', async (_, spoil, message) => {
    using folder = new ScratchFolder();
    const path = join(folder.path, 'checkpoint-40.hwc');
    const file = byHand();
    spoil(file);
    writeFileSync(path, file);
    await expect(verifyCheckpoint(path)).rejects.toThrow(message);
  });

  it('under the name of another is found out', async () => {
    using folder = new ScratchFolder();
    const path = join(folder.path, 'checkpoint-50.hwc');
    writeFileSync(path, byHand());
    await expect(verifyCheckpoint(path)).rejects.toThrow(/state after 40 cycles under another name/);
  });
});

function remake(file: Buffer, change: () => void): void {
  change();
  file.writeUInt32LE(crc32(file.subarray(0, 32)), 32);
}

function flip(file: Buffer, at: number): void {
  file[at]! ^= 4;
}
