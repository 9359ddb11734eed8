/**
 * Row-major (C order) numbering of the points of a Cartesian grid: the last axis varies fastest, so
 * id = Σ coords[k] · Π_{j>k} dims[j]. Every function is pure arithmetic in O(d), for any d ≥ 1.
 */
import { require } from '../base/errors.js';

/** Refuses anything but a non-empty list of positive integers; `what` names the list in the message. */
export function checkExtents(extents: ArrayLike<number>, what: string): void {
  require(extents.length > 0, () => `${what} is empty: give one positive integer per axis`);
  for (let k = 0; k < extents.length; k++) {
    require(Number.isSafeInteger(extents[k]) && extents[k] >= 1, () =>
      `${what}[${k}] is ${extents[k]}: every axis needs a positive integer`);
  }
}

/** Number of grid points, Π dims. */
export function pointCount(dims: ArrayLike<number>): number {
  let count = 1;
  for (let k = 0; k < dims.length; k++) count *= dims[k];
  return count;
}

/**
 * Coordinates of the grid point numbered `id`, one per axis of `dims`; the inverse of `idOf`.
 * @throws HaloweaveError 'argument' when `id` is not an integer in 0..Π dims − 1.
 */
export function coordsOf(id: number, dims: ArrayLike<number>): number[] {
  const count = pointCount(dims);
  require(Number.isInteger(id) && id >= 0 && id < count, () =>
    `id ${id} is not a point of the grid ${Array.from(dims).join('x')}: use an integer in 0..${count - 1}`);
  const coords = new Array<number>(dims.length);
  let rest = id;
  for (let k = dims.length - 1; k >= 0; k--) {
    coords[k] = rest % dims[k];
    // Exact where a plain division would round once ids pass 2^53 / dims[k].
    rest = (rest - coords[k]) / dims[k];
  }
  return coords;
}

/**
 * Number of the grid point at `coords`: Σ coords[k] · Π_{j>k} dims[j].
 * @throws HaloweaveError 'argument' when a coordinate is missing or lies outside its axis.
 */
export function idOf(coords: ArrayLike<number>, dims: ArrayLike<number>): number {
  require(coords.length === dims.length, () =>
    `${coords.length} coordinates for a grid of ${dims.length} axes: give one per axis`);
  let id = 0;
  for (let k = 0; k < dims.length; k++) {
    const c = coords[k];
    require(Number.isInteger(c) && c >= 0 && c < dims[k], () =>
      `coordinate ${c} on axis ${k} is outside 0..${dims[k] - 1}: wrap or clip it first`);
    id = id * dims[k] + c;
  }
  return id;
}

/**
 * Id of the point at `coords` + `offset`. A periodic axis wraps (any distance, either way); leaving
 * the grid along another axis gives −1, whatever the other axes do.
 * @throws HaloweaveError 'argument' when the lists do not have one entry per axis.
 */
export function shift(
  coords: ArrayLike<number>,
  offset: ArrayLike<number>,
  dims: ArrayLike<number>,
  periodic: ArrayLike<boolean>,
): number {
  const d = dims.length;
  require(coords.length === d && offset.length === d && periodic.length === d, () =>
    `shift on a grid of ${d} axes got ${coords.length} coordinates, ${offset.length} offsets and ${periodic.length} periodic flags: give one of each per axis`);
  let id = 0;
  for (let k = 0; k < d; k++) {
    let c = coords[k] + offset[k];
    if (c < 0 || c >= dims[k]) {
      if (!periodic[k]) return -1;
      // The second remainder keeps −dims from becoming dims (and −0 from appearing).
      c = ((c % dims[k]) + dims[k]) % dims[k];
    }
    id = id * dims[k] + c;
  }
  return id;
}

/**
 * `dims` with its zeros replaced so that Π dims = `count`: factors as equal as possible, the larger ones first. Of
 * all ways it takes the one with the smallest largest factor, then the smallest second largest, and so on. As
 * MPI_Dims_create; without zeros a copy.
 * @throws HaloweaveError 'argument' when what is given does not divide `count`.
 */
export function fillDims(dims: readonly number[], count: number): number[] {
  const open = dims.filter((n) => n === 0).length;
  if (open === 0) return [...dims];
  const given = pointCount(dims.filter((n) => n !== 0));
  require(count % given === 0, () =>
    `${count} do not fill a grid of ${dims.join('x')}: ${given} does not divide ${count}; give all dims, or none`);
  const factors = balancedFactors(count / given, open, count)!;
  let next = 0;
  return dims.map((n) => (n === 0 ? factors[next++]! : n));
}

/** `count` as a product of `terms` factors of at most `most`, none larger than the one before; null if there is none. */
function balancedFactors(count: number, terms: number, most: number): number[] | null {
  if (terms === 1) return count <= most ? [count] : null;
  for (let first = 1; first <= Math.min(most, count); first++) {
    if (count % first !== 0 || first ** terms < count) continue;
    const rest = balancedFactors(count / first, terms - 1, first);
    if (rest) return [first, ...rest];
  }
  return null;
}
