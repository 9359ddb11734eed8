import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { command } from './engines.js';

/** A file system with room for so many bytes, which goes away with the object. */
export class SmallDisk implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'haloweave-disk-'));

  constructor(bytes: number) {
    command(['mount', '-t', 'tmpfs', '-o', `size=${bytes}`, 'haloweave-test', this.path]);
  }

  [Symbol.dispose](): void {
    command(['umount', this.path]);
    rmdirSync(this.path);
  }
}
