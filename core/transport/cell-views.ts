import { DTYPES } from '../memory/dtype.js';
import { CELL_BYTES } from '../wire/cell.js';
import type { CellViews } from './transport.js';

/** Views of memory that holds message records, one per dtype. */
export function cellViews(buffer: ArrayBufferLike): CellViews {
  const usable = Math.floor(buffer.byteLength / CELL_BYTES) * CELL_BYTES;
  return {
    i32: new Int32Array(buffer),
    u32: new Uint32Array(buffer),
    f64: new Float64Array(buffer, 0, usable / 8),
    byCode: DTYPES.map((d) => new d.create(buffer, 0, usable / d.bytes)),
  };
}
