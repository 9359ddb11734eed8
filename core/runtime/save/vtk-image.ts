import { endianness } from 'node:os';
import type { Box } from '../../decomposition/box.js';
import type { DType, TypedArray } from '../../memory/dtype.js';

/**
 * VTK's XML formats for images, `.vti` and `.pvti` (VTK File Formats, "XML File Formats"): version 1.0, arrays as raw
 * appended bytes, each after its length as a UInt64.
 *
 * VTK counts x, y, z, and x varies fastest. A field in C order has its last axis fastest: **the grid's last axis is
 * VTK's x**, the one before it y, the one before that z; elements keep their order. An extent names the points from
 * lo to hi of each axis, so n cells have the extent 0 … n; an axis that the grid does not have has 0 … 0.
 */
export interface ImageArray {
  name: string;
  dtype: DType;
  components: number;
}

/** An array with its elements, in C order, components last. */
export interface FilledArray extends ImageArray {
  data: TypedArray;
}

/** What VTK calls the array that tells copies from cells of one's own, and its value for a copy. */
export const MARKS = 'vtkGhostType';
export const COPY = 1;

const TYPES: Readonly<Record<DType, string>> = {
  f64: 'Float64',
  f32: 'Float32',
  i8: 'Int8',
  i16: 'Int16',
  i32: 'Int32',
  i64: 'Int64',
  u8: 'UInt8',
  u16: 'UInt16',
  u32: 'UInt32',
  u64: 'UInt64',
};
const BIG = endianness() === 'BE';

/** The six numbers of an extent: lo and hi of VTK's x, y and z. */
export function extent(cells: Box): string {
  const axes = [0, 1, 2].map((k) => cells.lo.length - 1 - k);
  return axes.map((k) => (k < 0 ? '0 0' : `${cells.lo[k]} ${cells.hi[k]}`)).join(' ');
}

/** The pieces of a `.vti` file that holds the cells of a box: write them one after the other. */
export function* imageFile(
  cells: Box,
  cellData: readonly FilledArray[],
  pointData: readonly FilledArray[],
): Generator<Uint8Array> {
  let offset = 0;
  const describe = (a: FilledArray): string => {
    const mine = offset;
    offset += 8 + a.data.byteLength;
    return `        <DataArray ${attributes(a)} format="appended" offset="${mine}"/>\n`;
  };
  yield text(`${opening('ImageData')}  <ImageData WholeExtent="${extent(cells)}" Origin="0 0 0" Spacing="1 1 1">
    <Piece Extent="${extent(cells)}">
${section('      ', 'PointData', pointData, describe)}${section('      ', 'CellData', cellData, describe)}    </Piece>
  </ImageData>
  <AppendedData encoding="raw">
_`);
  for (const { data } of [...pointData, ...cellData]) {
    const length = new DataView(new ArrayBuffer(8));
    length.setBigUint64(0, BigInt(data.byteLength), !BIG);
    yield new Uint8Array(length.buffer);
    yield new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  }
  yield text('\n  </AppendedData>\n</VTKFile>\n');
}

/** A `.pvti` file: the whole image, and which file has which cells of it. */
export function piecesFile(
  whole: Box,
  halo: number,
  cellData: readonly ImageArray[],
  pointData: readonly ImageArray[],
  pieces: readonly { cells: Box; source: string }[],
): Uint8Array {
  const describe = (a: ImageArray): string => `      <PDataArray ${attributes(a)}/>\n`;
  return text(`${opening('PImageData')}  <PImageData WholeExtent="${extent(whole)}" GhostLevel="${halo}" Origin="0 0 0" Spacing="1 1 1">
${section('    ', 'PPointData', pointData, describe)}${section('    ', 'PCellData', cellData, describe)}${pieces
  .map((p) => `    <Piece Extent="${extent(p.cells)}" Source="${quoted(p.source)}"/>\n`)
  .join('')}  </PImageData>
</VTKFile>
`);
}

function opening(type: string): string {
  return `<?xml version="1.0"?>
<VTKFile type="${type}" version="1.0" byte_order="${BIG ? 'BigEndian' : 'LittleEndian'}" header_type="UInt64">
`;
}

/** The arrays of cells or points; the first number and the first vector are what a viewer shows first. */
function section<A extends ImageArray>(
  indent: string,
  name: string,
  arrays: readonly A[],
  describe: (a: A) => string,
): string {
  const scalars = arrays.find((a) => a.components === 1 && a.name !== MARKS);
  const vectors = arrays.find((a) => a.components === 3);
  const active = `${scalars ? ` Scalars="${quoted(scalars.name)}"` : ''}${vectors ? ` Vectors="${quoted(vectors.name)}"` : ''}`;
  return `${indent}<${name}${active}>\n${arrays.map(describe).join('')}${indent}</${name}>\n`;
}

function attributes(a: ImageArray): string {
  return `type="${TYPES[a.dtype]}" Name="${quoted(a.name)}" NumberOfComponents="${a.components}"`;
}

function quoted(value: string): string {
  const names: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return value.replace(/[&<>"]/g, (c) => names[c]!);
}

function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}
