import { HaloweaveError } from 'haloweave';

/** One line of a file that mixes lines with binary blocks: where it starts, its number, its text. */
export interface OvfLine {
  /** 1-based. */
  number: number;
  /** Byte offset of the first character. */
  offset: number;
  /** Without the line end, and without blanks at either end. */
  text: string;
}

/**
 * Walks through the bytes of a file line by line, and steps over binary blocks. Line ends are LF or
 * CR LF. Text is UTF-8; a line that is not valid UTF-8 is read as Latin-1, because older programs write
 * units such as µm that way.
 */
export class OvfLines {
  readonly bytes: Uint8Array;
  readonly name: string;
  /** Where the next line starts. */
  offset = 0;
  /** The number that the next line has. */
  line = 1;
  readonly #utf8 = new TextDecoder('utf-8', { fatal: true });
  readonly #latin1 = new TextDecoder('latin1');

  constructor(bytes: Uint8Array, name: string) {
    this.bytes = bytes;
    this.name = name;
  }

  /** The next line, or `null` at the end of the file. */
  next(): OvfLine | null {
    const start = this.offset;
    if (start >= this.bytes.length) return null;
    const found = this.bytes.indexOf(0x0a, start);
    const end = found < 0 ? this.bytes.length : found;
    const taken = { number: this.line, offset: start, text: this.#decode(start, end).trim() };
    this.offset = found < 0 ? end : end + 1;
    this.line++;
    return taken;
  }

  /** Steps over a binary block of `length` bytes; it counts as part of one line. */
  skip(length: number): void {
    this.offset += length;
  }

  /** Throws a `format` error at a line. */
  failAt(line: OvfLine, message: string): never {
    throw new HaloweaveError('format', `${this.name}, line ${line.number} (byte ${line.offset}): ${message}`);
  }

  /** Throws a `format` error at a byte of a binary block. */
  failAtByte(offset: number, message: string): never {
    throw new HaloweaveError('format', `${this.name}, byte ${offset}: ${message}`);
  }

  /** Throws a `format` error for a file that ends too early. */
  failAtEnd(expected: string): never {
    const size = this.bytes.length;
    throw new HaloweaveError(
      'format',
      `${this.name}: the file ends after ${size} bytes (line ${this.line}); expected ${expected}`,
    );
  }

  #decode(start: number, end: number): string {
    const slice = this.bytes.subarray(start, end);
    try {
      return this.#utf8.decode(slice);
    } catch {
      return this.#latin1.decode(slice);
    }
  }
}

/** A stretch of someone else's file as it may appear in a message: one line, short, quoted. */
export function excerpt(text: string): string {
  // 40 characters are enough to find the place and keep the message on a line.
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 39)}…` : text);
}
