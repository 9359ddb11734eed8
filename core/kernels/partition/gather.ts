import { HaloweaveError } from '../../base/errors.js';
import { type Box, boxSize } from '../../decomposition/box.js';
import { fieldLayout, flatRuns } from '../../halo/layout.js';
import { type GridGeometry, partBox } from '../../halo/plan.js';
import { type DType, dtypeInfo, type TypedArray } from '../../memory/dtype.js';
import { type Heap, offsetOf } from '../../memory/heap.js';
import { type NdArray, ndarray } from '../../memory/ndarray.js';
import type { GatherTable } from '../program.js';
import { fieldPlaces, MEMORIES } from './blocks.js';
import type { GridDomain } from './grid.js';

/** The table from which fields can be gathered once all parts are at one state. */
export function gatherTable(domain: GridDomain, blocks: Float64Array): GatherTable {
  const { shape, dims, halo } = domain.geometry;
  return {
    shape: [...shape],
    dims: [...dims],
    halo,
    fields: domain.fields.map((f) => ({ name: f.name, dtype: f.dtype.name })),
    blocks: blocks.slice(),
  };
}

/** Owned cells of all parts of a field as one array of the grid's shape, C order, in private memory. */
export function gatherField(heap: Heap, table: GatherTable, name: string): NdArray {
  const f = table.fields.findIndex((x) => x.name === name);
  if (f < 0)
    throw new HaloweaveError(
      'argument',
      `gather: there is no field '${name}'; the fields are ${table.fields.map((x) => x.name).join(', ')}`,
    );
  const geometry: GridGeometry = {
    shape: table.shape,
    dims: table.dims,
    halo: table.halo,
    periodic: table.shape.map(() => false),
  };
  const fields = table.fields.map((x) => ({ name: x.name, dtype: dtypeInfo(x.dtype as DType) }));
  const { dtype } = fields[f]!;
  const out = new dtype.create(table.shape.reduce((a, b) => a * b, 1));
  for (let id = 0; id < table.blocks.length; id++) {
    const address = table.blocks[id]!;
    const arena = heap.arenaOf(address);
    const offset = offsetOf(address);
    const memory = arena.words[offset / 4 + MEMORIES + f]!;
    const box = partBox(geometry, id);
    const { fieldAt } = fieldPlaces(fieldLayout(boxSize(box), table.halo), fields);
    const base = (offset + fieldAt[memory]!) / dtype.bytes;
    copyOwned(arena.views[dtype.code]!, base, box, table.halo, table.shape, out);
  }
  return ndarray(out, table.shape);
}

/** Copies the owned cells of one part, whose field starts at element `base`, to their places in the whole grid. */
export function copyOwned(
  from: TypedArray,
  base: number,
  box: Box,
  halo: number,
  shape: readonly number[],
  to: TypedArray,
): void {
  const size = boxSize(box);
  const owned = flatRuns(fieldLayout(size, halo), { lo: size.map(() => 0), hi: size });
  const whole = fieldLayout([...shape], 0);
  const target = flatRuns(whole, box);
  for (let r = 0; r < owned.starts.length; r++) {
    const start = base + owned.starts[r]!;
    to.set(from.subarray(start, start + owned.length) as never, target.starts[r]!);
  }
}
