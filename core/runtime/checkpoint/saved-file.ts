import { type FileHandle, open } from 'node:fs/promises';
import { basename } from 'node:path';
import { HaloweaveError } from '../../base/errors.js';
import type { SavedState } from '../../kernels/program.js';
import { pieceName, readPiece } from './file.js';
import { type Entry, HEADER_BYTES, readHead, readHeader } from './format.js';
import type { SavedPlan } from './plan.js';
import { WHOLE } from './rank-checkpoints.js';

/** A checkpoint on disk as a rank goes on from it: it reads the pieces of its own parts, and checks each again. */
export class SavedFile implements SavedState {
  readonly cycles: number;
  readonly delivered: number;
  readonly #path: string;
  /** Opened once, by whoever is first: several hosts may ask for pieces at the same time. */
  #opened: Promise<{ file: FileHandle; entries: Map<number, Entry> }> | null = null;

  constructor(plan: SavedPlan & { path: string }) {
    this.#path = plan.path;
    this.cycles = plan.cycles;
    this.delivered = plan.delivered;
  }

  part(number: number): Promise<Uint8Array> {
    return this.#piece(number);
  }

  whole(): Promise<Uint8Array> {
    return this.#piece(WHOLE);
  }

  async close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = null;
    // A file that could not be opened has been told to whoever asked for a piece.
    const there = await opened?.catch(() => null);
    await there?.file.close();
  }

  async #piece(number: number): Promise<Uint8Array> {
    this.#opened ??= this.#open();
    const { file, entries } = await this.#opened;
    const entry = entries.get(number);
    if (!entry)
      throw new HaloweaveError(
        'format',
        `${basename(this.#path)} lacks ${pieceName(number)}: its parts are others`,
      );
    return readPiece(file, entry);
  }

  async #open(): Promise<{ file: FileHandle; entries: Map<number, Entry> }> {
    const file = await open(this.#path, 'r');
    try {
      return { file, entries: await this.#table(file) };
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async #table(file: FileHandle): Promise<Map<number, Entry>> {
    const { size } = await file.stat();
    const header = Buffer.alloc(HEADER_BYTES);
    await file.read(header, 0, HEADER_BYTES, 0);
    const head = Buffer.alloc(readHeader(header, size).head);
    await file.read(head, 0, head.length, 0);
    return new Map(readHead(head, size).entries.map((e) => [e.number, e]));
  }
}
