import { afterAll, describe, expect, it } from 'vitest';
import {
  copy,
  empty,
  emptyLike,
  free,
  full,
  fullLike,
  isContiguous,
  packInto,
  unpackFrom,
  zeros,
  zerosLike,
} from '../../../core/memory/array.js';
import { DTYPES, dtypeInfo, dtypeOf, isTypedArray } from '../../../core/memory/dtype.js';
import { Heap } from '../../../core/memory/heap.js';
import { isNdArray, type NdArray, ndarray } from '../../../core/memory/ndarray.js';
import { dtypes, pattern } from '../../support/values.js';

const heap = Heap.create({ arenaBytes: 4 << 20 });
afterAll(() => heap.close());

/** The elements of any view in C order, by its own index arithmetic. */
function elements(a: NdArray): unknown[] {
  const out: unknown[] = [];
  const visit = (index: number[]): void => {
    if (index.length === a.shape.length) out.push(a.get(...index));
    else for (let k = 0; k < a.shape[index.length]!; k++) visit([...index, k]);
  };
  visit([]);
  return out;
}

describe.each(dtypes)('arrays of %s', (dtype) => {
  const big = dtype === 'i64' || dtype === 'u64';
  const value = (x: number): number | bigint => (big ? BigInt(x) : x);

  it('have shape, dtype, C order and a place in the heap', () => {
    const blocks = heap.blocks;
    const a = empty(heap, [2, 3, 4], dtype);
    expect(a.shape).toEqual([2, 3, 4]);
    expect(a.stride).toEqual([12, 4, 1]);
    expect(a.data.length).toBe(24);
    expect(dtypeOf(a.data).name).toBe(dtype);
    expect(heap.locate(a.data)).toBeGreaterThan(0);
    expect(a.data.byteOffset % 64).toBe(0);
    expect(isContiguous(a)).toBe(true);
    expect(heap.blocks).toBe(blocks + 1);
    free(heap, a);
    expect(heap.blocks).toBe(blocks);
  });

  it('are filled with zeros, with ones, and like others', () => {
    // So that zeros is not tested on memory that is zero anyway.
    const dirty = full(heap, 1000, value(77), dtype);
    free(heap, dirty);
    const z = zeros(heap, [5, 7], dtype);
    expect(elements(z)).toEqual(Array(35).fill(value(0)));
    const o = full(heap, 9, 3, dtype);
    expect(elements(o)).toEqual(Array(9).fill(value(3)));
    const f = fullLike(heap, z, value(2));
    expect(f.shape).toEqual([5, 7]);
    expect(elements(f)).toEqual(Array(35).fill(value(2)));
    const zl = zerosLike(heap, f);
    expect(elements(zl)).toEqual(Array(35).fill(value(0)));
    const el = emptyLike(heap, f);
    expect([el.shape, dtypeOf(el.data).name]).toEqual([[5, 7], dtype]);
    for (const a of [z, o, f, zl, el]) free(heap, a);
  });

  it('copy strided views in C order', () => {
    const source = ndarray(pattern(dtype, 60), [3, 4, 5]);
    const views = [
      source,
      source.transpose(2, 0, 1),
      source.step(2, -1, 3),
      source.lo(1, 1, 2).hi(2, 2, 2),
      source.pick(1, null, null).transpose(1, 0),
      source.pick(null, 2, 3),
      source.hi(0),
    ];
    for (const v of views) {
      const c = copy(heap, v);
      expect(c.shape).toEqual([...v.shape]);
      expect(isContiguous(c)).toBe(true);
      expect(elements(c)).toEqual(elements(v));
      const packed = new (dtypeInfo(dtype).create)(v.size + 2);
      packInto(v, packed, 1);
      expect(Array.from(packed as Float64Array).slice(1, -1)).toEqual(elements(v));
      const back = ndarray(new (dtypeInfo(dtype).create)(60), [3, 4, 5]);
      const target = back.transpose(2, 0, 1);
      if (v === views[1]) {
        unpackFrom(target, packed, 1);
        expect(elements(back)).toEqual(elements(source));
      }
      free(heap, c);
    }
  });
});

describe('shapes', () => {
  it('may have no axis, empty axes, or be a number', () => {
    const point = full(heap, [], 4);
    expect([point.size, point.dimension, point.get()]).toEqual([1, 0, 4]);
    expect(copy(heap, point).get()).toBe(4);
    const none = zeros(heap, [3, 0, 2]);
    expect([none.size, none.data.length]).toEqual([0, 0]);
    expect(isContiguous(none)).toBe(true);
    expect(zeros(heap, 0).shape).toEqual([0]);
    free(heap, none);
    free(heap, point);
  });

  it('must be whole numbers', () => {
    const blocks = heap.blocks;
    for (const shape of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, [2, -3], [2, 0.5]])
      expect(() => empty(heap, shape)).toThrow('every extent must be a whole number ≥ 0');
    expect(heap.blocks).toBe(blocks);
  });

  it('that no memory holds give an out-of-memory error, not a small array', () => {
    expect(() => empty(heap, [2 ** 30, 2 ** 30])).toThrow('out of memory: asked for');
    expect(() => empty(heap, [2 ** 52, 2 ** 52, 2 ** 52])).toThrow('out of memory: asked for');
  });
});

describe('free', () => {
  it('refuses what is not in the heap, what is freed already, and parts of arrays', () => {
    expect(() => free(heap, ndarray(new Float64Array(4)))).toThrow('not in the shared heap');
    const other = Heap.create({ arenaBytes: 1 << 20 });
    const foreign = empty(other, 4);
    expect(() => free(heap, foreign)).toThrow('not in the shared heap');
    other.close();
    const a = empty(heap, [4, 40]);
    for (const part of [a.lo(1, 0), a.hi(2, 40), a.step(2, 1), a.pick(0, null), a.pick(null, 0)])
      expect(() => free(heap, part)).toThrow('view of a part');
    expect(() => free(heap, ndarray(a.data.subarray(8)))).toThrow('not the start of a heap block');
    expect(() => free(heap, ndarray(a.data.subarray(1)))).toThrow('not the start of a heap block');
    free(heap, a.transpose(1, 0));
    expect(() => free(heap, a)).toThrow('freed already');
  });

  it('gives the memory back: the next array of that size gets it', () => {
    const a = empty(heap, 100_000);
    const address = heap.locate(a.data);
    const used = heap.used;
    free(heap, a);
    expect(heap.used).toBeLessThan(used - 790_000);
    expect(heap.locate(empty(heap, 100_000).data)).toBe(address);
  });
});

describe('dtypes', () => {
  it('keep their numbers: they travel in messages', () => {
    expect(DTYPES.map((d) => [d.code, d.name, d.bytes])).toEqual([
      [0, 'f64', 8],
      [1, 'f32', 4],
      [2, 'i8', 1],
      [3, 'u8', 1],
      [4, 'i16', 2],
      [5, 'u16', 2],
      [6, 'i32', 4],
      [7, 'u32', 4],
      [8, 'i64', 8],
      [9, 'u64', 8],
    ]);
  });

  it('are told apart, and unknown ones are refused by name', () => {
    expect(dtypeOf(Buffer.from('ab') as Uint8Array).name).toBe('u8');
    expect(isTypedArray(new Uint8ClampedArray(1))).toBe(false);
    expect(isTypedArray(new DataView(new ArrayBuffer(1)))).toBe(false);
    expect(isTypedArray([1])).toBe(false);
    expect(() => dtypeOf(new Uint8ClampedArray(1) as unknown as Uint8Array)).toThrow('Uint8ClampedArray');
    expect(() => dtypeInfo('f16' as 'f64')).toThrow("unknown dtype 'f16': use one of f64, f32, i8");
    expect(() => dtypeInfo('toString' as 'f64')).toThrow('unknown dtype');
  });

  it('know an ndarray from what looks a little like one', () => {
    expect(isNdArray(ndarray(new Int8Array(3)))).toBe(true);
    expect(isNdArray(ndarray(new BigUint64Array(1), []))).toBe(true);
    for (const x of [null, undefined, 3, {}, [], { shape: [], stride: [], offset: 0, data: [1] }])
      expect(isNdArray(x)).toBe(false);
  });
});
