import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DTYPES } from '../../../core/memory/dtype.js';
import { Kind, Mode, packKind, SHAPE_BYTES } from '../../../core/wire/cell.js';
import {
  checkFrames,
  emptyHeader,
  Flag,
  Freight,
  HEADER_BYTES,
  MAX_FRAME_BYTES,
  MAX_FRAMES,
  MAX_HOST,
  readHeader,
  viewOf,
  writeHeader,
} from '../../../core/wire/network.js';
import { decodePiece, encodePieceHead, type PieceHead } from '../../../core/wire/network-pieces.js';
import {
  checkCredits,
  checkRecords,
  ELEMENT_BYTES,
  encodeCredits,
  forEachCredit,
  MAX_RECORDS,
  payloadOf,
  RECORDS_HEAD_BYTES,
  recordAt,
  recordCount,
} from '../../../core/wire/network-records.js';
import { LEAST_CONTEXT } from '../../../core/wire/tags.js';
import {
  crossing,
  goodMessages,
  header,
  type RecordSpec,
  recordsMessage,
  shaped,
} from '../../support/network-messages.js';

const WHOLE = fc.maxSafeNat();

describe('a header', () => {
  it('comes back as it was written', () => {
    const data = fc.record({
      freight: fc.integer({ min: 1, max: 6 }) as fc.Arbitrary<Freight>,
      flags: fc.constant(0),
      epoch: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
      from: fc.integer({ min: 0, max: MAX_HOST }),
      to: fc.integer({ min: 0, max: MAX_HOST }),
      frames: fc.integer({ min: 1, max: MAX_FRAMES }),
      instance: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      sequence: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
      acknowledged: WHOLE,
      oldest: fc.constant(1),
      probe: fc.constant(0),
      answer: fc.constant(0),
    });
    fc.assert(
      fc.property(data, (h) => {
        const frame = new Uint8Array(HEADER_BYTES + 3).subarray(3);
        writeHeader(frame, h);
        const back = emptyHeader();
        expect(readHeader(frame, back)).toBe(null);
        expect(back).toEqual(h);
      }),
    );
  });

  it('has the layout that its file describes', () => {
    const frame = header({
      freight: Freight.link,
      flags: Flag.probe | Flag.answer | Flag.fresh | Flag.gap,
      epoch: 0x01020304,
      from: 0x0506,
      to: 0x0708,
      instance: 0x1112131415161718n,
      acknowledged: 2 ** 40 + 2,
      oldest: 2 ** 33,
      probe: 0x21222324,
      answer: 0x31323334,
    });
    const bytes = [
      '68776d31 0100 00 0f 04030201 0605 0807 00000000 00000000 1817161514131211',
      '0000000000000000 0200000000010000 0000000002000000 24232221 34333231',
    ];
    expect(Buffer.from(frame).toString('hex')).toBe(bytes.join('').replaceAll(' ', ''));
  });

  it('is refused for every field that is wrong', () => {
    const refused = (change: (v: DataView) => void): unknown => {
      const frame = header({ freight: Freight.piece, frames: 1, sequence: 5, oldest: 2 });
      change(viewOf(frame));
      return readHeader(frame, emptyHeader());
    };
    expect(refused(() => {})).toBeNull();
    expect(refused((v) => v.setUint8(0, 1))).toBe('magic');
    expect(refused((v) => v.setUint16(4, 2, true))).toBe('version');
    expect(refused((v) => v.setUint8(6, 250))).toBe('freight');
    expect(refused((v) => v.setUint8(7, 1))).toBe('flags');
    expect(refused((v) => v.setUint32(8, 2 ** 31, true))).toBe('epoch');
    expect(refused((v) => v.setUint32(16, 0, true))).toBe('frame count');
    expect(refused((v) => v.setUint32(16, MAX_FRAMES + 1, true))).toBe('frame count');
    expect(refused((v) => v.setUint8(20, 1))).toBe('reserved');
    for (const at of [32, 40, 48]) expect(refused((v) => v.setUint32(at + 4, 2 ** 21, true))).toBe('number');
    expect(refused((v) => v.setUint32(32, 0, true))).toBe('number');
    expect(refused((v) => v.setUint32(48, 0, true))).toBe('number');
    expect(refused((v) => v.setUint32(48, 6, true))).toBe('number');
    expect(refused((v) => v.setUint32(56, 1, true))).toBe('flags');
    expect(refused((v) => v.setUint32(60, 1, true))).toBe('flags');
    for (const n of [0, 63, 65]) expect(readHeader(new Uint8Array(n), emptyHeader())).toBe('header length');
    const own = (change: Parameters<typeof header>[0]): unknown => readHeader(header(change), emptyHeader());
    expect(own({})).toBeNull();
    expect(own({ sequence: 1 })).toBe('number');
    expect(own({ frames: 1 })).toBe('frame count');
    expect(own({ flags: Flag.fresh })).toBe('flags');
    expect(own({ flags: Flag.probe })).toBe('flags');
    expect(own({ flags: 16 })).toBe('flags');
  });

  it('is followed by as many frames as it says, none beyond the limits', () => {
    const frame = new Uint8Array(MAX_FRAME_BYTES);
    expect(checkFrames([frame, frame, frame, frame], 0, 4)).toBeNull();
    expect(checkFrames([frame, frame, frame, frame, new Uint8Array(1)], 0, 5)).toBe('message length');
    expect(checkFrames([frame, frame], 1, 2)).toBe('frame count');
    expect(checkFrames([new Uint8Array(MAX_FRAME_BYTES + 1)], 0, 1)).toBe('frame length');
    const many = Array.from({ length: MAX_FRAMES + 1 }, () => new Uint8Array(1));
    expect(checkFrames(many, 0, many.length)).toBe('frame count');
  });
});

describe('records off the wire', () => {
  const refused = (spec: RecordSpec, change?: (frames: Uint8Array[], v: DataView) => void): unknown => {
    const frames = recordsMessage([spec]);
    change?.(frames, viewOf(frames[0]!));
    return checkRecords(frames, crossing);
  };
  const nd = { kind: Kind.ndarray, dtype: 0 };

  it('are taken when all is right, with their payloads where they lie', () => {
    expect(ELEMENT_BYTES).toEqual(DTYPES.map((d) => d.bytes));
    const [, ...frames] = goodMessages()[Freight.records]!;
    expect(checkRecords(frames, crossing)).toBeNull();
    expect(recordCount(frames[0]!)).toBe(8);
    expect(payloadOf(frames, recordAt(1))).toBe(frames[1]);
    expect(payloadOf(frames, recordAt(2))).toEqual(new Uint8Array(100));
    expect(payloadOf(frames, recordAt(4))).toEqual(shaped([5], 5));
  });

  it('are refused if source or destination is not of that host, or there is no such rank', () => {
    for (const source of [2, 5, -1, 2 ** 31 - 1]) expect(refused({ source })).toBe('source');
    for (const destination of [0, 5, -1, -(2 ** 31)]) expect(refused({ destination })).toBe('destination');
  });

  it('are refused for an unknown epoch, tag, context, kind, dtype or mode', () => {
    expect(refused({ epoch: 2 })).toBe('epoch');
    expect(refused({ tag: -1 })).toBe('tag');
    expect(refused({ context: LEAST_CONTEXT - 1 })).toBe('context');
    expect(refused({ kind: 3 as Kind })).toBe('kind');
    expect(refused({ dtype: 10 })).toBe('dtype');
    expect(refused({ kind: Kind.object, dtype: 0 })).toBe('dtype');
    expect(refused({ mode: 3 as Mode })).toBe('mode');
    expect(refused({ context: -2, kind: Kind.object })).toBe('kind');
    expect(refused({ context: -2, dtype: 0 })).toBe('kind');
    expect(refused({ context: -2, mode: Mode.rendezvous, bytes: 8 })).toBe('mode');
  });

  it('are refused if the payload has another length or place', () => {
    const payload = new Uint8Array(200);
    const block = { mode: Mode.block, payload };
    expect(refused({ bytes: 97 })).toBe('payload length');
    expect(refused({ dtype: 0, bytes: 7 })).toBe('payload length');
    expect(refused({ ...block, bytes: 201 })).toBe('payload length');
    expect(refused({ ...block, behind: true, bytes: 201 })).toBe('payload length');
    expect(refused({ ...block, behind: true, bytes: -1 })).toBe('payload length');
    const offset = (x: number) => (_: Uint8Array[], v: DataView) => v.setUint32(recordAt(0) + 32, x, true);
    expect(refused({ ...block, behind: true }, offset(recordAt(1) - 8))).toBe('payload place');
    expect(refused({ ...block, behind: true }, offset(recordAt(1) + 4))).toBe('payload place');
    expect(refused({ ...block, behind: true }, offset(0xffff_fff8))).toBe('payload length');
    const arena = (x: number) => (_: Uint8Array[], v: DataView) => v.setUint32(recordAt(0) + 28, x, true);
    expect(refused(block, arena(2))).toBe('payload place');
    expect(refused(block, arena(0xffff_ffff))).toBe('payload place');
    expect(refused(block, (frames) => frames.push(payload))).toBe('frame count');
    const twice = recordsMessage([block, block]);
    viewOf(twice[0]!).setUint32(recordAt(1) + 28, 1, true);
    expect(checkRecords(twice, crossing)).toBe('payload place');
  });

  it('are refused if the shape is not that of the elements', () => {
    const all = (payload: Uint8Array, bytes = payload.length): unknown[] => [
      refused({ ...nd, mode: Mode.block, payload }),
      refused({ ...nd, mode: Mode.block, payload, behind: true }),
      refused({ ...nd, mode: Mode.rendezvous, payload, bytes }),
    ];
    expect(all(shaped([2, 3], 6))).toEqual([null, null, null]);
    expect(all(shaped([], 1))).toEqual([null, null, null]);
    expect(all(shaped([0xffff_ffff, 0xffff_ffff, 0], 0))).toEqual([null, null, null]);
    expect(all(shaped([2, 3], 5))).toEqual(['shape', 'shape', 'shape']);
    // 2^16 · 2^16 · 2^16 · 2^16 = 2^64, and (2^32 − 1)^14: no product wraps around to a few.
    expect(all(shaped([65536, 65536, 65536, 65536], 0))).toEqual(['shape', 'shape', 'shape']);
    expect(all(shaped(Array(14).fill(0xffff_ffff), 1))).toEqual(['shape', 'shape', 'shape']);
    const sixteen = shaped(Array(15).fill(1), 1);
    viewOf(sixteen).setUint32(0, 16, true);
    expect(all(sixteen)).toEqual(['shape', 'shape', 'shape']);
    expect(refused({ ...nd, payload: shaped([2, 2], 4) })).toBeNull();
    expect(refused({ ...nd, payload: shaped([2, 2], 4), bytes: SHAPE_BYTES - 8 })).toBe('payload length');
  });

  it('are refused if the head says anything else than what is there', () => {
    const set = (at: number, x: number) => (_: Uint8Array[], v: DataView) => v.setUint32(at, x, true);
    expect(checkRecords([], crossing)).toBe('records length');
    expect(checkRecords([new Uint8Array(RECORDS_HEAD_BYTES - 1)], crossing)).toBe('records length');
    expect(refused({}, set(0, 0))).toBe('records count');
    expect(refused({}, set(0, 2))).toBe('records length');
    expect(refused({}, set(0, MAX_RECORDS + 1))).toBe('records count');
    expect(refused({}, set(4, 1))).toBe('frame count');
    expect(refused({}, set(8, 1))).toBe('reserved');
    expect(refused({}, set(12, 1))).toBe('reserved');
    expect(packKind(Kind.typed, 3, Mode.inline)).toBe(0x301);
  });
});

describe('credits off the wire', () => {
  it('are taken when all is right', () => {
    const frame = encodeCredits([0, 1], [128, 2 ** 32 - 1]);
    expect(checkCredits([frame], crossing)).toBeNull();
    const got: number[][] = [];
    forEachCredit(frame, (rank, bytes) => got.push([rank, bytes]));
    expect(got).toEqual([
      [0, 128],
      [1, 2 ** 32 - 1],
    ]);
  });

  it('are refused otherwise', () => {
    const refused = (ranks: number[], bytes: number[]): unknown =>
      checkCredits([encodeCredits(ranks, bytes)], crossing);
    expect(refused([], [])).toBe('records count');
    expect(refused([2], [1])).toBe('source');
    expect(refused([9], [1])).toBe('source');
    expect(refused([1, 0], [1, 1])).toBe('credit');
    expect(refused([1, 1], [1, 1])).toBe('credit');
    expect(refused([1], [0])).toBe('credit');
    const good = encodeCredits([1], [1]);
    expect(checkCredits([], crossing)).toBe('frame count');
    expect(checkCredits([good, good], crossing)).toBe('frame count');
    expect(checkCredits([good.subarray(0, 15)], crossing)).toBe('records length');
    expect(checkCredits([good.subarray(0, 7)], crossing)).toBe('records length');
    expect(checkCredits([Uint8Array.of(...good, 0)], crossing)).toBe('records length');
  });
});

describe('pieces off the wire', () => {
  const good: PieceHead = { cycles: 9, part: -1, request: 4, bytes: 100, offset: 60, found: true };
  const data = new Uint8Array(40);

  it('come back as they were written', () => {
    expect(decodePiece([encodePieceHead(good), data])).toEqual(good);
    const large = { ...good, cycles: 2 ** 53 - 1, part: 2 ** 31 - 1, bytes: 2 ** 53 - 1, offset: 2 ** 40 };
    expect(decodePiece([encodePieceHead(large)])).toEqual(large);
  });

  it('are refused if they make no sense', () => {
    const refused = (change: (v: DataView) => void, more = data): unknown => {
      const head = encodePieceHead(good);
      change(viewOf(head));
      return decodePiece([head, more]);
    };
    expect(decodePiece([])).toBe('piece');
    expect(decodePiece([new Uint8Array(47)])).toBe('piece');
    expect(refused((v) => v.setInt32(8, -2, true))).toBe('piece');
    for (const at of [0, 16, 24]) expect(refused((v) => v.setUint32(at + 4, 2 ** 21, true))).toBe('piece');
    expect(refused((v) => v.setUint32(32, 2, true))).toBe('piece');
    expect(refused((v) => v.setUint32(32, 0, true))).toBe('message length');
    expect(refused(() => {}, new Uint8Array(41))).toBe('message length');
    for (const at of [36, 40, 44]) expect(refused((v) => v.setUint32(at, 1, true))).toBe('reserved');
  });
});
