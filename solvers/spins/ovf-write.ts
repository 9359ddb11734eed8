import { HaloweaveError } from 'haloweave';
import { OVF_CONTROL_4, OVF_CONTROL_8 } from './ovf-data.js';
import type { OvfField } from './ovf-header.js';
import { formatOvfNumber } from './ovf-number.js';
import { formatTclList } from './tcl-list.js';

/** How `writeOvf` stores the values. */
export type OvfFormat = 'text' | 'binary4' | 'binary8';

const BLOCK: Record<OvfFormat, string> = {
  text: 'Data Text',
  binary4: 'Data Binary 4',
  binary8: 'Data Binary 8',
};

/**
 * Writes a field as an OVF 2.0 file that OOMMF, mumax3 and `readOvf` take.
 *
 * - `text`: shortest decimals that read back to the same double; one cell a line.
 * - `binary8`: the doubles themselves, little-endian. Both forms round-trip bit for bit (a NaN stays a NaN,
 *   its payload may not survive).
 * - `binary4`: values rounded to the nearest float32.
 *
 * Result: the bytes of the file, lines ended by LF, a function of the arguments alone (no date, no program
 * name).
 * Cost: one pass; 4 or 8 bytes a value, about 60 a cell of three for text.
 *
 * Throws `HaloweaveError('argument')` for a field that no OVF file can hold: counts that disagree, a length
 * that is not finite, a line break or `##` in a text entry, a value beyond float32 with `binary4`.
 * Source: OOMMF User's Guide 2.0, "The OVF 2.0 format".
 */
export function writeOvf(field: OvfField, format: OvfFormat): Uint8Array {
  check(field);
  const head = new TextEncoder().encode(headerText(field, format));
  const body = format === 'text' ? textBody(field) : binaryBody(field, format);
  const tail = new TextEncoder().encode(`# End: ${BLOCK[format]}\n# End: Segment\n`);
  const file = new Uint8Array(head.length + body.length + tail.length);
  file.set(head, 0);
  file.set(body, head.length);
  file.set(tail, head.length + body.length);
  return file;
}

function headerText(field: OvfField, format: OvfFormat): string {
  const axes = (suffix: string, values: readonly number[]): string[] =>
    ['x', 'y', 'z'].map((axis, i) => `# ${axis}${suffix}: ${formatOvfNumber(values[i]!)}`);
  return [
    '# OOMMF OVF 2.0',
    '# Segment count: 1',
    '# Begin: Segment',
    '# Begin: Header',
    `# Title: ${field.title}`,
    ...field.description.map((line) => `# Desc: ${line}`),
    `# meshunit: ${field.meshUnit}`,
    '# meshtype: rectangular',
    ...axes('base', field.base),
    ...axes('nodes', field.nodes),
    ...axes('stepsize', field.step),
    ...axes('min', field.min),
    ...axes('max', field.max),
    `# valuedim: ${field.valueDim}`,
    `# valuelabels: ${formatTclList(field.labels)}`,
    `# valueunits: ${formatTclList(field.units)}`,
    '# End: Header',
    `# Begin: ${BLOCK[format]}`,
    '',
  ].join('\n');
}

function textBody({ data, valueDim }: OvfField): Uint8Array {
  const cells: string[] = [];
  for (let i = 0; i < data.length; i += valueDim) {
    cells.push(Array.from(data.subarray(i, i + valueDim), formatOvfNumber).join(' '));
  }
  return new TextEncoder().encode(`${cells.join('\n')}\n`);
}

function binaryBody({ data }: OvfField, format: 'binary4' | 'binary8'): Uint8Array {
  const width = format === 'binary4' ? 4 : 8;
  // One more byte: OOMMF puts a line feed between the data and the line that ends them.
  const body = new Uint8Array((data.length + 1) * width + 1);
  const view = new DataView(body.buffer);
  if (format === 'binary4') {
    view.setFloat32(0, OVF_CONTROL_4, true);
    data.forEach((value, i) => {
      if (Number.isFinite(value) && !Number.isFinite(Math.fround(value))) {
        fail(`data[${i}] is ${value}; binary4 holds at most ±3.4e38`);
      }
      view.setFloat32((i + 1) * 4, value, true);
    });
  } else {
    view.setFloat64(0, OVF_CONTROL_8, true);
    data.forEach((value, i) => {
      view.setFloat64((i + 1) * 8, value, true);
    });
  }
  body[body.length - 1] = 0x0a;
  return body;
}

function check(field: OvfField): void {
  const [nx, ny, nz] = field.nodes;
  for (const n of [nx, ny, nz, field.valueDim]) {
    if (!Number.isSafeInteger(n) || n < 1) fail(`nodes and valueDim are integers of at least 1, found ${n}`);
  }
  const count = nx * ny * nz * field.valueDim;
  if (field.data.length !== count) {
    fail(
      `data holds ${field.data.length} values; ${nx} × ${ny} × ${nz} cells × ${field.valueDim} are ${count}`,
    );
  }
  for (const key of ['step', 'base', 'min', 'max'] as const) {
    for (const value of field[key])
      if (!Number.isFinite(value)) fail(`${key} holds ${value}, which is not finite`);
  }
  for (const value of field.step) if (!(value > 0)) fail(`step holds ${value}; a cell has a size above 0`);
  for (const key of ['labels', 'units'] as const) {
    const found = field[key].length;
    if (found !== field.valueDim)
      fail(`${key} holds ${found} entries; expected valueDim = ${field.valueDim}`);
  }
  const texts = [field.title, field.meshUnit, ...field.description, ...field.labels, ...field.units];
  for (const text of texts) {
    // Either would change what a reader makes of the header.
    if (/[\r\n]|##/.test(text))
      fail(`${JSON.stringify(text)} holds a line break or "##", which ends an entry`);
  }
}

function fail(message: string): never {
  throw new HaloweaveError('argument', `writeOvf: ${message}`);
}
