import { type Box, boxSize } from '../../decomposition/box.js';
import { type GridGeometry, partBox } from '../../halo/plan.js';
import { type DTypeInfo, dtypeOf } from '../../memory/dtype.js';
import type { NdArray } from '../../memory/ndarray.js';
import { COPY, type FilledArray, MARKS } from './vtk-image.js';

/** A whole field of the final state, in C order, with a last axis of components if it is a vector. */
export interface WholeField {
  name: string;
  array: NdArray;
  centring: 'cell' | 'vertex';
  components: number;
}

/**
 * The cells that a part's image shows: its own, and as many beyond them as the halo is wide, as far as the grid goes.
 * Halo cells outside the grid (of a boundary, or beyond a periodic edge) have no place in an image of the whole.
 */
export function pieceBox(geometry: GridGeometry, id: number): { own: Box; shown: Box } {
  const own = partBox(geometry, id);
  const { halo, shape } = geometry;
  return {
    own,
    shown: {
      lo: own.lo.map((x) => Math.max(0, x - halo)),
      hi: own.hi.map((x, k) => Math.min(shape[k]!, x + halo)),
    },
  };
}

/** The fields' values in a part's image. Halo cells hold what their owners have. */
export function pieceArrays(
  geometry: GridGeometry,
  id: number,
  fields: readonly WholeField[],
): { cellData: FilledArray[]; pointData: FilledArray[] } {
  const { own, shown } = pieceBox(geometry, id);
  // The points of a box of cells: one more along each axis.
  const points: Box = { lo: shown.lo, hi: shown.hi.map((x) => x + 1) };
  const ownPoints: Box = { lo: own.lo, hi: own.hi.map((x) => x + 1) };
  const of = (centring: WholeField['centring'], box: Box): FilledArray[] =>
    fields.filter((f) => f.centring === centring).map((f) => cut(f, box));
  const cellData = of('cell', shown);
  const pointData = of('vertex', points);
  if (marksHalo(geometry)) {
    cellData.push(marks(shown, own));
    // Without point data, points need no marks either: a viewer hides those of hidden cells.
    if (pointData.length > 0) pointData.push(marks(points, ownPoints));
  }
  return { cellData, pointData };
}

/** Whether a part can show cells of others. */
function marksHalo(geometry: GridGeometry): boolean {
  return geometry.halo > 0 && geometry.dims.some((n) => n > 1);
}

/** The part of a field that lies in a box; vertices of a periodic axis go on at 0. */
function cut(field: WholeField, box: Box): FilledArray {
  const { array, components } = field;
  const dtype: DTypeInfo = dtypeOf(array.data);
  const size = boxSize(box);
  const last = size.length - 1;
  const data = new dtype.create(size.reduce((a, b) => a * b, components));
  const index = [...box.lo];
  const rows = size.slice(0, -1).reduce((a, b) => a * b, 1);
  const columns = array.shape[last]!;
  // A row goes from lo to the end of the box, or of the axis, and then on from its beginning.
  const from = box.lo[last]!;
  const straight = Math.min(size[last]!, columns - from) * components;
  const wrapped = size[last]! * components - straight;
  let to = 0;
  for (let row = 0; row < rows; row++) {
    let first = 0;
    for (let k = 0; k < last; k++) first = (first + (index[k]! % array.shape[k]!)) * array.shape[k + 1]!;
    const begin = array.offset + first * components;
    const start = begin + from * components;
    data.set(array.data.subarray(start, start + straight) as never, to);
    data.set(array.data.subarray(begin, begin + wrapped) as never, to + straight);
    to += straight + wrapped;
    for (let k = last - 1; k >= 0; k--) {
      if (++index[k]! < box.hi[k]!) break;
      index[k] = box.lo[k]!;
    }
  }
  return { name: field.name, dtype: dtype.name, components, data };
}

function marks(shown: Box, own: Box): FilledArray {
  const size = boxSize(shown);
  const data = new Uint8Array(size.reduce((a, b) => a * b, 1));
  const index = [...shown.lo];
  for (let at = 0; at < data.length; at++) {
    if (index.some((x, k) => x < own.lo[k]! || x >= own.hi[k]!)) data[at] = COPY;
    for (let k = index.length - 1; k >= 0; k--) {
      if (++index[k]! < shown.hi[k]!) break;
      index[k] = shown.lo[k]!;
    }
  }
  return { name: MARKS, dtype: 'u8', components: 1, data };
}
