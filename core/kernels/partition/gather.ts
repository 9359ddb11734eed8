import { HaloweaveError } from '../../base/errors.js';
import { eachOwnedRow, fieldShape, ownedBox } from '../../halo/extent.js';
import type { FieldLayout } from '../../halo/layout.js';
import { type DType, dtypeInfo, type TypedArray } from '../../memory/dtype.js';
import { type Heap, offsetOf } from '../../memory/heap.js';
import { type NdArray, ndarray } from '../../memory/ndarray.js';
import type { GatherTable } from '../program.js';
import { fieldLayouts, fieldPlaces, MEMORIES } from './blocks.js';
import type { FieldInfo, GridDomain } from './grid.js';

/** The table from which fields can be gathered once all parts are at one state. */
export function gatherTable(domain: GridDomain, blocks: Float64Array): GatherTable {
  const { shape, dims, halo, periodic } = domain.geometry;
  return {
    shape: [...shape],
    dims: [...dims],
    halo,
    periodic: [...periodic],
    fields: domain.fields.map(({ name, dtype, centring, components, vector }) => ({
      name,
      dtype: dtype.name,
      centring,
      components,
      vector,
    })),
    blocks: blocks.slice(),
  };
}

/** Extent of a whole field as an array: cells or vertices per axis, then the components of a vector. */
export function arrayShape(
  g: Pick<GatherTable, 'shape' | 'periodic'>,
  f: Pick<FieldInfo, 'centring' | 'components' | 'vector'>,
): number[] {
  const shape = fieldShape(g, f.centring);
  return f.vector ? [...shape, f.components] : shape;
}

/** A whole field as one array, C order, in private memory: of the grid's shape if cell-centred and scalar. */
export function gatherField(heap: Heap, table: GatherTable, name: string): NdArray {
  const steps = gatherSteps(heap, table, name);
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/** The same in steps, one part each, for a thread that has other things to do as well. */
export function* gatherSteps(heap: Heap, table: GatherTable, name: string): Generator<void, NdArray> {
  const f = table.fields.findIndex((x) => x.name === name);
  if (f < 0)
    throw new HaloweaveError(
      'argument',
      `gather: there is no field '${name}'; the fields are ${table.fields.map((x) => x.name).join(', ')}`,
    );
  const fields = table.fields.map((x) => ({ ...x, dtype: dtypeInfo(x.dtype as DType) }));
  const { dtype, centring } = fields[f]!;
  const shape = arrayShape(table, fields[f]!);
  const out = new dtype.create(shape.reduce((a, b) => a * b, 1));
  for (let id = 0; id < table.blocks.length; id++) {
    const address = table.blocks[id]!;
    const arena = heap.arenaOf(address);
    const offset = offsetOf(address);
    const memory = arena.words[offset / 4 + MEMORIES + f]!;
    const layouts = fieldLayouts(table, id, fields);
    const { fieldAt } = fieldPlaces(layouts, fields);
    const base = (offset + fieldAt[memory]!) / dtype.bytes;
    const { lo } = ownedBox(table, id, centring);
    copyOwned(arena.views[dtype.code]!, base, layouts[f]!, lo, fieldShape(table, centring), out);
    yield;
  }
  return ndarray(out, shape);
}

/**
 * Copies the owned values of one part, whose field starts at element `base`, to their places in the whole field.
 * `lo` is the first of them, `shape` the whole field's extent.
 */
export function copyOwned(
  from: TypedArray,
  base: number,
  layout: FieldLayout,
  lo: readonly number[],
  shape: readonly number[],
  to: TypedArray,
): void {
  eachOwnedRow(layout, lo, shape, (start, index, count) => {
    to.set(from.subarray(base + start, base + start + count) as never, index);
  });
}
