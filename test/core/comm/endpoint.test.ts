import { afterAll, describe, expect, it } from 'vitest';
import { HaloweaveError } from '../../../core/base/errors.js';
import { Communicator } from '../../../core/comm/communicator.js';
import { Endpoint } from '../../../core/comm/endpoint.js';
import type { Request } from '../../../core/comm/request.js';
import { Stash } from '../../../core/comm/stash.js';
import { Heap } from '../../../core/memory/heap.js';
import { InlineTransport } from '../../../core/transport/inline.js';
import { ThreadsControl } from '../../../core/transport/threads/control.js';
import { ThreadsTransport } from '../../../core/transport/threads/transport.js';
import { BYTES, CELL_WORDS, CONTEXT, SOURCE, TAG } from '../../../core/wire/cell.js';
import { ANY_SOURCE, ANY_TAG } from '../../../core/wire/tags.js';

const heap = Heap.create({ arenaBytes: 16 << 20 });
afterAll(() => heap.close());

/** Two ranks in this one thread: nobody may block. */
function pair() {
  const control = new ThreadsControl(2, 256);
  return [0, 1].map((rank) => {
    const endpoint = new Endpoint(
      new ThreadsTransport({ rank, ranks: 2, cells: 256, control: control.buffer, heap, spins: 0 }),
    );
    return { endpoint, comm: new Communicator(endpoint) };
  }) as [{ endpoint: Endpoint; comm: Communicator }, { endpoint: Endpoint; comm: Communicator }];
}

describe('unexpected messages', () => {
  it('are bounded in bytes, and the error names who sent how much', () => {
    const [a, b] = pair();
    b.endpoint.unexpectedLimit = 20_500;
    for (let k = 0; k < 15; k++) a.comm.send(new Float64Array(150), 1, k);
    b.comm.send(new Float64Array(50), 1, 1);
    let error: unknown;
    try {
      for (let k = 0; k < 15; k++) a.comm.send(new Float64Array(150), 1, k);
      b.endpoint.advance();
    } catch (e) {
      error = e;
    }
    expect(error).toBeInstanceOf(HaloweaveError);
    const { code, message, place } = error as HaloweaveError;
    expect([code, place]).toEqual(['unexpected-full', { rank: 1 }]);
    expect(message).toContain('rank 1 holds 21.3 KiB');
    expect(message).toContain('its limit of 20.0 KiB');
    expect(message).toMatch(/from rank 0 \(1\d messages, 1\d\.\d KiB\), rank 1 \(1 messages, 400 B\)/);
    // What is there can still be received, and then there is room again.
    b.endpoint.unexpectedLimit = 1 << 20;
    expect(b.comm.recv<Float64Array>(1, 1).length).toBe(50);
    for (let round = 0; round < 2; round++)
      for (let k = 0; k < 15; k++) expect(b.comm.recv<Float64Array>(0, k).length).toBe(150);
    expect([b.endpoint.stash.bytes, b.endpoint.stash.count, b.endpoint.idle]).toEqual([0, 0, true]);
  });

  it('count a message to oneself too', () => {
    const endpoint = new Endpoint(new InlineTransport(heap));
    endpoint.unexpectedLimit = 1000;
    const comm = new Communicator(endpoint);
    comm.send(1, 0);
    expect(() => comm.send(new Uint8Array(900), 0)).toThrow('messages that nobody has received');
    expect(comm.recv()).toBe(1);
    expect(comm.recv<Uint8Array>().length).toBe(900);
  });

  it('are what a rank leaves behind', () => {
    const [a, b] = pair();
    for (let k = 0; k < 7; k++) a.comm.send(k, 1, k);
    b.comm.recv(0, 3);
    b.endpoint.advance();
    expect(b.endpoint.stash.count).toBe(6);
    expect(b.endpoint.stash.senders()).toEqual([{ source: 0, messages: 6, bytes: 6 }]);
  });
});

describe('counters', () => {
  it('count messages and bytes that were sent, and calls whose outcome may depend on timing', () => {
    const [a, b] = pair();
    a.comm.send(new Float64Array(3), 1, 1);
    a.comm.send(new Float64Array(30), 1, 1);
    a.comm.isend(new Int8Array(5), 1, 2);
    expect([a.endpoint.sent, a.endpoint.sentBytes]).toEqual([3, 24 + 240 + 5]);
    b.comm.recv(0, 1);
    b.comm.irecv(0, 1).wait();
    expect(b.endpoint.nondeterministic).toBe(0);
    b.comm.probe(0, 2);
    expect(b.endpoint.nondeterministic).toBe(1);
    b.comm.recv(ANY_SOURCE, ANY_TAG);
    expect(b.endpoint.nondeterministic).toBe(2);
    expect(b.comm.irecv(0, 9).test()).toBe(false);
    expect(b.endpoint.nondeterministic).toBe(3);
  });
});

describe('large messages', () => {
  it('that are refused release their sender and all their memory', () => {
    const [a, b] = pair();
    const blocks = heap.blocks;
    const send = a.comm.isend(new Float64Array(50_000), 1, 1);
    expect(send.test()).toBe(false);
    expect(() => b.comm.recvInto(new Float64Array(10), 0, 1)).toThrow('enlarge it');
    expect(send.test()).toBe(true);
    expect(heap.blocks).toBe(blocks);
  });

  it('are copied while both sides look again and again, in any order', () => {
    for (const first of [0, 1]) {
      const ranks = pair();
      const source = new Int16Array(1_000_001).map((_, k) => k);
      const target = new Int16Array(1_000_001);
      const blocks = heap.blocks;
      const send = ranks[0].comm.isend(source, 1, 1);
      const receive = ranks[1].comm.irecvInto(target, 0, 1);
      let looks = 0;
      while (!send.complete || !receive.complete) {
        ranks[(looks + first) % 2]!.endpoint.advance();
        expect(looks++).toBeLessThan(1000);
      }
      expect(Buffer.compare(new Uint8Array(target.buffer), new Uint8Array(source.buffer))).toBe(0);
      expect(heap.blocks).toBe(blocks);
    }
  });

  it('go on while their sender waits for room elsewhere, also if they were matched just before it parks', () => {
    const control = new ThreadsControl(3, 2);
    const setup = { ranks: 3, cells: 2, control: control.buffer, heap, spins: 0 };
    const receiver = new Communicator(new Endpoint(new ThreadsTransport({ rank: 1, ...setup })));
    const full = new Communicator(new Endpoint(new ThreadsTransport({ rank: 2, ...setup })));
    const target = new Float64Array(20_000);
    let receive: Request<Float64Array> | null = null;
    let sleeps = 0;
    /** Lets things happen at the moments that matter. */
    class Sender extends ThreadsTransport {
      override arm(): void {
        // The last moment at which a wake-up finds nobody parked.
        receive ??= receiver.irecvInto(target, 0, 1);
        super.arm();
      }
      override sleep(): void {
        sleeps++;
        this.disarm();
        receive!.test();
        expect(target[0], 'the first pieces have been copied').toBe(1);
        full.recv(0, 2);
      }
    }
    const sender = new Communicator(new Endpoint(new Sender({ rank: 0, ...setup })));
    const send = sender.isend(new Float64Array(20_000).fill(1), 1, 1);
    for (let k = 0; k < 3; k++) sender.send(k, 2, 2);
    expect(sleeps).toBe(1);
    for (let looks = 0; !send.test() || !receive!.test(); looks++) {
      receive!.test();
      expect(looks).toBeLessThan(100);
    }
    expect(target[19_999]).toBe(1);
  });

  it('as Node buffers and encoded values make no deprecated Buffer', () => {
    const warnings: Error[] = [];
    const note = (w: Error): number => warnings.push(w);
    process.on('warning', note);
    const [a, b] = pair();
    for (const value of [Buffer.alloc(300_000, 7), { text: 'x'.repeat(300_000) }]) {
      const receive = b.comm.irecv<unknown>(0, 1);
      const send = a.comm.isend(value, 1, 1);
      for (let looks = 0; !send.complete || !receive.complete; looks++) {
        a.endpoint.advance();
        b.endpoint.advance();
        expect(looks).toBeLessThan(1000);
      }
      const got = receive.wait();
      if (got instanceof Uint8Array) expect(Buffer.compare(got, value as Buffer)).toBe(0);
      else expect(got).toEqual(value);
    }
    return new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
      process.off('warning', note);
      expect(warnings).toEqual([]);
    });
  });
});

describe('the stash', () => {
  it('keeps order and finds by source, tag and context while it grows and shrinks', () => {
    const stash = new Stash();
    const model: { source: number; tag: number; n: number }[] = [];
    let n = 0;
    let seed = 12345;
    const below = (m: number): number => {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      return Math.floor((seed / 2 ** 32) * m);
    };
    for (let k = 0; k < 5000; k++) {
      if (below(10) < 6 - Math.floor(k / 2500) * 3) {
        const c = stash.take();
        const entry = { source: below(4), tag: below(5), n: n++ };
        const i32 = stash.views.i32;
        i32[c + SOURCE] = entry.source;
        i32[c + TAG] = entry.tag;
        i32[c + CONTEXT] = 0;
        i32[c + BYTES] = entry.n;
        stash.append(c, entry.n % 3);
        model.push(entry);
      } else {
        const source = below(5) - 1;
        const tag = below(6) - 1;
        const found = stash.find(source, tag, 0);
        const at = model.findIndex((e) => (source < 0 || e.source === source) && (tag < 0 || e.tag === tag));
        expect(found < 0).toBe(at < 0);
        expect(stash.find(source, tag, 1)).toBe(-1);
        if (found < 0) continue;
        expect(found % CELL_WORDS).toBe(0);
        expect(stash.views.i32[found + BYTES]).toBe(model[at]!.n);
        stash.remove(found);
        model.splice(at, 1);
      }
      expect(stash.count).toBe(model.length);
      expect(stash.isEmpty).toBe(model.length === 0);
      expect(stash.bytes).toBe(model.reduce((b, e) => b + 128 + (e.n % 3), 0));
    }
  });
});
