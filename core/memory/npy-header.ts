import { HaloweaveError } from '../base/errors.js';
import { DTYPES, type DTypeInfo } from './dtype.js';

/**
 * The header of NumPy's `.npy` format, versions 1.0, 2.0 and 3.0 (NEP 1; numpy.lib.format): 6 magic bytes, two of
 * version, the length of the rest (two bytes in version 1, four later, little endian), and a Python dictionary
 * literal with exactly the keys `descr`, `fortran_order` and `shape`. The elements follow.
 */
export interface NpyHeader {
  readonly dtype: DTypeInfo;
  readonly shape: number[];
  /** True if the first index varies fastest. */
  readonly fortran: boolean;
  /** Byte order of the elements; what it says for elements of one byte does not matter. */
  readonly bigEndian: boolean;
  /** Byte in the file at which the elements begin. */
  readonly dataAt: number;
}

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
/** Magic, version, and the longer of the two length fields. */
export const PREFIX_BYTES = 12;
/** NumPy's writer aligns the elements to 64 bytes, so that they can be mapped into memory; the format asks for 16. */
const ALIGN = 64;

const CODES: Readonly<Record<string, string>> = {
  f8: 'f64',
  f4: 'f32',
  i1: 'i8',
  i2: 'i16',
  i4: 'i32',
  i8: 'i64',
  u1: 'u8',
  u2: 'u16',
  u4: 'u32',
  u8: 'u64',
  b1: 'u8',
};

/** An error about a file: what was expected at which byte of it, and what is there. */
export function npyError(file: string, at: number, expected: string, found: string): HaloweaveError {
  return new HaloweaveError('format', `${file}, byte ${at}: expected ${expected}, found ${found}`);
}

/** Bytes that magic, version, length and dictionary take together; from the first `PREFIX_BYTES` of a file. */
export function headerBytes(prefix: Uint8Array, file: string): number {
  for (const [k, byte] of MAGIC.entries())
    if (prefix[k] !== byte)
      throw npyError(
        file,
        k,
        "the magic bytes 93 'NUMPY' of an .npy file",
        prefix[k] === undefined ? 'the end of the file' : `byte ${hex(prefix[k])}`,
      );
  const [major, minor] = [prefix[6], prefix[7]];
  if (major === undefined || minor === undefined || minor !== 0 || major < 1 || major > 3)
    throw npyError(
      file,
      6,
      'version 1.0, 2.0 or 3.0',
      minor === undefined ? 'the end of the file' : `version ${major}.${minor}`,
    );
  const field = major === 1 ? 2 : 4;
  if (prefix.length < 8 + field)
    throw npyError(file, 8, `the header's length in ${field} bytes`, 'the end of the file');
  const view = new DataView(prefix.buffer, prefix.byteOffset, prefix.length);
  return 8 + field + (major === 1 ? view.getUint16(8, true) : view.getUint32(8, true));
}

/** Reads a header; `bytes` is the file up to its elements. */
export function parseHeader(bytes: Uint8Array, file: string): NpyHeader {
  const start = bytes[6] === 1 ? 10 : PREFIX_BYTES;
  // Version 3.0 allows UTF-8 in the names of structured dtypes; the earlier ones are Latin-1.
  const text = new TextDecoder(bytes[6] === 3 ? 'utf-8' : 'latin1').decode(bytes.subarray(start));
  const reader = new Literal(text, file, start);
  const { value, at } = reader.whole();
  if (!(value instanceof Map))
    throw npyError(file, at, "a dictionary with 'descr', 'fortran_order' and 'shape'", text.trim());
  for (const key of ['descr', 'fortran_order', 'shape'])
    if (!value.has(key)) throw npyError(file, at, `the key '${key}' in the header`, keys(value));
  if (value.size > 3)
    throw npyError(file, at, "only the keys 'descr', 'fortran_order' and 'shape'", keys(value));
  const fortran = value.get('fortran_order');
  if (typeof fortran !== 'boolean')
    throw npyError(file, at, "True or False for 'fortran_order'", String(fortran));
  const shape = value.get('shape');
  if (!Array.isArray(shape) || !shape.every((n) => Number.isSafeInteger(n) && (n as number) >= 0))
    throw npyError(file, at, "a tuple of whole numbers for 'shape'", JSON.stringify(shape));
  const type = elementType(value.get('descr'), file, at);
  return { ...type, shape: shape as number[], fortran, dataAt: bytes.length };
}

function keys(map: Map<unknown, unknown>): string {
  return [...map.keys()].map((k) => `'${String(k)}'`).join(', ') || 'none';
}

function elementType(descr: unknown, file: string, at: number): { dtype: DTypeInfo; bigEndian: boolean } {
  const known = Object.keys(CODES).join(', ');
  if (typeof descr !== 'string')
    throw npyError(file, at, `a simple dtype (${known})`, 'a structured one: save one field at a time');
  const [, order, code = ''] = /^([<>|=]?)(.*)$/.exec(descr)!;
  const dtype = DTYPES.find((d) => d.name === CODES[code]);
  if (!dtype || (order === '|' && dtype.bytes > 1))
    throw npyError(
      file,
      at,
      `a dtype of ${known}, with < or > before it`,
      `'${descr}': convert it with astype`,
    );
  return { dtype, bigEndian: order === '>' };
}

/** The bytes of a version 1.0 header in C order, padded so that the elements lie on a multiple of 64. */
export function makeHeader(dtype: DTypeInfo, shape: readonly number[], bigEndian: boolean): Uint8Array {
  const code = Object.entries(CODES).find(([, name]) => name === dtype.name)![0];
  const order = dtype.bytes === 1 ? '|' : bigEndian ? '>' : '<';
  // A tuple of one has a comma in Python.
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const text = `{'descr': '${order}${code}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const total = Math.ceil((10 + text.length + 1) / ALIGN) * ALIGN;
  if (total - 10 > 0xffff)
    throw new HaloweaveError('argument', `an array of ${shape.length} axes does not fit in an .npy header`);
  const bytes = new Uint8Array(total).fill(0x20);
  bytes.set(MAGIC);
  bytes.set([1, 0, (total - 10) & 0xff, (total - 10) >> 8], 6);
  bytes.set(new TextEncoder().encode(text), 10);
  bytes[total - 1] = 0x0a;
  return bytes;
}

type Value = string | number | boolean | null | Value[] | Map<Value, Value>;

/** The few forms of Python literals that NumPy writes: dictionaries, tuples, lists, strings, numbers, True, False, None. */
class Literal {
  readonly #text: string;
  readonly #file: string;
  /** Byte in the file of the text's first character (headers of simple dtypes are ASCII). */
  readonly #base: number;
  #k = 0;

  constructor(text: string, file: string, base: number) {
    this.#text = text;
    this.#file = file;
    this.#base = base;
  }

  whole(): { value: Value; at: number } {
    this.#space();
    const at = this.#base + this.#k;
    const value = this.#value();
    this.#space();
    if (this.#k < this.#text.length) this.#fail('the end of the header');
    return { value, at };
  }

  #value(): Value {
    this.#space();
    const c = this.#text[this.#k];
    if (c === '{') return new Map(this.#list('}', () => this.#pair()) as [Value, Value][]);
    if (c === '(') return this.#list(')', () => this.#value());
    if (c === '[') return this.#list(']', () => this.#value());
    if (c === "'" || c === '"') return this.#string(c);
    // Python 2 wrote an L after numbers that it held as long.
    const number = this.#match(/-?\d+L?/y);
    if (number !== null) return Number(number.replace('L', ''));
    const word = this.#match(/True|False|None/y);
    if (word !== null) return word === 'None' ? null : word === 'True';
    return this.#fail('a Python literal');
  }

  #pair(): [Value, Value] {
    const key = this.#value();
    this.#take(':');
    return [key, this.#value()];
  }

  #list<T>(end: string, item: () => T): T[] {
    this.#k++;
    const list: T[] = [];
    for (;;) {
      this.#space();
      if (this.#text[this.#k] === end) break;
      list.push(item());
      this.#space();
      if (this.#text[this.#k] !== end) this.#take(',');
    }
    this.#k++;
    return list;
  }

  #string(quote: string): string {
    const end = this.#text.indexOf(quote, this.#k + 1);
    if (end < 0) this.#fail(`a closing ${quote}`);
    const text = this.#text.slice(this.#k + 1, end);
    this.#k = end + 1;
    return text;
  }

  #take(c: string): void {
    this.#space();
    if (this.#text[this.#k] !== c) this.#fail(`'${c}'`);
    this.#k++;
  }

  #match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#k;
    const found = pattern.exec(this.#text);
    if (!found) return null;
    this.#k += found[0].length;
    return found[0];
  }

  #space(): void {
    while (/\s/.test(this.#text[this.#k] ?? '')) this.#k++;
  }

  #fail(expected: string): never {
    const rest = this.#text.slice(this.#k, this.#k + 20);
    throw npyError(
      this.#file,
      this.#base + this.#k,
      expected,
      rest === '' ? 'the end of the header' : JSON.stringify(rest),
    );
  }
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}
