import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readStaged, STAGED_WORDS, Stage } from '../../../core/comm/staged.js';
import { Heap } from '../../../core/memory/heap.js';
import { ndarray } from '../../../core/memory/ndarray.js';

let heap: Heap;
beforeEach(() => {
  heap = Heap.create({ limit: 2 ** 26, arenaBytes: 2 ** 22 });
});
afterEach(() => heap.close());

/** A stage whose record lies after two words of somebody else. */
function made(): { stage: Stage; read: () => unknown; words: Int32Array } {
  const words = new Int32Array(STAGED_WORDS + 4).fill(77);
  return { stage: new Stage(heap, words, 2), read: () => readStaged(heap, words, 2), words };
}

describe('a staged value', () => {
  it('is nothing at first, and after undefined', () => {
    const { stage, read } = made();
    expect(read()).toBeUndefined();
    expect(stage.write(5)).toBeGreaterThan(0);
    expect(stage.write(undefined)).toBe(0);
    expect(read()).toBeUndefined();
  });

  it('comes out as it went in, and stays in its place', () => {
    const { stage, read, words } = made();
    const values = [
      Float64Array.of(1, -0, Number.NaN),
      new Float64Array(0),
      Uint8Array.from({ length: 5000 }, (_, k) => k),
      BigInt64Array.of(-1n, 2n ** 62n),
      Float32Array.of(0.1),
      { a: [1, 'two', null], m: new Map([[1, new Set([2])]]), t: Int16Array.of(3) },
      null,
      false,
      -0,
      '',
      'né',
      12345678901234567890n,
    ];
    for (const value of [...values, ...values.toReversed()]) {
      stage.write(value);
      expect(read()).toEqual(value);
      expect(Object.is(read(), -0)).toBe(Object.is(value, -0));
    }
    expect([words[0], words[1], words[6], words[7]]).toEqual([77, 77, 77, 77]);
  });

  it('is an ndarray if it was one, packed', () => {
    const { stage, read } = made();
    const columns = ndarray(
      Int32Array.from({ length: 24 }, (_, k) => k),
      [3, 2, 2],
      [8, 4, 1],
      1,
    );
    stage.write(columns);
    const got = read() as typeof columns;
    expect([got.shape, got.stride, [...got.data]]).toEqual([
      [3, 2, 2],
      [4, 2, 1],
      [1, 2, 5, 6, 9, 10, 13, 14, 17, 18, 21, 22],
    ]);
    stage.write(ndarray(new Float64Array(0), [0, 3]));
    expect((read() as typeof columns).shape).toEqual([0, 3]);
  });

  it('is a copy, on the way in and out', () => {
    const { stage, read } = made();
    const value = Float64Array.of(1, 2);
    stage.write(value);
    value[0] = 9;
    const first = read() as Float64Array;
    first[1] = 9;
    expect(read()).toEqual(Float64Array.of(1, 2));
    stage.write(Float64Array.of(5, 5));
    expect(first).toEqual(Float64Array.of(1, 9));
  });

  it('keeps one block, which grows to the largest value and no further', () => {
    const { stage, read } = made();
    const used = (): number => heap.used;
    const empty = used();
    stage.write(new Uint8Array(100));
    const small = used();
    expect([heap.blocks, small > empty]).toEqual([1, true]);
    for (let n = 0; n <= 128; n++) stage.write(new Uint8Array(n));
    expect([heap.blocks, used()]).toEqual([1, small]);
    stage.write(new Uint8Array(70_000).fill(3));
    const large = used();
    for (let k = 0; k < 2000; k++) stage.write(new Uint16Array((k * 7919) % 35_000));
    stage.write('short');
    expect([heap.blocks, used(), read()]).toEqual([1, large, 'short']);
    stage.release();
    expect([heap.blocks, used()]).toEqual([0, empty]);
    // And can be used again.
    stage.write([1]);
    expect(read()).toEqual([1]);
  });

  it('outgrows an arena', () => {
    const { stage, read } = made();
    const other = made();
    other.stage.write(new Uint8Array(2_600_000).fill(1));
    stage.write(new Float64Array(350_000).fill(2));
    expect(heap.arenas).toBeGreaterThan(1);
    expect(read()).toEqual(new Float64Array(350_000).fill(2));
    expect((other.read() as Uint8Array).length).toBe(2_600_000);
  });

  it('cannot be a function', () => {
    expect(() => made().stage.write(() => 1)).toThrow('a function cannot be sent');
  });
});
