import { afterAll, describe, expect, it } from 'vitest';
import { HaloweaveError } from '../../../core/base/errors.js';
import { Communicator } from '../../../core/comm/communicator.js';
import { Endpoint } from '../../../core/comm/endpoint.js';
import { Heap } from '../../../core/memory/heap.js';
import { cellViews } from '../../../core/transport/cell-views.js';
import { InlineTransport } from '../../../core/transport/inline.js';
import { SharedBoard, SLOT_BYTES } from '../../../core/transport/shared-board.js';
import { ThreadsControl } from '../../../core/transport/threads/control.js';
import { ControlLayout } from '../../../core/transport/threads/layout.js';
import { calibrateSpins } from '../../../core/transport/threads/spin.js';
import { ThreadsTransport } from '../../../core/transport/threads/transport.js';
import { CELL_WORDS, TAG } from '../../../core/wire/cell.js';

const heap = Heap.create({ arenaBytes: 4 << 20 });
afterAll(() => heap.close());

/** Transports of all ranks in this one thread: nobody may block. */
function group(ranks: number, cells: number, epochs: readonly number[] = []) {
  const control = new ThreadsControl(ranks, cells);
  const transports = Array.from(
    { length: ranks },
    (_, rank) =>
      new ThreadsTransport({
        rank,
        ranks,
        cells,
        control: control.buffer,
        heap,
        spins: 0,
        ...(epochs[rank] === undefined ? {} : { epoch: epochs[rank] }),
      }),
  );
  return { control, transports };
}

function post(t: ThreadsTransport, peer: number, tag: number): boolean {
  const cell = t.acquire(peer);
  if (cell < 0) return false;
  t.cells.i32[cell + TAG] = tag;
  t.commit(peer, cell);
  return true;
}

function take(t: ThreadsTransport): number | null {
  const cell = t.poll();
  if (cell < 0) return null;
  const tag = t.cells.i32[cell + TAG]!;
  t.release(cell);
  return tag;
}

describe('a mailbox', () => {
  it.each([2, 4, 8, 256])(
    'of %i records is full after as many, and has room again after each release',
    (cells) => {
      const { control, transports } = group(2, cells);
      const [a, b] = transports as [ThreadsTransport, ThreadsTransport];
      let sent = 0;
      let got = 0;
      for (let round = 0; round < 5; round++) {
        while (post(a, 1, sent)) sent++;
        expect(sent - got).toBe(cells);
        expect(control.queued(1)).toBe(cells);
        for (let k = 0; k <= round % cells; k++) {
          expect(take(b)).toBe(got++);
          if (k === 0) {
            expect(post(a, 1, sent)).toBe(true);
            sent++;
            expect(post(a, 1, -1)).toBe(false);
          }
        }
      }
      for (let tag = take(b); tag !== null; tag = take(b)) expect(tag).toBe(got++);
      expect(got).toBe(sent);
      expect(control.queued(1)).toBe(0);
    },
  );

  it('keeps the order in which records were taken, not committed: a later one waits for an earlier one', () => {
    const { transports } = group(3, 4);
    const [a, b, c] = transports as [ThreadsTransport, ThreadsTransport, ThreadsTransport];
    const first = a.acquire(2);
    expect(post(b, 2, 22)).toBe(true);
    expect(c.poll()).toBe(-1);
    a.cells.i32[first + TAG] = 11;
    a.commit(2, first);
    expect([take(c), take(c), take(c)]).toEqual([11, 22, null]);
  });

  it('goes on when its tickets pass 2^31 and 2^32', () => {
    for (const start of [0x7fff_fffe, -2]) {
      const cells = 4;
      const control = new ThreadsControl(1, cells);
      const layout = new ControlLayout(1, cells);
      const i32 = new Int32Array(control.buffer);
      // As if 2^31 − 2 or 2^32 − 2 records had passed through.
      i32[layout.tail(0)] = start;
      i32[layout.head(0)] = start;
      for (let k = 0; k < cells; k++) {
        const ticket = (start + k) | 0;
        i32[layout.firstCell(0) + (ticket & (cells - 1)) * CELL_WORDS] = ticket;
      }
      const t = new ThreadsTransport({ rank: 0, ranks: 1, cells, control: control.buffer, heap, spins: 0 });
      let got = 0;
      let sent = 0;
      for (let k = 0; k < 20; k++) {
        while (post(t, 0, sent)) sent++;
        expect(sent - got).toBe(cells);
        for (let j = 0; j < 3; j++) expect(take(t)).toBe(got++);
      }
    }
  });

  it('drops messages of another epoch, counts them and frees their blocks', () => {
    const { transports } = group(3, 16, [1, 2, 2]);
    const [old, peer, receiver] = transports.map((t) => new Communicator(new Endpoint(t))) as [
      Communicator,
      Communicator,
      Communicator,
    ];
    const blocks = heap.blocks;
    old.send(new Float64Array(4), 2, 1);
    old.send(new Float64Array(1000), 2, 1);
    peer.send('current', 2, 1);
    old.send('text '.repeat(100), 2, 1);
    old.send(new Uint8Array(0), 2, 1);
    peer.send(new Int32Array(500).fill(7), 2, 1);
    expect(heap.blocks).toBe(blocks + 3);
    expect(receiver.recv(1, 1)).toBe('current');
    expect(receiver.recv<Int32Array>(1, 1)[499]).toBe(7);
    expect(transports[2]!.stale).toBe(4);
    expect(heap.blocks).toBe(blocks);
    expect(transports[2]!.poll()).toBe(-1);
  });

  it('wakes those that wait for room when it is half empty, and not before', () => {
    const { control, transports } = group(2, 8);
    const [a, b] = transports as [ThreadsTransport, ThreadsTransport];
    const layout = new ControlLayout(2, 8);
    const park = (): number => new Int32Array(control.buffer)[layout.park(0)]!;
    for (let k = 0; k < 8; k++) post(a, 1, k);
    a.arm();
    a.askForRoom(1);
    for (let k = 0; k < 3; k++) take(b);
    expect(park()).toBe(1);
    take(b);
    expect(park()).toBe(0);
  });
});

describe('the end of a run', () => {
  it('is thrown by whatever would wait, and names the culprit', () => {
    const { control, transports } = group(3, 4);
    control.abort(2);
    expect(control.aborted).toBe(true);
    for (const act of [() => transports[0]!.arm(), () => transports[0]!.check()])
      expect(act).toThrow('because of an error on rank 2');
    // The first reason stays.
    control.abort(1);
    const comm = new Communicator(new Endpoint(transports[1]!));
    expect(() => comm.recv(0)).toThrow('because of an error on rank 2');
    expect(() => comm.barrier()).toThrow('because of an error on rank 2');
    for (let k = 0; k < 4; k++) comm.send(k, 0);
    expect(() => comm.send(4, 0)).toThrow('because of an error on rank 2');
    const outside = group(1, 4);
    outside.control.abort(-1);
    expect(() => outside.transports[0]!.check()).toThrow('ended from outside');
  });

  it('is thrown out of requests that are awaited', async () => {
    const { control, transports } = group(2, 4);
    const comm = new Communicator(new Endpoint(transports[0]!));
    const waiting = [comm.irecv(1, 5), comm.irecv(1, 6)].map((r) => r.then(() => 'done'));
    control.abort(1);
    for (const w of waiting) await expect(w).rejects.toThrow('because of an error on rank 1');
  });
});

describe('the inline transport', () => {
  it('makes an endless wait an error at once', () => {
    const comm = new Communicator(new Endpoint(new InlineTransport(heap)));
    const waits: (() => unknown)[] = [
      () => comm.recv(),
      () => comm.recvInto(new Float64Array(1), 0, 3),
      () => comm.probe(0, 1),
      () => comm.irecv(0, 1).wait(),
    ];
    for (const act of waits) {
      let error: unknown;
      try {
        act();
      } catch (e) {
        error = e;
      }
      expect(error).toBeInstanceOf(HaloweaveError);
      expect((error as HaloweaveError).code).toBe('deadlock');
      expect((error as HaloweaveError).message).toContain('a message that nobody can send');
    }
  });

  it('still does everything that one rank can do', () => {
    const comm = new Communicator(new Endpoint(new InlineTransport(heap)));
    comm.send('x', 0, 9);
    comm.barrier();
    expect([comm.recv(0, 9), comm.bcast(3), comm.allgather('a')]).toEqual(['x', 3, ['a']]);
  });
});

describe('the layout of the control memory', () => {
  it('has no two places that overlap, and starts records and slots at cache lines', () => {
    for (const [ranks, cells] of [
      [1, 2],
      [3, 4],
      [8, 256],
      [33, 16],
      [1024, 2],
    ] as const) {
      const l = new ControlLayout(ranks, cells);
      const board = new SharedBoard(cellViews(new ArrayBuffer(0)), l, ranks, () => {});
      const taken: { from: number; to: number }[] = [
        { from: 0, to: 3 },
        { from: l.arrived, to: l.arrived + 1 },
        { from: l.generation, to: l.generation + 1 },
      ];
      for (let r = 0; r < ranks; r++) {
        for (const word of [l.tail(r), l.head(r), l.park(r)]) taken.push({ from: word, to: word + 1 });
        taken.push({ from: l.waiting(r), to: l.waiting(r) + 1 });
        taken.push({ from: l.mask(r), to: l.mask(r) + 1024 / 32 });
        taken.push({ from: l.firstCell(r), to: l.firstCell(r) + cells * CELL_WORDS });
        expect((l.firstCell(r) * 4) % 64).toBe(0);
        for (const parity of [0, 1]) {
          const slot = board.slot(parity, r);
          taken.push({ from: slot, to: slot + SLOT_BYTES / 4 });
          expect((slot * 4) % 64).toBe(0);
        }
      }
      taken.sort((x, y) => x.from - y.from);
      for (let k = 1; k < taken.length; k++) expect(taken[k]!.from).toBeGreaterThanOrEqual(taken[k - 1]!.to);
      expect(taken[taken.length - 1]!.to * 4).toBeLessThanOrEqual(l.bytes);
    }
  });

  it('refuses numbers of ranks and records that it has no bits for', () => {
    for (const ranks of [0, -1, 1.5, 1025, Number.NaN])
      expect(() => new ControlLayout(ranks)).toThrow('use a whole number from 1 to 1024');
    for (const cells of [0, 1, 3, 100, 2.5])
      expect(() => new ControlLayout(2, cells)).toThrow('a power of two');
  });
});

describe('spinning', () => {
  it('is not done when ranks outnumber cores, or when there is nobody to wait for', () => {
    expect(calibrateSpins(3, 2)).toBe(0);
    expect(calibrateSpins(1, 8)).toBe(0);
    expect(calibrateSpins(2, 2)).toBeGreaterThan(0);
  });
});
