import { closeSync, constants, openSync, readFileSync, writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';

/** Bytes of the note: a double, and the CRC-32 of its bytes. */
const BYTES = 12;

/**
 * Where rank 0 notes, after each frame, that the program has been given the output of all states below a number:
 * a run that is killed and resumed does not give it again. Twelve bytes, written over each other without waiting for the
 * disk: what has been written outlives the process, though not the machine. A kill between the program's `write` and the
 * note gives that one frame twice.
 */
export class Journal {
  readonly #file: number;
  readonly #bytes = Buffer.alloc(BYTES);

  constructor(path: string) {
    this.#file = openSync(path, constants.O_WRONLY | constants.O_CREAT);
  }

  note(state: number): void {
    this.#bytes.writeDoubleLE(state, 0);
    this.#bytes.writeUInt32LE(crc32(this.#bytes.subarray(0, 8)), 8);
    writeSync(this.#file, this.#bytes, 0, BYTES, 0);
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** What a journal says; 0 if there is none or it is damaged: output is then given again rather than left out. */
export function readJournal(path: string): number {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
  if (bytes.length !== BYTES || crc32(bytes.subarray(0, 8)) !== bytes.readUInt32LE(8)) return 0;
  return bytes.readDoubleLE(0);
}
