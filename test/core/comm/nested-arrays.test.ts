import { describe, expect, it } from 'vitest';
import '../../../core/comm/nested-arrays.js';
import { isNdArray, type NdArray, ndarray } from '../../../core/memory/ndarray.js';
import { decode, encode } from '../../../core/wire/codec.js';

describe('ndarrays within a structure', () => {
  it('come out as ndarrays of the same dtype, shape and strides', () => {
    const list = [
      ndarray(Float64Array.of(1, -0, 3, 4), [2, 2]),
      ndarray(Int16Array.of(1, 2, 3, 4, 5, 6), [2], [-2], 5),
      ndarray(new BigUint64Array(0), [0, 3]),
      ndarray(Float32Array.of(7), []),
    ];
    const got = decode(encode({ list })) as { list: NdArray[] };
    got.list.forEach((a, k) => {
      const { data, shape, stride, offset, dtype } = list[k]!;
      expect(isNdArray(a)).toBe(true);
      expect([a.data, a.shape, a.stride, a.offset, a.dtype]).toEqual([data, shape, stride, offset, dtype]);
    });
    expect(got.list[1]!.get(1)).toBe(4);
    expect(got.list[3]!.get()).toBe(7);
  });

  it('of one array stay so', () => {
    const u = ndarray(Float64Array.of(1, 2, 3), [3]);
    const [all, tail] = decode(encode([u, u.lo(1)])) as [NdArray, NdArray];
    all.set(2, 9);
    expect(tail.get(1)).toBe(9);
  });

  it('are refused if they make no sense', () => {
    const bytes = (value: unknown): Uint8Array => Uint8Array.of(0xd4, 3, 0, ...encode(value));
    const data = Float64Array.of(1, 2);
    expect(isNdArray(decode(bytes([data, [2], [1], 0])))).toBe(true);
    for (const value of [
      7,
      null,
      [],
      [[1, 2], [2], [1], 0],
      [data, 2, [1], 0],
      [data, [2], [1, 1], 0],
      [data, [2], ['1'], 0],
      [data, [2], [1], 0.5],
      [data, [2], [1]],
    ])
      expect(() => decode(bytes(value)), JSON.stringify(value)).toThrow(/no elements, or no proper shape/);
  });
});
