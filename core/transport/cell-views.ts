import { DTYPES } from '../memory/dtype.js';
import { CELL_BYTES } from '../wire/cell.js';
import type { CellViews } from './transport.js';

/** Views of memory that holds message records, one per dtype: of all of a buffer, or of `bytes` from a multiple of 8. */
export function cellViews(
  buffer: ArrayBufferLike,
  from = 0,
  bytes: number = buffer.byteLength - from,
): CellViews {
  const usable = Math.floor(bytes / CELL_BYTES) * CELL_BYTES;
  return {
    i32: new Int32Array(buffer, from, Math.floor(bytes / 4)),
    u32: new Uint32Array(buffer, from, Math.floor(bytes / 4)),
    f64: new Float64Array(buffer, from, usable / 8),
    byCode: DTYPES.map((d) => new d.create(buffer, from, usable / d.bytes)),
  };
}
