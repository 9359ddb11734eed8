import { isDeepStrictEqual } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sendRaw } from '../../../../core/comm/channel.js';
import { Endpoint } from '../../../../core/comm/endpoint.js';
import { type GraphDomain, graph } from '../../../../core/kernels/partition/graph.js';
import { GraphMirrors } from '../../../../core/kernels/partition/graph-mirrors.js';
import { OwnedGraphPart } from '../../../../core/kernels/partition/graph-part.js';
import { Heap } from '../../../../core/memory/heap.js';
import { ndarray } from '../../../../core/memory/ndarray.js';
import { ThreadsControl } from '../../../../core/transport/threads/control.js';
import { ThreadsTransport } from '../../../../core/transport/threads/transport.js';
import { HALO_CONTEXT } from '../../../../core/wire/tags.js';

let messages: Heap;
let heaps: Heap[];
beforeEach(() => {
  messages = Heap.create({ limit: 2 ** 28 });
  heaps = [Heap.create({ limit: 2 ** 28 }), Heap.create({ limit: 2 ** 28 })];
});
afterEach(() => {
  for (const h of [messages, ...heaps]) h.close();
});

type Log = [step: number, from: unknown, data: unknown][];
type Value = (from: unknown, to: unknown, cycle: number) => unknown;

interface Side {
  endpoint: Endpoint;
  parts: Map<unknown, OwnedGraphPart>;
}

/** a and b on one host, c and d on another; all know each other but a and d, b itself too. Phase 1 shares nothing. */
function hosts(value: Value): { domain: GraphDomain; left: Side; right: Side } {
  const domain = graph({
    parts: [
      { id: 'a', neighbours: ['b', 'c'] },
      { id: 'b', neighbours: ['d', 'b', 'a', 'c'] },
      { id: 'c', neighbours: ['a', 'd', 'b'] },
      { id: 'd', neighbours: ['b', 'c'] },
    ],
  });
  const owner = Int32Array.of(0, 0, 1, 1);
  const control = new ThreadsControl(2);
  const phases = {
    shares: [
      (part: { id: unknown }, to: unknown, at: { cycle: number }) => value(part.id, to, at.cycle),
      null,
    ],
    accepts: [
      (part: { state: Log }, from: unknown, data: unknown, at: { cycle: number }) =>
        void part.state.push([at.cycle, from, data]),
      null,
    ],
  };
  const side = (rank: number): Side => {
    const heap = heaps[rank]!;
    const endpoint = new Endpoint(
      new ThreadsTransport({
        rank,
        ranks: 2,
        cells: control.cells,
        control: control.buffer,
        heap: messages,
        spins: 0,
        hostOf: Int32Array.of(0, 1),
      }),
    );
    const mine = [...owner.keys()].filter((n) => owner[n] === rank);
    const blocks = new Float64Array(domain.parts);
    const context = { args: {}, cycle: 0, phase: 0, rank, ranks: 2 };
    const parts = mine.map((n) => {
      blocks[n] = heap.allocate(OwnedGraphPart.blockBytes(domain.neighbours[n]!.length));
      return new OwnedGraphPart(heap, domain, n, blocks[n]!, phases as never, context);
    });
    new GraphMirrors(heap, domain, mine, owner, endpoint, blocks);
    for (const p of parts) {
      p.connect(domain, blocks, owner, rank, endpoint);
      p.object.state = [];
    }
    return { endpoint, parts: new Map(parts.map((p) => [p.id, p])) };
  };
  return { domain, left: side(0), right: side(1) };
}

function publish({ parts }: Side, step: number, phase = 0): void {
  for (const p of parts.values()) {
    p.publish(step, phase);
    if (p.far) p.send(step, phase);
  }
}

function unpack({ parts }: Side, step: number, phase = 0): void {
  for (const p of parts.values()) p.unpack(step, phase);
}

const log = ({ parts }: Side, id: string): Log => parts.get(id)!.object.state as Log;

describe('parts of a graph on hosts that share no memory', () => {
  it('are ready when the message of each neighbour has come', () => {
    const { left, right } = hosts(() => 1);
    const ready = (step: number): boolean[] => [...right.parts.values()].map((p) => p.ready(step));
    // Before the first message nothing is known of the other host's parts, not even that they have begun.
    expect(ready(0)).toEqual([false, false]);
    publish(left, 0);
    expect(ready(0)).toEqual([false, false]);
    right.endpoint.advance();
    expect(ready(0)).toEqual([true, true]);
    expect(ready(1)).toEqual([false, false]);
    publish(left, 1);
    publish(right, 1);
    right.endpoint.advance();
    expect(ready(1)).toEqual([true, true]);
  });

  it('accept in the order of their lists, whoever lies where', () => {
    const { left, right } = hosts((from, to, cycle) =>
      from === 'b' && to === 'd' ? undefined : `${from}${to}${cycle}`,
    );
    for (const s of [left, right]) publish(s, 1);
    for (const s of [left, right]) s.endpoint.advance();
    for (const s of [left, right]) unpack(s, 1);
    const got = (s: Side, id: string): unknown[] => log(s, id).map(([, from, data]) => `${from}: ${data}`);
    expect(got(left, 'a')).toEqual(['b: ba0', 'c: ca0']);
    expect(got(left, 'b')).toEqual(['d: db0', 'b: bb0', 'a: ab0', 'c: cb0']);
    expect(got(right, 'c')).toEqual(['a: ac0', 'd: dc0', 'b: bc0']);
    expect(got(right, 'd')).toEqual(['c: cd0']);
  });

  it('get every kind of value as it was shared, for step after step', () => {
    const strided = ndarray(Float32Array.of(0, 1, 2, 3, 4, 5), [2, 2], [3, 1], 1);
    const values = [
      Float64Array.of(1, -0, Number.NaN),
      new Float64Array(0),
      Uint8Array.from({ length: 200_001 }, (_, k) => k),
      undefined,
      strided,
      ndarray(new Int16Array(0), [0, 3]),
      BigUint64Array.of(2n ** 63n),
      { deep: new Map([['x', [null, 'é', 7n]]]) },
      null,
      -0,
      '',
    ];
    const value: Value = (from, to, cycle) =>
      values[(cycle * 3 + String(from).charCodeAt(0) * 5 + String(to).charCodeAt(0) * 7) % values.length];
    const { left, right } = hosts(value);
    for (let step = 1; step <= 40; step++) {
      for (const s of [left, right]) publish(s, step);
      for (const s of [left, right]) s.endpoint.advance();
      for (const s of [left, right])
        for (const [id, p] of s.parts) {
          p.unpack(step, 0);
          // Two phases: what is shared for a step is that of the cycle before it.
          const cycle = Math.floor((step - 1) / 2);
          const want = p.object.neighbours
            .map((from) => [from, value(from, id, cycle)])
            .filter(([, v]) => v !== undefined);
          const got = (p.object.state as Log).splice(0);
          expect(got.map(([, from]) => from)).toEqual(want.map(([from]) => from));
          got.forEach(([, , data], k) => {
            const v = want[k]![1];
            if (v !== strided) expect(isDeepStrictEqual(data, v)).toBe(true);
            else expect([...(data as typeof strided).data]).toEqual([1, 2, 4, 5]);
            expect(Object.is(data, -0)).toBe(Object.is(v, -0));
          });
        }
    }
  });

  it('keep a share until it has been taken, while the next one comes', () => {
    const { left, right } = hosts((from, _to, cycle) => ({ from, cycle }));
    publish(left, 1);
    publish(left, 2, 1);
    publish(right, 1);
    right.endpoint.advance();
    unpack(right, 1);
    expect(log(right, 'd').map(([, from]) => from)).toEqual(['b', 'c']);
  });

  it('take nothing from a phase that shares nothing, and yet hear of it', () => {
    const { left, right } = hosts(() => 1);
    publish(left, 1);
    publish(left, 2, 1);
    publish(right, 2, 1);
    right.endpoint.advance();
    expect([...right.parts.values()].map((p) => p.ready(2))).toEqual([true, true]);
    unpack(right, 2, 1);
    expect(log(right, 'c')).toEqual([]);
  });

  it('count what goes to other ranks and to other hosts', () => {
    const { left } = hosts((_from, to) => (to === 'd' ? undefined : new Float64Array(10)));
    publish(left, 1);
    const [a, b] = [left.parts.get('a')!, left.parts.get('b')!];
    expect([a.bytes(), a.bytesBetweenRanks(), a.bytesBetweenHosts(), a.remotePieces]).toEqual([
      160, 80, 80, 1,
    ]);
    expect([b.bytes(), b.bytesBetweenRanks(), b.bytesBetweenHosts(), b.remotePieces]).toEqual([
      240, 80, 80, 1,
    ]);
    // Who gets messages is woken by them.
    expect([a.wakes, b.wakes, a.far, b.far]).toEqual([[], [], true, true]);
  });

  it('send one message a part and rank, and take no more memory the longer they run', () => {
    const { left, right } = hosts((from, _to, cycle) =>
      cycle % 3 === 0
        ? 'x'.repeat((cycle * 131) % 999)
        : new Float64Array(((cycle % 150) * 7 + (from === 'b' ? 9 : 0)) % 500),
    );
    const run = (first: number, steps: number): number[] => {
      for (let step = first; step < first + steps; step++) {
        for (const s of [left, right]) publish(s, step);
        for (const s of [left, right]) s.endpoint.advance();
        for (const s of [left, right]) unpack(s, step);
        for (const s of [left, right]) for (const p of s.parts.values()) (p.object.state as Log).length = 0;
      }
      return heaps.flatMap((h) => [h.used, h.blocks]);
    };
    const after = run(1, 700);
    expect(left.endpoint.sent).toBe(1400);
    expect(run(701, 1400)).toEqual(after);
  });

  describe('refuse a message that makes no sense', () => {
    /** Sends words from rank 1 to rank 0 as a share of a part. */
    const send = (words: number[], part = 2): (() => void) => {
      const { left, right } = hosts(() => 1);
      publish(right, 4);
      left.endpoint.advance();
      sendRaw(right.endpoint, 0, part, HALO_CONTEXT, words.length * 4, (views, offset) => {
        (views[6] as Int32Array).set(words, offset / 4);
      });
      return () => left.endpoint.advance();
    };
    // An f64 array of one number, from c to a, and nothing from c to b; 4096: a payload that lies in a block.
    const f64 = 1 + 4096;
    const sound = [5, 2, f64, 8, -1, 0, 0, 0];

    it.each<[string, number[], RegExp, number?]>([
      [
        'a partition of the same host',
        sound,
        /partition 'a'.* is of a partition that is no neighbour there/,
        0,
      ],
      ['no partition', sound, /partition number 9.* is of a partition that is no neighbour there/, 9],
      ['no header', [5], /has 4 bytes/],
      ['a step too far', [6, ...sound.slice(1)], /is for step 6 after step 4/],
      ['a step again', [4, ...sound.slice(1)], /is for step 4 after step 4/],
      ['a negative step', [-1, 0], /is for step -1/],
      ['too many edges', [5, 3, f64, 8, -1, 0, -1, 0, 0, 0], /has 3 edges instead of 2/],
      ['a payload that ends too soon', sound.slice(0, -2), /edge 0 has 8 bytes/],
      ['a payload too long', [...sound, 0, 0], /has 40 bytes instead of 32/],
      ['bytes past the end', [5, 2, f64, 2 ** 31 - 1, -1, 0, 0, 0], /edge 0 has 2147483647 bytes/],
      ['bytes of nothing', [5, 2, -1, 8, -1, 0, 0, 0], /edge 0 has 8 bytes of kind -1/],
      ['half a number', [5, 2, f64, 4, -1, 0, 0, 0], /edge 0 has 4 bytes/],
      ['no dtype', [5, 2, f64 + (13 << 8), 8, -1, 0, 0, 0], /edge 0 has 8 bytes/],
      ['a record of its own', [5, 2, 1, 8, -1, 0, 0, 0], /edge 0 has 8 bytes/],
      [
        'a shape that leads out',
        [5, 2, f64 + 1, 72, -1, 0, ...[2, 3, 1], ...new Array<number>(15).fill(0)],
        /edge 0/,
      ],
      [
        'a shape of too many axes',
        [5, 2, f64 + 1, 72, -1, 0, 99, ...new Array<number>(17).fill(0)],
        /edge 0/,
      ],
    ])('%s', (_, words, message, part) => {
      expect(send(words, part)).toThrow(message);
    });

    it('but not one that does', () => {
      expect(send(sound)).not.toThrow();
      expect(send([5, 2, f64 + 1, 72, -1, 0, ...[2, 1, 1], ...new Array<number>(15).fill(0)])).not.toThrow();
    });
  });
});
