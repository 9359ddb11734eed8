import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { type Landing, type Outgoing, outgoing } from '../../../core/comm/payload.js';
import {
  REMOTE_PIECE_BYTES,
  RemoteReceive,
  RemoteRefusal,
  RemoteSend,
} from '../../../core/comm/remote-rendezvous.js';
import { empty, free } from '../../../core/memory/array.js';
import { addressOf, Heap, offsetOf } from '../../../core/memory/heap.js';
import { cellViews } from '../../../core/transport/cell-views.js';
import type { Transport } from '../../../core/transport/transport.js';
import {
  ARENA,
  BYTES,
  CELL_BYTES,
  CELL_WORDS,
  CONTEXT,
  KIND,
  Mode,
  modeOf,
  OFFSET,
  TAG,
} from '../../../core/wire/cell.js';
import { PIECE_CONTEXT, TRANSFER_CONTEXT } from '../../../core/wire/tags.js';
import {
  NOTE,
  NOTE_ARENA,
  NOTE_BYTES,
  NOTE_DIRECT,
  NOTE_OFFSET,
  Note,
  PIECE_AT,
  PIECE_DIRECT,
} from '../../../core/wire/transfer.js';

const heap = Heap.create({ arenaBytes: 16 << 20 });
afterAll(() => heap.close());

const RECORDS = 64;
/** Records that may be taken before the mailbox is full. */
let room = RECORDS;
const cells = cellViews(new ArrayBuffer(RECORDS * CELL_BYTES));
/** Those that were committed, in order. */
let sent: number[] = [];
let blocks = 0;
beforeEach(() => {
  room = RECORDS;
  sent = [];
  blocks = heap.blocks;
});

/** Rank 0's side of a mailbox of rank 3; `bridged`: a host carries what is in it. */
const transport = (bridged: boolean): Transport =>
  ({
    rank: 0,
    size: 4,
    heap,
    cells,
    bridged,
    acquire: () => (sent.length < room ? sent.length * CELL_WORDS : -1),
    commit: (_: number, cell: number) => sent.push(cell),
    askForRoom: () => {},
  }) as Partial<Transport> as Transport;

const PIECES = 11;
const N = (PIECES - 1) * (REMOTE_PIECE_BYTES / 8) + 5;
const filled = (a: Float64Array): Float64Array => a.map((_, k) => k + 0.5);

/** What a record of a piece says, and the bytes at its address. */
function piece(cell: number) {
  const { i32, u32 } = cells;
  const [bytes, address] = [u32[cell + BYTES]!, addressOf(u32[cell + ARENA]!, u32[cell + OFFSET]!)];
  const elements = new Float64Array(heap.arenaOf(address).buffer, offsetOf(address), bytes / 8);
  return {
    address,
    bytes,
    elements,
    mode: modeOf(i32[cell + KIND]!),
    tag: i32[cell + TAG],
    context: i32[cell + CONTEXT],
    at: u32[cell + PIECE_AT],
    direct: i32[cell + PIECE_DIRECT],
  };
}

describe('the sender of a large message to a rank that shares no memory', () => {
  const begin = (o: Outgoing, bridged = true) => {
    let over = 0;
    const send = new RemoteSend(transport(bridged), o, 3, 77, () => over++);
    return { send, over: () => over };
  };

  it('sends an array of the heap from where it lies, eight pieces at once, the next as one arrives', () => {
    const array = empty(heap, N);
    filled(array.data as Float64Array).forEach((x, k) => {
      array.data[k] = x;
    });
    blocks = heap.blocks;
    const { send, over } = begin(outgoing(array.data));
    expect(send.origin).toBe(heap.locate(array.data));
    expect(send.step()).toBe(false);
    expect(sent).toEqual([]);
    send.matched(1);
    expect(send.step()).toBe(false);
    expect(sent).toHaveLength(8);
    send.acknowledged(2);
    expect([send.step(), sent.length]).toEqual([false, 10]);
    send.acknowledged(1);
    expect([send.step(), sent.length]).toEqual([false, PIECES]);
    let at = 0;
    for (const p of sent.map(piece)) {
      expect(p).toMatchObject({ mode: Mode.piece, tag: 77, context: PIECE_CONTEXT, at, direct: 1 });
      expect(p.address).toBe(send.origin + at);
      at += p.bytes;
    }
    expect(at).toBe(N * 8);
    // Nothing is copied, and the array is the sender's again when nobody reads it any more.
    expect(heap.blocks).toBe(blocks);
    send.acknowledged(PIECES - 4);
    expect([send.step(), over()]).toEqual([false, 0]);
    send.acknowledged(1);
    expect([send.step(), over()]).toEqual([true, 1]);
    expect([send.step(), over()]).toEqual([true, 1]);
    free(heap, array);
  });

  it.each([true, false])('sends any other array through blocks (host in between: %s)', (bridged) => {
    const array = filled(new Float64Array(N));
    const { send, over } = begin(outgoing(array), bridged);
    expect(send.origin).toBe(-1);
    send.matched(0);
    const complete = send.step();
    // Without a host nobody acknowledges: all is in the mailbox, and a copy.
    expect([complete, over(), sent.length]).toEqual(bridged ? [false, 0, 8] : [true, 1, PIECES]);
    if (bridged) {
      send.acknowledged(8);
      expect([send.step(), sent.length]).toEqual([false, PIECES]);
      send.acknowledged(PIECES - 8);
      expect([send.step(), over()]).toEqual([true, 1]);
    }
    const pieces = sent.map(piece);
    for (const p of pieces) expect(p).toMatchObject({ mode: Mode.block, tag: 77, direct: 0 });
    const got = new Float64Array(N);
    for (const p of pieces) got.set(p.elements, p.at! / 8);
    expect(got).toEqual(array);
    for (const p of pieces) heap.giveBack(p.address, p.bytes);
    expect(heap.blocks).toBe(blocks);
  });

  it('waits while the mailbox is full, and holds no block meanwhile', () => {
    room = 2;
    const { send } = begin(outgoing(filled(new Float64Array(N))), false);
    send.matched(0);
    expect([send.step(), sent.length, heap.blocks - blocks]).toEqual([false, 2, 2]);
    expect([send.step(), sent.length, heap.blocks - blocks]).toEqual([false, 2, 2]);
    room = RECORDS;
    expect([send.step(), sent.length]).toEqual([true, PIECES]);
    for (const p of sent.map(piece)) heap.giveBack(p.address, p.bytes);
  });

  it.each<[string, (send: RemoteSend) => void]>([
    ['a receive that cannot take it', (send) => send.refused()],
    ['its withdrawal', (send) => send.withdraw()],
    ['hosts that have brought everything', (send) => send.sent()],
  ])('is over after %s, once and without a record', (_, end) => {
    const { send, over } = begin(outgoing(filled(new Float64Array(N))));
    end(send);
    end(send);
    send.matched(0);
    expect([send.step(), over(), sent.length]).toEqual([true, 1, 0]);
  });
});

describe('the receiver of a large message from a rank that shares no memory', () => {
  const receive = (data: Float64Array, bridged = true) => {
    let over = 0;
    const landing: Landing = { data, finish: () => 'the value' };
    const it = new RemoteReceive(transport(bridged), 3, 77, landing, () => over++);
    return { it, over: () => over };
  };

  it('tells its sender once, and its own host where an array of the heap lies', () => {
    const array = empty(heap, N);
    const { it: there, over } = receive(array.data as Float64Array);
    expect([there.step(), there.step(), sent.length]).toEqual([false, false, 1]);
    const [cell] = sent as [number];
    const { i32, u32 } = cells;
    const where = heap.locate(array.data);
    expect([i32[cell + CONTEXT], i32[cell + TAG], i32[cell + NOTE]]).toEqual([
      TRANSFER_CONTEXT,
      77,
      Note.matched,
    ]);
    expect([i32[cell + NOTE_DIRECT], u32[cell + NOTE_BYTES]]).toEqual([1, N * 8]);
    expect(addressOf(u32[cell + NOTE_ARENA]!, u32[cell + NOTE_OFFSET]!)).toBe(where);
    there.landed();
    expect([there.step(), there.value, over()]).toEqual([true, 'the value', 1]);
    expect([there.step(), over()]).toEqual([true, 1]);
    free(heap, array);
  });

  it('puts pieces one behind the other into any other array', () => {
    const expected = filled(new Float64Array(100));
    const got = new Float64Array(100);
    const { it: there, over } = receive(got);
    room = 0;
    expect(there.step()).toBe(false);
    room = 1;
    expect([there.step(), cells.i32[sent[0]! + NOTE_DIRECT]]).toEqual([false, 0]);
    const bytes = new Uint8Array(expected.buffer);
    there.take(bytes.subarray(0, 500));
    expect([there.step(), over()]).toEqual([false, 0]);
    there.take(bytes.subarray(500));
    expect([there.step(), over()]).toEqual([true, 1]);
    expect(got).toEqual(expected);
  });

  it('that cannot take it says so, as soon as there is room', () => {
    room = 0;
    const refusal = new RemoteRefusal(transport(true), 3, 9);
    expect(refusal.step()).toBe(false);
    room = 1;
    expect(refusal.step()).toBe(true);
    const [cell] = sent as [number];
    expect([cells.i32[cell + NOTE], cells.i32[cell + TAG]]).toEqual([Note.refused, 9]);
  });
});
