import { isDeepStrictEqual } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ExactSum } from '../../../../core/base/exact-sum.js';
import { graph } from '../../../../core/kernels/partition/graph.js';
import { OwnedGraphPart } from '../../../../core/kernels/partition/graph-part.js';
import { restoreState, saveState } from '../../../../core/kernels/partition/graph-state.js';
import { zeros } from '../../../../core/memory/array.js';
import { Heap } from '../../../../core/memory/heap.js';
import { type NdArray, ndarray } from '../../../../core/memory/ndarray.js';
import { encode } from '../../../../core/wire/codec.js';

let heap: Heap;
beforeEach(() => {
  heap = Heap.create({ limit: 2 ** 28 });
});
afterEach(() => heap.close());

interface State {
  best: number;
  came: unknown[];
}

/** A pair that shares what it holds, an array of it and its double, and keeps the best and all that came. */
function pair(states: unknown[] = [0, 0].map((_, k) => ({ best: k + 1, came: [] }))): OwnedGraphPart[] {
  const domain = graph({
    parts: [
      { id: 'a', neighbours: ['b', 'a'] },
      { id: 'b', neighbours: ['a'] },
    ],
  });
  const blocks = zeros(heap, 2).data as Float64Array;
  const phases = {
    shares: [({ state }: { state: State }) => ndarray(Float64Array.of(state.best, 2 * state.best, -0), [3])],
    accepts: [
      ({ state }: { state: State }, from: unknown, data: NdArray) => {
        state.came.push([from, [...data.data]]);
        state.best = Math.max(state.best, data.get(1) as number);
      },
    ],
  };
  const context = { args: {}, cycle: 0, phase: 0, rank: 0, ranks: 1 };
  const parts = domain.ids.map((_, n) => {
    blocks[n] = heap.allocate(OwnedGraphPart.blockBytes(domain.neighbours[n]!.length));
    return new OwnedGraphPart(heap, domain, n, blocks[n]!, phases as never, context);
  });
  for (const [n, p] of parts.entries()) {
    p.connect(domain, blocks, Int32Array.of(0, 0), 0);
    p.object.state = states[n];
  }
  return parts;
}

const there = (state: unknown): unknown => {
  const [from] = pair([{ best: 0, came: [], state }, 0]);
  const [to] = pair();
  restoreState(to!, saveState(from!), 0, 0);
  return (to!.object.state as { state: unknown }).state;
};

describe('the state of a part', () => {
  it('comes back with the same bits, whatever it is', () => {
    const node: { self?: unknown; zero: number } = { zero: -0 };
    node.self = node;
    const states: unknown[] = [
      null,
      -0,
      7n ** 40n,
      'né',
      [1, undefined, -0, [Number.NaN, Number.NEGATIVE_INFINITY, 5e-324]],
      { u: Float64Array.of(-0, Number.NaN, 1e308), k: Uint8ClampedArray.of(3, 255), n: new Int16Array(0) },
      { big: BigInt64Array.of(-1n, 2n ** 62n), huge: 2n ** 64n, small: -(2n ** 63n), none: 0n },
      new Map<unknown, unknown>([
        ['a', -0],
        [{ key: -0 }, new Set([1, 'two', Float32Array.of(0.1, -0)])],
      ]),
      {
        at: new Date(1e12),
        pattern: /a+/gi,
        bytes: new Uint8Array([1, 2]).buffer,
        view: new DataView(new ArrayBuffer(3)),
      },
      node,
      Uint8Array.from({ length: 300_000 }, (_, k) => k * k),
    ];
    for (const state of states) expect(isDeepStrictEqual(there(state), state)).toBe(true);
  });

  it('has an exact sum, unrounded', () => {
    const total = new ExactSum();
    for (const x of [1e300, 1, -1e300]) total.add(x);
    expect((there({ total }) as { total: ExactSum }).total.value()).toBe(1);
  });

  it('has ndarrays, with what lies around them, and two views of one array', () => {
    const data = Float64Array.from({ length: 20 }, (_, k) => k - 0.5);
    const u = ndarray(data, [2, 3], [5, 1], 6);
    const state = { u, column: u.pick(null, 1), shared: zeros(heap, [2, 2], 'i32') };
    state.shared.set(1, 1, -7);
    const got = there(state) as typeof state;
    expect([got.u.shape, got.u.stride, got.u.offset, [...got.u.data]]).toEqual([
      [2, 3],
      [5, 1],
      6,
      [...data],
    ]);
    expect([got.u.get(1, 2), got.u.get(-1, -1), got.column.get(1)]).toEqual([
      u.get(1, 2),
      u.get(-1, -1),
      u.get(1, 1),
    ]);
    got.u.set(1, 1, 99);
    expect(got.column.get(1)).toBe(99);
    expect([got.shared.get(1, 1), got.shared.dtype]).toEqual([-7, 'int32']);
  });

  it('keeps what is referred to twice one thing', () => {
    const list = Float64Array.of(1, 2);
    const got = there({ a: list, b: { again: list } }) as { a: Float64Array; b: { again: Float64Array } };
    expect(got.b.again).toBe(got.a);
  });

  it('does not depend on what is changed afterwards', () => {
    const state = { u: Float64Array.of(1) };
    const [part] = pair([state, 0]);
    const bytes = Uint8Array.from(saveState(part!));
    state.u[0] = 2;
    saveState(part!);
    restoreState(part!, bytes, 0, 0);
    expect(part!.object.state).toEqual({ u: Float64Array.of(1) });
  });
});

describe('a run of parts that were saved', () => {
  const step = (parts: OwnedGraphPart[], n: number): void => {
    for (const p of parts) if (!p.unpacked) p.unpack(n, 0);
    for (const p of parts) p.publish(n + 1, 0);
  };
  const states = (parts: OwnedGraphPart[]): unknown => parts.map((p) => p.object.state);
  const plain = (steps: number): OwnedGraphPart[] => {
    const parts = pair();
    for (const p of parts) p.publish(0, 0);
    for (let n = 0; n < steps; n++) step(parts, n);
    return parts;
  };

  it.each([
    ['before it takes in what its neighbours shared', 0],
    ['after', 1],
    ['one after, one before', 2],
  ])('goes on as it would have: %s', (_, when) => {
    const parts = plain(3);
    // A measure takes in the shares of a part, and may do so before the run is closed: its state then shares other values.
    for (const [k, p] of parts.entries())
      if (when === 1 || (when === 2 && k === 0)) {
        p.unpack(3, 0);
        p.unpacked = true;
      }
    const bytes = parts.map((p) => Uint8Array.from(saveState(p)));
    const again = pair(['x', 'y']);
    again.forEach((p, k) => {
      restoreState(p, bytes[k]!, 3, 0);
    });
    expect(again.map((p) => [p.step, p.ready(3), p.ready(4)])).toEqual([
      [3, true, false],
      [3, true, false],
    ]);
    for (let n = 3; n < 6; n++) step(again, n);
    expect(states(again)).toEqual(states(plain(6)));
  });
});

describe('a state that would not come back as it is', () => {
  class Tree {
    leaf = 1;
  }
  const memory = new ArrayBuffer(64);
  it.each<[string, unknown, string]>([
    ['a function', { on: () => 1 }, 'state.on is a function'],
    ['a symbol', [Symbol('s')], 'state[0] is a symbol'],
    ['an object of a class', { list: [1, new Tree()] }, 'state.list[1] is a Tree'],
    ['a Map of another class', new (class Atlas extends Map {})(), 'state is a Atlas'],
    ['a promise', { later: Promise.resolve() }, 'state.later is a Promise'],
    ['within a Map', new Map([['k', new Tree()]]), 'state.get(k) is a Tree'],
    ['within a Set', { s: new Set([[new Tree()]]) }, 'a member of state.s[0] is a Tree'],
    [
      'views of the same memory',
      { all: new Float64Array(memory), last: new Uint8Array(memory, 56) },
      'state.all and state.last are views of the same memory, and would come back as two',
    ],
    [
      'an array and its memory',
      [memory, new Int8Array(memory, 3, 1)],
      'state[0] and state[1] are views of the same',
    ],
  ])('%s is named', (_, state, message) => {
    const [part] = pair([state, 0]);
    expect(() => saveState(part!)).toThrow(`the state of partition 'a' cannot be saved: ${message}`);
  });

  it('but views beside each other are not the same', () => {
    const state = [
      new Float64Array(memory, 0, 4),
      new Float64Array(memory, 32, 4),
      new Float64Array(memory, 64),
    ];
    expect(there(state)).toEqual(state);
  });
});

it('refuses the bytes of another version', () => {
  const [part] = pair();
  const other = encode({ version: 99, state: 1, staged: null });
  expect(() => restoreState(part!, other, 1, 0)).toThrow(
    "the saved state of partition 'a' is of version 99: this version of haloweave reads version 1",
  );
  for (const bytes of [encode(null), encode({ version: 1, state: 1, staged: [1, 2, 3] })])
    expect(() => restoreState(part!, bytes, 1, 0)).toThrow("the saved state of partition 'a'");
});
