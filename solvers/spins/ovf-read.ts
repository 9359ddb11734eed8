import { readBinary, readText } from './ovf-data.js';
import { type OvfEntry, type OvfField, type OvfHeader, OvfHeaderReader, splitEntry } from './ovf-header.js';
import { excerpt, OvfLines } from './ovf-lines.js';

/**
 * Reads a vector, scalar or tensor field from an OVF 2.0 file, as OOMMF, mumax3 and others write them.
 *
 * - `bytes`: the whole file. Data may be `Text`, `Binary 4` (float32) or `Binary 8` (float64), little-endian.
 * - `name`: what messages call the file.
 * - Result: header and values as float64 in file order (see `OvfField`); lengths are in the file's
 *   `meshunit` (nothing is converted), values in its `valueunits`. `Binary 4` values widen exactly.
 *
 * Headers may differ in case, order, blank comment lines, `##` comments and line ends. One label or unit for
 * all components is repeated. Entries the format does not know are ignored; a missing title reads as ''.
 * Cost: one pass; memory is the file plus 8 bytes a value. Deterministic.
 *
 * Throws `HaloweaveError('format')` with line or byte offset and what was expected: OVF 1.0 or byte-swapped
 * data, an irregular mesh, several segments, a missing, repeated or wrong entry, data that are too short, too
 * long or not numbers. Nothing is allocated for counts that the file cannot hold.
 * Source: OOMMF User's Guide 2.0, "The OVF 2.0 format" (and "The OVF 1.0 format", which it amends).
 */
export function readOvf(bytes: Uint8Array, name = 'OVF file'): OvfField {
  const lines = new OvfLines(bytes, name);
  readIdentification(lines);
  readSegmentCount(lines);
  expectEntry(lines, 'begin', 'segment');
  expectEntry(lines, 'begin', 'header');
  const header = readHeader(lines);
  const begin = nextEntry(lines, '"# Begin: Data …"');
  const format =
    begin.key === 'begin' ? /^data (text|binary [48])$/.exec(normal(begin.value))?.[1] : undefined;
  if (format === undefined) {
    lines.failAt(
      begin.line,
      `expected "# Begin: Data Text", "Binary 4" or "Binary 8", found ${quote(begin)}`,
    );
  }
  const data =
    format === 'text' ? readText(lines, header) : readBinary(lines, header, format === 'binary 4' ? 4 : 8);
  expectEntry(lines, 'end', `data ${format}`);
  expectEntry(lines, 'end', 'segment');
  expectNothingMore(lines);
  return { ...header, data };
}

function readIdentification(lines: OvfLines): void {
  const first = lines.next();
  if (first === null) lines.failAtEnd('"# OOMMF OVF 2.0" on the first line');
  const text = first.text.replace(/##.*$/, '').trim();
  if (/^#\s*OOMMF\s+OVF\s+2(\.0)?$/i.test(text)) return;
  if (/^#\s*OOMMF\s*:\s*(rectangular|irregular)\s+mesh/i.test(text)) {
    lines.failAt(first, 'this is an OVF 1.0 file; expected OVF 2.0 (OOMMF’s avf2ovf converts it)');
  }
  lines.failAt(first, `expected "# OOMMF OVF 2.0", found ${excerpt(text)}`);
}

function readSegmentCount(lines: OvfLines): void {
  const entry = nextEntry(lines, '"# Segment count: 1"');
  if (entry.key !== 'segmentcount')
    lines.failAt(entry.line, `expected "# Segment count: 1", found ${quote(entry)}`);
  if (!/^\+?0*1$/.test(entry.value)) {
    lines.failAt(entry.line, `segment count is ${excerpt(entry.value)}; expected 1 (one field a file)`);
  }
}

function readHeader(lines: OvfLines): OvfHeader {
  const reader = new OvfHeaderReader(lines);
  for (;;) {
    const entry = nextEntry(lines, '"# End: Header"');
    if (entry.key === 'begin') lines.failAt(entry.line, `expected "# End: Header" before ${quote(entry)}`);
    if (entry.key !== 'end') {
      reader.add(entry);
      continue;
    }
    if (normal(entry.value) !== 'header')
      lines.failAt(entry.line, `expected "# End: Header", found ${quote(entry)}`);
    return reader.finish(entry.line);
  }
}

function expectNothingMore(lines: OvfLines): void {
  for (let line = lines.next(); line !== null; line = lines.next()) {
    const text = line.text.replace(/##.*$/, '').trim();
    if (text === '' || text === '#') continue;
    if (/^#\s*begin\s*:\s*segment/i.test(text))
      lines.failAt(line, 'a second segment starts here; expected one');
    lines.failAt(line, `expected the end of the file after "# End: Segment", found ${excerpt(text)}`);
  }
}

function nextEntry(lines: OvfLines, expected: string): OvfEntry {
  for (let line = lines.next(); line !== null; line = lines.next()) {
    const entry = splitEntry(lines, line);
    if (entry !== null) return entry;
  }
  return lines.failAtEnd(expected);
}

function expectEntry(lines: OvfLines, key: string, value: string): void {
  const expected = `"# ${key === 'begin' ? 'Begin' : 'End'}: ${value}"`;
  const entry = nextEntry(lines, expected);
  if (entry.key !== key || normal(entry.value) !== value) {
    lines.failAt(entry.line, `expected ${expected}, found ${quote(entry)}`);
  }
}

function normal(value: string): string {
  return value.toLowerCase().replace(/\s+/g, ' ');
}

function quote(entry: OvfEntry): string {
  return excerpt(`${entry.key}: ${entry.value}`);
}
