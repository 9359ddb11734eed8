import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { graph } from '../../../../core/kernels/partition/graph.js';
import { OwnedGraphPart } from '../../../../core/kernels/partition/graph-part.js';
import { zeros } from '../../../../core/memory/array.js';
import { Heap } from '../../../../core/memory/heap.js';

let heap: Heap;
beforeEach(() => {
  heap = Heap.create({ limit: 2 ** 28 });
});
afterEach(() => heap.close());

type Log = [step: number, from: unknown, data: unknown][];

/** A chain a – b – c with b its own neighbour, two phases of which the second shares nothing; c is on rank 1. */
function chain(value: (from: unknown, to: unknown, cycle: number) => unknown): OwnedGraphPart[] {
  const domain = graph({
    parts: [
      { id: 'a', neighbours: ['b'] },
      { id: 'b', neighbours: ['c', 'b', 'a'] },
      { id: 'c', neighbours: ['b'] },
    ],
  });
  const blocks = zeros(heap, 3).data as Float64Array;
  const context = { args: {}, cycle: 0, phase: 0, rank: 0, ranks: 1 };
  const phases = {
    shares: [
      (part: { id: unknown }, to: unknown, { cycle }: { cycle: number }) => value(part.id, to, cycle),
      null,
    ],
    accepts: [
      (part: { state: Log }, from: unknown, data: unknown, { cycle }: { cycle: number }) =>
        void part.state.push([cycle, from, data]),
      null,
    ],
  };
  const parts = domain.ids.map((_, n) => {
    blocks[n] = heap.allocate(OwnedGraphPart.blockBytes(domain.neighbours[n]!.length));
    return new OwnedGraphPart(heap, domain, n, blocks[n]!, phases as never, context);
  });
  const owner = Int32Array.of(0, 0, 1);
  for (const p of parts) {
    p.connect(domain, blocks, owner, owner[p.number]!);
    p.object.state = [];
  }
  return parts;
}

const log = (p: OwnedGraphPart): Log => p.object.state as Log;

describe('a part of a graph', () => {
  it('is ready when its neighbours, itself excepted, are as far', () => {
    const [a, b, c] = chain(() => 1) as [OwnedGraphPart, OwnedGraphPart, OwnedGraphPart];
    expect([a.ready(0), b.ready(0), b.ready(1)]).toEqual([true, true, false]);
    a.publish(1, 0);
    expect([b.ready(1), a.ready(1)]).toEqual([false, false]);
    c.publish(1, 0);
    expect([b.ready(1), a.ready(1), b.ready(2)]).toEqual([true, false, false]);
  });

  it('accepts in the order of its list what each shared for it, and nothing where nothing was shared', () => {
    const [a, b, c] = chain((from, to, cycle) => (from === 'c' ? undefined : `${from}${to}${cycle}`));
    for (const p of [a!, b!, c!]) p.publish(1, 0);
    for (const p of [a!, b!, c!]) p.unpack(1, 0);
    expect(log(b!)).toEqual([
      [0, 'b', 'bb0'],
      [0, 'a', 'ab0'],
    ]);
    expect(log(c!)).toEqual([[0, 'b', 'bc0']]);
  });

  it('takes nothing from a phase that shares nothing', () => {
    const parts = chain(() => 1);
    for (const p of parts) p.publish(1, 0);
    for (const p of parts) p.publish(2, 1);
    for (const p of parts) p.unpack(2, 1);
    expect(parts.map((p) => log(p).length)).toEqual([0, 0, 0]);
    expect(parts.map((p) => p.bytes())).toEqual([0, 0, 0]);
  });

  it('keeps a share until the neighbour has taken it, while its own next one is staged', () => {
    const [a, b] = chain((from, _to, cycle) => ({ from, cycle })) as [OwnedGraphPart, OwnedGraphPart];
    a.publish(1, 0);
    a.publish(2, 0);
    b.unpack(1, 0);
    b.unpack(2, 0);
    expect(log(b).map(([, , data]) => data)).toEqual([
      { from: 'a', cycle: 0 },
      { from: 'a', cycle: 0 },
    ]);
  });

  it('counts bytes, and pieces for other ranks, of what it has shared', () => {
    const [a, b, c] = chain((_f, to) => (to === 'a' ? undefined : new Float64Array(10))) as [
      OwnedGraphPart,
      OwnedGraphPart,
      OwnedGraphPart,
    ];
    b.publish(1, 0);
    // For c, on rank 1, and itself.
    expect([b.bytes(), b.remotePieces, b.wakes]).toEqual([160, 1, [1]]);
    c.publish(1, 0);
    expect([c.bytes(), c.remotePieces, c.wakes]).toEqual([80, 1, [0]]);
    a.publish(1, 0);
    expect([a.bytes(), a.remotePieces, a.wakes]).toEqual([80, 0, []]);
  });

  it('takes no more of the heap the longer it runs', () => {
    // Lengths repeat after 300 steps, and are not the same for any two edges.
    const parts = chain((from, to, cycle) =>
      cycle % 3 === 0
        ? 'x'.repeat((cycle * 131) % 999)
        : new Float64Array(((cycle % 300) * 7 + (from === to ? 9 : 0)) % 500),
    );
    const run = (first: number, steps: number): [number, number] => {
      for (let step = first; step < first + steps; step++) {
        for (const p of parts) p.publish(step, 0);
        for (const p of parts) p.unpack(step, 0);
        for (const p of parts) log(p).length = 0;
      }
      return [heap.used, heap.blocks];
    };
    const after = run(1, 1200);
    expect(run(1201, 6000)).toEqual(after);
  });
});
