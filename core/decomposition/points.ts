import { require } from '../base/errors.js';
import { hilbertIndex } from './curve.js';

/** Cells an axis of the cube that points are sorted into: far finer than anyone places parts, and an exact double. */
const BITS = 20;

/**
 * Numbers of points of any coordinates, in the order in which a Hilbert curve through their bounding cube
 * meets them; points in one of its 2^20 cells an axis keep their order. All axes have one scale. Pure and
 * deterministic; O(n log n).
 * @throws HaloweaveError 'argument' if the points differ in their number of axes or a coordinate is not finite.
 */
export function pointOrder(points: readonly (readonly number[])[]): Int32Array {
  const axes = points[0]?.length ?? 0;
  const low = new Array<number>(axes).fill(Number.POSITIVE_INFINITY);
  const high = new Array<number>(axes).fill(Number.NEGATIVE_INFINITY);
  points.forEach((p, n) => {
    require(p.length === axes && axes >= 1, () =>
      `point ${n} has ${p.length} coordinates and point 0 has ${axes}: give all the same number, 1 or more`);
    p.forEach((x, k) => {
      require(Number.isFinite(x), () => `coordinate ${k} of point ${n} is ${x}: it must be finite`);
      low[k] = Math.min(low[k], x);
      high[k] = Math.max(high[k], x);
    });
  });
  // Halved, so that the span of all finite doubles is finite.
  const span = Math.max(0, ...low.map((l, k) => high[k] / 2 - l / 2));
  const top = 2 ** BITS - 1;
  const keys = points.map((p) =>
    hilbertIndex(
      p.map((x, k) => (span > 0 ? Math.floor(((x / 2 - low[k] / 2) / span) * top) : 0)),
      BITS,
    ),
  );
  return Int32Array.from(points.keys()).sort((a, b) =>
    keys[a] < keys[b] ? -1 : keys[a] > keys[b] ? 1 : a - b,
  );
}
