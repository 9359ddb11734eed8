import { excerpt, type OvfLine, type OvfLines } from './ovf-lines.js';
import { parseOvfNumber } from './ovf-number.js';
import { parseTclList } from './tcl-list.js';

/** What an OVF 2.0 segment header says about a field on a rectangular mesh. */
export interface OvfHeader {
  /** Cells along x, y and z. */
  nodes: [number, number, number];
  /** Cell size along x, y and z, in `meshUnit`. */
  step: [number, number, number];
  /** Centre of the first cell, in `meshUnit`. */
  base: [number, number, number];
  /** Lower corner of the mesh, in `meshUnit`. */
  min: [number, number, number];
  /** Upper corner of the mesh, in `meshUnit`. */
  max: [number, number, number];
  /** Values a cell: 3 for a vector field, 1 for a scalar one. */
  valueDim: number;
  /** One name a component. */
  labels: string[];
  /** One unit a component. */
  units: string[];
  /** For people; '' if the file has none. */
  title: string;
  /** The `Desc` entries, in file order. */
  description: string[];
  /** Unit of every length above, almost always `m`. */
  meshUnit: string;
}

/** An OVF 2.0 field: its header and its values. */
export interface OvfField extends OvfHeader {
  /**
   * `nodes[0] · nodes[1] · nodes[2] · valueDim` values in file order: component fastest, then x, then y,
   * z slowest. Value d of cell (x, y, z) is at `((z · ny + y) · nx + x) · valueDim + d`.
   */
  data: Float64Array;
}

/** One `# key: value` entry; `key` is lower case without blanks, as the format compares keys. */
export interface OvfEntry {
  key: string;
  value: string;
  line: OvfLine;
}

const AXES = ['x', 'y', 'z'] as const;
/** Entries of OVF 1.0 that scale or rename values: ignoring one would give wrong numbers. */
const REMOVED = new Set(['valuemultiplier', 'valueunit']);

/**
 * Splits a `#` line into key and value; `null` for a blank comment line. Case and blanks in the key do
 * not count, `##` starts a comment, as the format says.
 */
export function splitEntry(lines: OvfLines, line: OvfLine): OvfEntry | null {
  const bare = line.text.replace(/##.*$/, '').trim();
  if (bare === '' || bare === '#') return null;
  if (!bare.startsWith('#')) {
    return lines.failAt(line, `expected an entry "# key: value", found ${excerpt(bare)}`);
  }
  const colon = bare.indexOf(':');
  if (colon < 0) return lines.failAt(line, `expected an entry "# key: value", found ${excerpt(bare)}`);
  const key = bare.slice(1, colon).replace(/\s+/g, '').toLowerCase();
  return { key, value: bare.slice(colon + 1).trim(), line };
}

/** Collects the entries between `Begin: Header` and `End: Header` and checks every one of them. */
export class OvfHeaderReader {
  readonly #lines: OvfLines;
  readonly #entries = new Map<string, OvfEntry>();
  readonly #description: string[] = [];

  constructor(lines: OvfLines) {
    this.#lines = lines;
  }

  add(entry: OvfEntry): void {
    if (entry.key === 'desc') {
      this.#description.push(entry.value);
      return;
    }
    if (REMOVED.has(entry.key)) {
      this.#lines.failAt(entry.line, `"${entry.key}" is an OVF 1.0 entry; expected only OVF 2.0 entries`);
    }
    const earlier = this.#entries.get(entry.key);
    if (earlier !== undefined) {
      this.#lines.failAt(entry.line, `"${entry.key}" was already given on line ${earlier.line.number}`);
    }
    this.#entries.set(entry.key, entry);
  }

  /** The checked header; `end` is the line that ended it, to which missing entries are attributed. */
  finish(end: OvfLine): OvfHeader {
    const meshtype = this.#required('meshtype', end);
    if (meshtype.value.toLowerCase() !== 'rectangular') {
      this.#lines.failAt(
        meshtype.line,
        `meshtype is ${excerpt(meshtype.value)}; expected rectangular (irregular meshes have no grid to read into)`,
      );
    }
    const valueDim = this.#count('valuedim', end);
    return {
      nodes: this.#triple('nodes', (key) => this.#count(key, end)),
      step: this.#triple('stepsize', (key) => this.#positive(key, end)),
      base: this.#triple('base', (key) => this.#number(key, end)),
      min: this.#triple('min', (key) => this.#number(key, end)),
      max: this.#triple('max', (key) => this.#number(key, end)),
      valueDim,
      labels: this.#list('valuelabels', valueDim, end),
      units: this.#list('valueunits', valueDim, end),
      // The title is for people; a file without one is still read.
      title: this.#entries.get('title')?.value ?? '',
      description: this.#description,
      meshUnit: this.#required('meshunit', end).value,
    };
  }

  #required(key: string, end: OvfLine): OvfEntry {
    return (
      this.#entries.get(key) ??
      this.#lines.failAt(end, `the header ends here without the required entry "${key}"`)
    );
  }

  #triple(name: string, read: (key: string) => number): [number, number, number] {
    const [x, y, z] = AXES.map((axis) => read(`${axis}${name}`));
    return [x!, y!, z!];
  }

  #count(key: string, end: OvfLine): number {
    const { value, line } = this.#required(key, end);
    const n = Number(value);
    if (!/^\+?\d+$/.test(value) || n < 1 || !Number.isSafeInteger(n)) {
      this.#lines.failAt(line, `${key} is ${excerpt(value)}; expected an integer of at least 1`);
    }
    return n;
  }

  #number(key: string, end: OvfLine): number {
    const { value, line } = this.#required(key, end);
    const n = parseOvfNumber(value);
    if (n === null || !Number.isFinite(n)) {
      this.#lines.failAt(line, `${key} is ${excerpt(value)}; expected a finite number`);
    }
    return n;
  }

  #positive(key: string, end: OvfLine): number {
    const n = this.#number(key, end);
    if (!(n > 0)) this.#lines.failAt(this.#required(key, end).line, `${key} is ${n}; expected more than 0`);
    return n;
  }

  #list(key: string, valueDim: number, end: OvfLine): string[] {
    const { value, line } = this.#required(key, end);
    const list = parseTclList(value);
    if (list === null) this.#lines.failAt(line, `${key} is ${excerpt(value)}; expected a Tcl list`);
    // The format allows one unit for all components; programs do the same with labels.
    if (list.length === 1 && valueDim > 1) return new Array<string>(valueDim).fill(list[0]!);
    if (list.length !== valueDim) {
      const expected = `expected valuedim = ${valueDim}${valueDim > 1 ? ' of them, or one for all' : ''}`;
      this.#lines.failAt(line, `${key} lists ${list.length} names; ${expected}`);
    }
    return list;
  }
}
