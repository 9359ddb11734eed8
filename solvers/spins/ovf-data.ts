import type { OvfHeader } from './ovf-header.js';
import { excerpt, type OvfLines } from './ovf-lines.js';
import { parseOvfNumber } from './ovf-number.js';

/** Control value in front of `Binary 4` data: tells a reader about a wrong byte order or a damaged file. */
export const OVF_CONTROL_4 = 1234567.0;
/** The same for `Binary 8`. */
export const OVF_CONTROL_8 = 123456789012345.0;

/** Reads a binary data block, which starts at `lines.offset`, and steps over it. */
export function readBinary(lines: OvfLines, header: OvfHeader, width: 4 | 8): Float64Array {
  const count = countOf(lines, header);
  const start = lines.offset;
  const view = new DataView(lines.bytes.buffer, lines.bytes.byteOffset, lines.bytes.byteLength);
  const needed = (count + 1) * width;
  if (view.byteLength - start < needed) {
    lines.failAtByte(
      start,
      `expected ${needed} bytes of data (a control value and ${shape(header)} values of ${width} bytes), ` +
        `but the file ends after ${view.byteLength - start}`,
    );
  }
  const at = width === 4 ? view.getFloat32.bind(view) : view.getFloat64.bind(view);
  const control = width === 4 ? OVF_CONTROL_4 : OVF_CONTROL_8;
  if (at(start, true) !== control) {
    const found =
      at(start, false) === control
        ? 'the data are byte-swapped (big-endian, as in OVF 1.0)'
        : `the control value is ${at(start, true)}`;
    lines.failAtByte(start, `${found}; expected ${control} as ${width}-byte little-endian float`);
  }
  const data = new Float64Array(count);
  for (let i = 0, p = start + width; i < count; i++, p += width) data[i] = at(p, true);
  lines.skip(needed);
  return data;
}

/** Reads a text data block and stops in front of its `# End: Data` line. */
export function readText(lines: OvfLines, header: OvfHeader): Float64Array {
  const count = countOf(lines, header);
  const left = lines.bytes.length - lines.offset;
  // A value takes a digit and a blank at least: a count beyond that is wrong before any memory is asked for.
  if (count * 2 > left + 1) {
    lines.failAtByte(lines.offset, `expected ${shape(header)} values of text, but only ${left} bytes follow`);
  }
  const data = new Float64Array(count);
  let filled = 0;
  for (;;) {
    const before = { offset: lines.offset, number: lines.line };
    const line = lines.next();
    if (line === null)
      return lines.failAtEnd(`${shape(header)} values and "# End: Data Text", found ${filled}`);
    const hash = line.text.indexOf('#');
    const text = hash < 0 ? line.text : line.text.slice(0, hash);
    for (const word of text.split(/\s+/)) {
      if (word === '') continue;
      const value = parseOvfNumber(word);
      if (value === null) lines.failAt(line, `expected a number, found ${excerpt(word)}`);
      if (filled === count)
        lines.failAt(line, `found more values than the ${shape(header)} that the header announces`);
      data[filled++] = value;
    }
    const comment = hash < 0 ? '' : line.text.slice(hash);
    if (!/^#\s*end\s*:/i.test(comment)) {
      if (/^#+\s*$/.test(comment) || comment === '' || comment.startsWith('##')) continue;
      lines.failAt(line, `expected numbers, a "##" comment or "# End: Data Text", found ${excerpt(comment)}`);
    }
    if (filled !== count) {
      lines.failAt(line, `the data end after ${filled} values; expected ${shape(header)}`);
    }
    // The caller reads this line again, as the end of the block.
    lines.offset = before.offset + (hash > 0 ? lines.bytes.subarray(before.offset).indexOf(0x23) : 0);
    lines.line = before.number;
    return data;
  }
}

/** How many values the header announces; refused where a double cannot count them exactly. */
function countOf(lines: OvfLines, header: OvfHeader): number {
  const [nx, ny, nz] = header.nodes;
  const count = nx * ny * nz * header.valueDim;
  if (!Number.isSafeInteger(count))
    lines.failAtByte(lines.offset, `the header announces ${shape(header)} values`);
  return count;
}

function shape(header: OvfHeader): string {
  const [nx, ny, nz] = header.nodes;
  return `${nx * ny * nz * header.valueDim} (${nx} × ${ny} × ${nz} cells × ${header.valueDim})`;
}
