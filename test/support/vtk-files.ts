import { readFileSync } from 'node:fs';
import type { TypedArray } from '../../core/memory/dtype.js';

/** An element of XML with its attributes; text between elements is not kept. */
export interface Element {
  name: string;
  attributes: Record<string, string>;
  children: Element[];
}

/** Reads well-formed XML without comments, entities decoded; throws at anything else. */
export function parseXml(text: string): Element {
  const head = '<?xml version="1.0"?>';
  if (!text.startsWith(head)) throw new Error('no XML declaration');
  const root: Element = { name: '', attributes: {}, children: [] };
  const open = [root];
  const tag = /\s*<(\/?)([\w]+)((?:\s+\w+="[^"<]*")*)\s*(\/?)>/y;
  tag.lastIndex = head.length;
  let end = tag.lastIndex;
  for (let m = tag.exec(text); m; m = tag.exec(text)) {
    end = tag.lastIndex;
    const [, closing, name = '', words = '', single] = m;
    const current = open[open.length - 1]!;
    if (closing) {
      if (current.name !== name) throw new Error(`</${name}> closes <${current.name}>`);
      open.pop();
      continue;
    }
    const attributes: Record<string, string> = {};
    for (const [, key = '', value = ''] of words.matchAll(/(\w+)="([^"]*)"/g)) {
      if (key in attributes) throw new Error(`${key} twice in <${name}>`);
      attributes[key] = value
        .replace(/&lt;/g, '<')
        .replace(/&gt;/g, '>')
        .replace(/&quot;/g, '"')
        .replace(/&amp;/g, '&');
    }
    const element = { name, attributes, children: [] };
    current.children.push(element);
    if (!single) open.push(element);
  }
  if (open.length > 1) throw new Error(`<${open[open.length - 1]!.name}> is not closed`);
  if (text.slice(end).trim() !== '') throw new Error(`not XML: ${text.slice(end, end + 40)}`);
  return root.children[0]!;
}

export function child(e: Element, name: string): Element {
  const found = e.children.filter((c) => c.name === name);
  if (found.length !== 1) throw new Error(`<${e.name}> has ${found.length} <${name}>`);
  return found[0]!;
}

const TYPES: Record<string, new (buffer: ArrayBuffer) => TypedArray> = {
  Float64: Float64Array,
  Float32: Float32Array,
  Int8: Int8Array,
  Int16: Int16Array,
  Int32: Int32Array,
  Int64: BigInt64Array,
  UInt8: Uint8Array,
  UInt16: Uint16Array,
  UInt32: Uint32Array,
  UInt64: BigUint64Array,
};

export interface VtkArray {
  type: string;
  components: number;
  data: TypedArray;
}

export interface VtkImage {
  /** x lo, x hi, y lo, y hi, z lo, z hi. */
  extent: number[];
  cellData: Record<string, VtkArray>;
  pointData: Record<string, VtkArray>;
  attributes: { cells: Record<string, string>; points: Record<string, string> };
}

/**
 * Reads a `.vti` file with one piece and raw appended arrays, by the letter of VTK's description of the format: the
 * bytes after the underscore, at each array's offset its length as a UInt64, little endian, then its elements.
 */
export function readVti(path: string): VtkImage {
  const bytes = readFileSync(path);
  const from = bytes.indexOf('<AppendedData encoding="raw">');
  const at = bytes.indexOf('_', from) + 1;
  const tail = '\n  </AppendedData>\n</VTKFile>\n';
  if (from < 0 || bytes.subarray(bytes.length - tail.length).toString() !== tail)
    throw new Error(`${path} has no appended data`);
  const appended = bytes.subarray(at, bytes.length - tail.length);
  const file = parseXml(`${bytes.subarray(0, from).toString()}</VTKFile>`);
  const expected = { type: 'ImageData', version: '1.0', byte_order: 'LittleEndian', header_type: 'UInt64' };
  if (JSON.stringify(file.attributes) !== JSON.stringify(expected))
    throw new Error(`${path}: ${JSON.stringify(file.attributes)}`);
  const image = child(file, 'ImageData');
  const piece = child(image, 'Piece');
  if (image.attributes.WholeExtent !== piece.attributes.Extent) throw new Error(`${path}: extents differ`);
  let used = 0;
  const arrays = (e: Element): Record<string, VtkArray> =>
    Object.fromEntries(
      e.children.map(({ name, attributes: a }) => {
        if (name !== 'DataArray' || a.format !== 'appended') throw new Error(`<${name}> in <${e.name}>`);
        const offset = Number(a.offset);
        const length = Number(appended.readBigUInt64LE(offset));
        used += 8 + length;
        const own = new Uint8Array(appended.subarray(offset + 8, offset + 8 + length));
        return [
          a.Name!,
          { type: a.type!, components: Number(a.NumberOfComponents), data: new TYPES[a.type!]!(own.buffer) },
        ];
      }),
    );
  const points = child(piece, 'PointData');
  const cells = child(piece, 'CellData');
  const result = {
    extent: numbers(piece.attributes.Extent!),
    pointData: arrays(points),
    cellData: arrays(cells),
    attributes: { cells: cells.attributes, points: points.attributes },
  };
  if (used !== appended.length)
    throw new Error(`${path}: ${appended.length - used} bytes belong to no array`);
  return result;
}

export function numbers(text: string): number[] {
  return text.split(' ').map(Number);
}
