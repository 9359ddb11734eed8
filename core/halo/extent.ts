/** Which values of a field a part owns, and where they lie in the whole field. */
import { blockBox } from '../decomposition/block.js';
import type { Box } from '../decomposition/box.js';
import type { FieldLayout } from './layout.js';
import type { GridGeometry } from './plan.js';

/** Where a field's values lie: in the middle of the cells, or at their corners. */
export type Centring = 'cell' | 'vertex';

/**
 * Extent of a whole field: the cells of the grid, or its vertices, which are one more along every axis that
 * is not periodic. Vertex i lies between cells i − 1 and i.
 */
export function fieldShape(g: Pick<GridGeometry, 'shape' | 'periodic'>, centring: Centring): number[] {
  return g.shape.map((n, k) => (centring === 'vertex' && !g.periodic[k] ? n + 1 : n));
}

/**
 * What part `id` owns of a field, in the field's own indices. Cells: the part's block. Vertices: a vertex that
 * two parts share belongs to the lower one, so a part with cells lo … hi − 1 owns vertices lo + 1 … hi, and the
 * first part of an axis that is not periodic vertex 0 as well. On a periodic axis the last part owns the
 * vertex at the seam: its number here is n, and stands for 0. O(d).
 * @throws HaloweaveError 'argument' when there is no such part.
 */
export function ownedBox(g: GridGeometry, id: number, centring: Centring): Box {
  const cells = blockBox(g.shape, g.dims, id);
  if (centring === 'cell') return cells;
  return {
    lo: cells.lo.map((lo, k) => (lo === 0 && !g.periodic[k] ? 0 : lo + 1)),
    hi: cells.hi.map((hi) => hi + 1),
  };
}

/**
 * Visits a part's owned values as contiguous runs along the last axis, in row-major order: `count` elements from
 * `start` in the part's memory, which are elements `index` … of the whole field in C order, components last.
 * `lo` is the first owned value in the whole field, of extent `shape`. O(rows · d).
 */
export function eachOwnedRow(
  layout: FieldLayout,
  lo: readonly number[],
  shape: readonly number[],
  visit: (start: number, index: number, count: number) => void,
): void {
  const { size, strides, components } = layout;
  const last = size.length - 1;
  const columns = shape[last]!;
  // What lies beyond the end is the vertex at the seam of a periodic axis.
  const inside = Math.min(size[last]!, columns - lo[last]!);
  const beyond = size[last]! - inside;
  const at = size.map(() => 0);
  let start = layout.origin;
  for (;;) {
    let row = 0;
    for (let k = 0; k < last; k++) row = row * shape[k]! + ((lo[k]! + at[k]!) % shape[k]!);
    row *= columns;
    if (inside > 0) visit(start, (row + lo[last]!) * components, inside * components);
    if (beyond > 0)
      visit(
        start + inside * components,
        (row + lo[last]! + inside - columns) * components,
        beyond * components,
      );
    let axis = last - 1;
    for (; axis >= 0; axis--) {
      start += strides[axis]!;
      if (++at[axis]! < size[axis]!) break;
      start -= size[axis]! * strides[axis]!;
      at[axis] = 0;
    }
    if (axis < 0) return;
  }
}

/**
 * Visits the owned values of a field as planes of contiguous rows: `rows` rows of `count` values, each `stride` elements
 * after the one before, the first at `start`. O(planes).
 */
export function eachOwnedPlane(
  layout: FieldLayout,
  visit: (start: number, rows: number, count: number, stride: number) => void,
): void {
  const { size, strides, components } = layout;
  const last = size.length - 1;
  const count = size[last]! * components;
  if (last === 0) {
    visit(layout.origin, 1, count, count);
    return;
  }
  const planes = last > 1 ? size[0]! : 1;
  for (let p = 0; p < planes; p++) {
    const start = layout.origin + (last > 1 ? p * strides[0]! : 0);
    visit(start, size[last - 1]!, count, strides[last - 1]!);
  }
}
