import { closeSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { HaloweaveError } from '../base/errors.js';

/** Bytes that one system call may be given: Node refuses 2 GiB. */
const MOST = 1 << 30;

const MEANINGS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder (a relative path starts at the working folder)',
  EACCES: 'permission is missing: choose another place or change its permissions',
  EPERM: 'permission is missing: choose another place or change its permissions',
  EROFS: 'the file system is read-only: choose another place',
  ENOSPC: 'the disk is full: make room or choose another place',
  EDQUOT: 'the quota is used up: make room or choose another place',
  EISDIR: 'it is a folder: name a file',
  ENOTDIR: 'a part of the path is a file, not a folder: choose another place',
  EEXIST: 'a file of that name is in the way: choose another place',
};

/** An error of the file system, with what it means and what to do. */
export function fileError(what: string, cause: unknown): HaloweaveError {
  const { code = '', message } = cause as NodeJS.ErrnoException;
  return new HaloweaveError('usage', `${what}: ${MEANINGS[code] ?? message}`, {}, { cause });
}

/**
 * Writes a file that appears whole or not at all: beside its place under a name of this process, then renamed.
 * A file of the same name is replaced; nothing is left behind when writing fails. Synchronous.
 * @throws HaloweaveError 'usage' that says what keeps the file from being written.
 */
export function replaceFile(path: string, fill: (write: (bytes: Uint8Array) => void) => void): void {
  const beside = `${path}.${process.pid}.part`;
  let fd: number;
  try {
    fd = openSync(beside, 'w');
  } catch (cause) {
    throw fileError(`${path} cannot be written`, cause);
  }
  try {
    try {
      fill((bytes) => {
        for (let done = 0; done < bytes.length; )
          done += writeSync(fd, bytes, done, Math.min(MOST, bytes.length - done));
      });
    } finally {
      closeSync(fd);
    }
    renameSync(beside, path);
  } catch (cause) {
    rmSync(beside, { force: true });
    throw cause instanceof HaloweaveError ? cause : fileError(`${path} cannot be written`, cause);
  }
}
