/** Half-open boxes of integer points: lo[k] ≤ x[k] < hi[k]. Pure, O(d), never mutating an argument. */
import { require } from '../base/errors.js';

export interface Box {
  lo: number[];
  hi: number[];
}

/** Extent per axis, max(0, hi − lo): an inverted box is empty, not negative. */
export function boxSize(box: Box): number[] {
  return box.lo.map((lo, k) => Math.max(0, box.hi[k] - lo));
}

/** Number of points in the box, Π size. */
export function boxVolume(box: Box): number {
  return boxSize(box).reduce((volume, extent) => volume * extent, 1);
}

/** Whether the box holds no point. */
export function boxIsEmpty(box: Box): boolean {
  return box.lo.some((lo, k) => box.hi[k] <= lo);
}

/**
 * The points that both boxes hold; may be empty (ask `boxIsEmpty`).
 * @throws HaloweaveError 'argument' when the boxes have different numbers of axes.
 */
export function intersectBoxes(a: Box, b: Box): Box {
  require(a.lo.length === b.lo.length, () =>
    `cannot intersect a box of ${a.lo.length} axes with one of ${b.lo.length}: use boxes of one grid`);
  return {
    lo: a.lo.map((lo, k) => Math.max(lo, b.lo[k])),
    hi: a.hi.map((hi, k) => Math.min(hi, b.hi[k])),
  };
}

/** The box moved by `offset`: with offset = −(lo of a part), global coordinates become its local ones. */
export function translateBox(box: Box, offset: readonly number[]): Box {
  return { lo: box.lo.map((lo, k) => lo + offset[k]), hi: box.hi.map((hi, k) => hi + offset[k]) };
}
