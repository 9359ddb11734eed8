import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { curveOrder, hilbertIndex } from '../../../core/decomposition/curve.js';
import { coordsOf } from '../../../core/topology/cartesian.js';

function steps(order: Int32Array, dims: number[]): number[] {
  const coords = Array.from(order, (id) => coordsOf(id, dims));
  return coords.slice(1).map((c, i) => c.reduce((sum, x, k) => sum + Math.abs(x - coords[i][k]), 0));
}

describe('hilbertIndex', () => {
  it('is a bijection onto 0..2^(bits·d) − 1', () => {
    for (const [d, bits] of [
      [1, 5],
      [2, 3],
      [3, 2],
      [4, 2],
    ]) {
      const dims = new Array<number>(d).fill(2 ** bits);
      const count = 2 ** (bits * d);
      const seen = new Set<bigint>();
      for (let id = 0; id < count; id++) seen.add(hilbertIndex(coordsOf(id, dims), bits));
      expect(seen.size).toBe(count);
      expect([...seen].every((index) => index >= 0n && index < BigInt(count))).toBe(true);
    }
  });

  it('starts at the origin and ends at the far end of the first axis', () => {
    for (const bits of [1, 2, 5]) {
      expect(hilbertIndex([0, 0], bits)).toBe(0n);
      expect(hilbertIndex([2 ** bits - 1, 0], bits)).toBe(4n ** BigInt(bits) - 1n);
    }
  });

  it('keeps subcubes together: dropping the low bits of a point drops those of its index', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(2 ** 20 - 1), { minLength: 2, maxLength: 3 }), (p) => {
        const parent = (a: number[]) => hilbertIndex(a, 20) >> BigInt(10 * a.length);
        const corner = p.map((x) => (x >> 10) << 10);
        expect(parent(p)).toBe(parent(corner));
      }),
    );
  });

  it('works at 31 bits and refuses what does not fit', () => {
    expect(hilbertIndex([2 ** 31 - 1, 5], 31)).toBeLessThan(1n << 62n);
    expect(hilbertIndex([2 ** 31 - 1, 5], 31)).toBeGreaterThanOrEqual(0n);
    expect(() => hilbertIndex([4, 0], 2)).toThrow(/axis 0 .*0\.\.3/);
    expect(() => hilbertIndex([0, 0], 32)).toThrow(/32 bits/);
    expect(() => hilbertIndex([], 2)).toThrow(/at least one/);
  });
});

describe('curveOrder', () => {
  it.each([
    [[2, 2]],
    [[8, 8]],
    [[16, 16]],
    [[2, 2, 2]],
    [[4, 4, 4]],
    [[8, 8, 8]],
    [[4, 4, 4, 4]],
    [[1, 8, 8]],
  ])('visits neighbours one after the other on %j', (dims) => {
    expect(new Set(steps(curveOrder(dims), dims))).toEqual(new Set([1]));
  });

  it('is a permutation for any dims, in the order of the Hilbert indices', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 2, max: 9 }), { minLength: 2, maxLength: 3 }), (dims) => {
        const order = curveOrder(dims);
        expect([...order].sort((a, b) => a - b)).toEqual(Array.from(order, (_, i) => i));
        const bits = 32 - Math.clz32(Math.max(...dims) - 1);
        const exact = Array.from(order, (id) => hilbertIndex(coordsOf(id, dims), bits));
        for (let i = 1; i < exact.length; i++) expect(exact[i] > exact[i - 1]).toBe(true);
      }),
    );
  });

  it('keeps a single row in its order, whatever the other axes', () => {
    const row = Array.from({ length: 11 }, (_, i) => i);
    expect([...curveOrder([11])]).toEqual(row);
    expect([...curveOrder([1, 11, 1])]).toEqual(row);
    expect([...curveOrder([1, 1])]).toEqual([0]);
  });

  it('is much more local than row-major order on a large square', () => {
    const dims = [64, 64];
    const order = curveOrder(dims);
    // Mean extent of 64 consecutive parts: about 8 along the curve, 64 along a row.
    let widest = 0;
    for (let at = 0; at < order.length; at += 64) {
      const block = Array.from(order.subarray(at, at + 64), (id) => coordsOf(id, dims));
      for (const k of [0, 1]) {
        const x = block.map((c) => c[k]);
        widest = Math.max(widest, Math.max(...x) - Math.min(...x) + 1);
      }
    }
    expect(widest).toBe(8);
  });

  it('refuses bad dims', () => {
    expect(() => curveOrder([2, 0])).toThrow(/dims\[1\] is 0/);
    expect(() => curveOrder([2 ** 16, 2 ** 15])).toThrow(/at most 2147483647/);
  });
});
