import { HaloweaveError, type NdArray } from 'haloweave';

/** A three-component field of a part. */
export interface VectorField {
  readonly x: NdArray<Float64Array>;
  readonly y: NdArray<Float64Array>;
  readonly z: NdArray<Float64Array>;
}

/** Where the first owned spin of each of several vector fields lies in one common view of their memory. */
export interface Places {
  readonly data: Float64Array;
  /** x, y, z of the first field, then of the second, … */
  readonly at: readonly number[];
  /** Distance from each component to the next, if it is the same for all; null otherwise. */
  readonly spacing: number | null;
  readonly layers: number;
  /** Rows a layer. */
  readonly rows: number;
  readonly columns: number;
  /** Elements from a spin to its neighbour along y; 0 for a chain. */
  readonly pitch: number;
  /** Elements from a spin to its neighbour along z; 0 without layers. */
  readonly layer: number;
}

/**
 * One view that spans all components of some vector fields of a part, which share a buffer and a layout. An
 * inner loop that reads one array keeps its address and length in registers: a third faster than with an array
 * for each component. Valid as long as no field is swapped.
 * Throws `HaloweaveError('argument')` if the fields do not share one buffer.
 */
export function placesOf(fields: readonly VectorField[]): Places {
  const arrays = fields.flatMap((f) => [f.x, f.y, f.z]);
  const first = arrays[0];
  if (first === undefined) throw new HaloweaveError('argument', 'placesOf: no fields');
  const { buffer } = first.data;
  let start = Number.POSITIVE_INFINITY;
  let end = 0;
  for (const { data } of arrays) {
    if (data.buffer !== buffer)
      throw new HaloweaveError('argument', 'placesOf: the fields of a part lie in different buffers');
    start = Math.min(start, data.byteOffset);
    end = Math.max(end, data.byteOffset + data.byteLength);
  }
  const [columns = 1, rows = 1, layers = 1] = first.shape.toReversed();
  const [, pitch = 0, layer = 0] = first.stride.toReversed();
  const at = arrays.map((a) => (a.data.byteOffset - start) / Float64Array.BYTES_PER_ELEMENT + a.offset);
  const spacing = at[1]! - at[0]!;
  return {
    data: new Float64Array(buffer, start, (end - start) / Float64Array.BYTES_PER_ELEMENT),
    at,
    spacing: at.every((place, k) => k === 0 || place - at[k - 1]! === spacing) ? spacing : null,
    layers,
    rows,
    columns,
    pitch,
    layer,
  };
}
