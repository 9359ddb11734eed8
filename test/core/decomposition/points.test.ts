import { describe, expect, it } from 'vitest';
import { curveOrder } from '../../../core/decomposition/curve.js';
import { pointOrder } from '../../../core/decomposition/points.js';

describe('pointOrder', () => {
  it('is the order of the curve for points on a lattice, wherever it lies and however large it is', () => {
    for (const [scale, shift] of [
      [1, 0],
      [1e-200, -3e-200],
      [1e307, 5],
    ]) {
      const points = Array.from({ length: 64 }, (_, id) => [
        Math.floor(id / 8) * scale! + shift!,
        (id % 8) * scale! + shift!,
      ]);
      expect([...pointOrder(points)]).toEqual([...curveOrder([8, 8])]);
    }
  });

  it('walks a line from one end to the other', () => {
    const points = [5, -2, 9, 0, 1e-3].map((x) => [x]);
    expect([...pointOrder(points)]).toEqual([1, 3, 4, 0, 2]);
  });

  it('visits the parts of a cube as blocks: each octant is left once', () => {
    const points = Array.from({ length: 8 ** 3 }, (_, k) => [k >> 6, (k >> 3) & 7, k & 7]);
    const octant = (k: number): number => points[k]!.reduce((o, x, axis) => o + (x >= 4 ? 1 << axis : 0), 0);
    const visits = [...pointOrder(points)].map(octant);
    expect(visits.filter((o, k) => o !== visits[k - 1])).toHaveLength(8);
  });

  it('keeps the order of points in one place', () => {
    expect([
      ...pointOrder([
        [1, 2],
        [1, 2],
        [1, 2],
      ]),
    ]).toEqual([0, 1, 2]);
    expect([...pointOrder([])]).toEqual([]);
  });

  it('refuses points of different axes, and what is not finite', () => {
    expect(() => pointOrder([[0, 1], [2]])).toThrow('point 1 has 1 coordinates and point 0 has 2');
    expect(() => pointOrder([[0], [Number.POSITIVE_INFINITY]])).toThrow(
      'coordinate 0 of point 1 is Infinity: it must be finite',
    );
  });
});
