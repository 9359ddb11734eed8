import { spawnSync } from 'node:child_process';
import { ScratchFolder } from './paths.js';

const REQUIRED = process.env.HALOWEAVE_ENGINES === 'required';

/** A file system in memory of so many bytes, mounted on a folder that goes away with it. */
export class SmallDisk implements Disposable {
  readonly #folder = new ScratchFolder();

  constructor(bytes: number) {
    const reason = mount(this.#folder.path, bytes);
    if (reason !== null) throw new Error(reason);
  }

  get path(): string {
    return this.#folder.path;
  }

  [Symbol.dispose](): void {
    spawnSync('umount', [this.#folder.path]);
    this.#folder[Symbol.dispose]();
  }
}

/** Why no file system can be mounted here, or null. Throws where it has to be possible. */
export function smallDiskMissing(): string | null {
  using folder = new ScratchFolder();
  const reason = mount(folder.path, 2 ** 16);
  if (reason === null) spawnSync('umount', [folder.path]);
  else if (REQUIRED) throw new Error(`a small tmpfs is required here: ${reason}`);
  return reason;
}

function mount(path: string, bytes: number): string | null {
  const { status, stderr, error } = spawnSync(
    'mount',
    ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', path],
    {
      encoding: 'utf8',
    },
  );
  if (status === 0) return null;
  return `no small tmpfs can be mounted (that takes root): ${error?.message ?? stderr.trim()}`;
}
