import { randomUUID } from 'node:crypto';
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { HaloweaveError } from '../../base/errors.js';
import { formatKeys, type Keys, parseKeys } from './keys.js';

/** Read and written by its owner only. */
const MODE = 0o600;
/** Room for some thousand keys that are allowed. A larger file is no key file. */
const MAX_BYTES = 2 ** 17;

/**
 * The keys in a file. Refused are files that are not the current user's, have another mode than 0600, are no regular files
 * (symbolic links included: their target may be changed by others), or have malformed lines, with line number.
 *
 * Mode and owner are those of the opened file, so nothing can be put in its place between the look and the reading. On
 * a system without owners and modes (Windows) they are not looked at.
 */
export function readKeyFile(path: string): Keys {
  const refuse = (why: string, cause?: unknown): never => {
    throw new HaloweaveError('usage', `key file ${path}: ${why}`, {}, { cause });
  };
  const fd = open(path, refuse);
  try {
    const stat = fstatSync(fd);
    const user = process.geteuid?.();
    if (!stat.isFile()) refuse('it is no regular file');
    if (user !== undefined && stat.uid !== user)
      refuse(`it belongs to user ${stat.uid}, and this is user ${user}: make a copy of your own, mode 0600`);
    const mode = stat.mode & 0o7777;
    if (user !== undefined && mode !== MODE)
      refuse(
        `its mode is 0${mode.toString(8)} and has to be 0600: chmod 600 ${path}` +
          ((mode & 0o077) === 0 ? '' : ', and make new keys if others may have read it'),
      );
    if (stat.size > MAX_BYTES) refuse(`${stat.size} bytes are too many for a key file`);
    return parseKeys(readAll(fd, stat.size), path);
  } finally {
    closeSync(fd);
  }
}

function open(path: string, refuse: (why: string, cause: unknown) => never): number {
  try {
    // A named pipe would otherwise hold this thread up until somebody writes to it.
    return openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return refuse('there is none; haloweave keygen makes one', error);
    if (code === 'ELOOP') return refuse('it is a symbolic link: name the file itself', error);
    return refuse(`it cannot be read: ${message}`, error);
  }
}

function readAll(fd: number, size: number): string {
  const bytes = Buffer.alloc(size);
  let at = 0;
  while (at < size) {
    const n = readSync(fd, bytes, at, size - at, at);
    if (n === 0) break;
    at += n;
  }
  return bytes.toString('utf8', 0, at);
}

/**
 * Makes a key file of mode 0600. Refuses to overwrite one unless `force`: then a new file is written beside it and takes
 * its place, so that there is always one whole file.
 */
export function writeKeyFile(path: string, keys: Keys, force: boolean): void {
  const made = force ? `${path}.${randomUUID()}` : path;
  let fd: number;
  try {
    fd = openSync(made, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, MODE);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new HaloweaveError(
      'usage',
      code === 'EEXIST'
        ? `${path} is there already: --force puts new keys in its place, and whoever has the old ones is locked out`
        : `key file ${path}: it cannot be written: ${message}`,
      {},
      { cause: error },
    );
  }
  try {
    // The process's mask may have taken bits away.
    fchmodSync(fd, MODE);
    writeFileSync(fd, formatKeys(keys));
    fsyncSync(fd);
    if (force) renameSync(made, path);
  } catch (error) {
    rmSync(made, { force: true });
    throw new HaloweaveError(
      'usage',
      `key file ${path}: it cannot be written: ${(error as Error).message}`,
      {},
      { cause: error },
    );
  } finally {
    closeSync(fd);
  }
}
