/**
 * How one part's field lies in memory: owned values with a halo all round, C order, no gaps; the components of
 * a vector side by side. "Cells" below are vertices where a field is vertex-centred.
 */
import { require } from '../base/errors.js';
import { type Box, boxIsEmpty, boxSize, boxVolume } from '../decomposition/box.js';

export interface FieldLayout {
  /** Owned cells per axis. */
  size: number[];
  /** Halo width on every side. */
  halo: number;
  /** Owned + 2·halo per axis. */
  padded: number[];
  /** Elements of a cell, 1 for a scalar. */
  components: number;
  /** Elements from one cell to the next along each axis; the last is `components`. */
  strides: number[];
  /** Flat element index of the first owned cell. */
  origin: number;
  /** Elements in all. */
  length: number;
}

/** Flat indices are kept in Int32Array plans and WebAssembly addresses are 32 bits. */
const MAX_LENGTH = 2 ** 31 - 1;

/**
 * Layout of a field of `size` owned cells: cell x (local, halo cells negative or ≥ size) lies at
 * origin + Σ x[k] · strides[k], its components from there on. O(d).
 * @throws HaloweaveError 'argument' for sizes or components below 1, a negative halo or more than 2^31 − 1
 *   elements.
 */
export function fieldLayout(size: number[], halo: number, components = 1): FieldLayout {
  require(size.length >= 1, 'a field needs at least one axis');
  require(Number.isSafeInteger(halo) && halo >= 0, () => `halo is ${halo}: use an integer ≥ 0`);
  require(Number.isSafeInteger(components) && components >= 1, () =>
    `a field of ${components} components: use a positive integer`);
  const d = size.length;
  const padded = size.map((n, k) => {
    require(Number.isSafeInteger(n) && n >= 1, () =>
      `a field of ${n} cells along axis ${k}: use a positive integer`);
    return n + 2 * halo;
  });
  const strides = new Array<number>(d);
  let length = components;
  let origin = 0;
  for (let k = d - 1; k >= 0; k--) {
    strides[k] = length;
    origin += halo * length;
    length *= padded[k];
  }
  require(length <= MAX_LENGTH, () =>
    `a part of ${padded.join('x')} cells with its halo passes ${MAX_LENGTH} elements: use more parts`);
  return { size: size.slice(), halo, padded, components, strides, origin, length };
}

function checkBox(layout: FieldLayout, box: Box): void {
  const d = layout.size.length;
  require(box.lo.length === d && box.hi.length === d, () =>
    `a box of ${box.lo.length} axes on a field of ${d}: give one range per axis`);
  for (let k = 0; k < d; k++) {
    require(box.lo[k] >= -layout.halo && box.hi[k] <= layout.size[k] + layout.halo, () =>
      `cells ${box.lo[k]}..${box.hi[k] - 1} on axis ${k} are outside the field's ${-layout.halo}..${layout.size[k] + layout.halo - 1}: clip the box or widen the halo`);
  }
}

/** Runs of consecutive elements: run i holds starts[i] … starts[i] + length − 1. */
export interface FlatRuns {
  starts: Int32Array;
  length: number;
}

/**
 * The box (local coordinates) as runs along the last axis, in row-major order: Π of the other extents
 * runs, all of the last extent (times the components). An empty box has no runs and length 0. O(runs · d).
 * @throws HaloweaveError 'argument' when the box leaves the padded field.
 */
export function flatRuns(layout: FieldLayout, box: Box): FlatRuns {
  if (boxIsEmpty(box)) return { starts: new Int32Array(0), length: 0 };
  checkBox(layout, box);
  const extent = boxSize(box);
  const last = extent.length - 1;
  const starts = new Int32Array(boxVolume(box) / extent[last]);
  let at = layout.origin;
  for (let k = 0; k <= last; k++) at += box.lo[k] * layout.strides[k];
  const step = new Array<number>(last).fill(0);
  for (let run = 0; run < starts.length; run++) {
    starts[run] = at;
    // An odometer: carry into the axis before when one is through.
    for (let k = last - 1; k >= 0; k--) {
      at += layout.strides[k];
      if (++step[k] < extent[k]) break;
      at -= extent[k] * layout.strides[k];
      step[k] = 0;
    }
  }
  return { starts, length: extent[last] * layout.components };
}

/**
 * Flat element indices of the box (local coordinates) in row-major order, one per component of each cell.
 * O(elements).
 * @throws HaloweaveError 'argument' when the box leaves the padded field.
 */
export function flatIndices(layout: FieldLayout, box: Box): Int32Array {
  const { starts, length } = flatRuns(layout, box);
  const indices = new Int32Array(starts.length * length);
  let n = 0;
  for (const start of starts) {
    for (let i = 0; i < length; i++) indices[n++] = start + i;
  }
  return indices;
}
