/**
 * Copies `planes` × `rows` rows of `bytes` bytes (a multiple of 4) from `from` to `to` within one arena; strides in
 * bytes, one a plane and one a row on each side. Boxes must not overlap.
 */
export type CopyBox = (
  from: number,
  to: number,
  planes: number,
  rows: number,
  bytes: number,
  fromPlane: number,
  fromRow: number,
  toPlane: number,
  toRow: number,
) => void;
