import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { readKeyFile, writeKeyFile } from '../../../../core/transport/zeromq/key-file.js';
import { formatKeys, newKeyPair } from '../../../../core/transport/zeromq/keys.js';
import { ScratchFolder } from '../../../support/paths.js';

const folder = new ScratchFolder();
afterAll(() => folder[Symbol.dispose]());

const pair = newKeyPair();
const keys = { ...pair, allowed: new Map([[pair.publicKey, 'me']]) };
let numbered = 0;
/** A new key file. */
function keyFile(mode = 0o600, text = formatKeys(keys)): string {
  const path = folder.write(`${++numbered}.keys`, text);
  chmodSync(path, mode);
  return path;
}

const modeOf = (path: string): number => statSync(path).mode & 0o7777;
const root = process.geteuid?.() === 0;

describe('reading', () => {
  it('its owner with mode 0600', () => {
    expect(readKeyFile(keyFile())).toEqual(keys);
  });

  it.each([0o644, 0o640, 0o660, 0o604, 0o601, 0o700, 0o400, 0o4600, 0o000])('refuses mode %o', (mode) => {
    const path = keyFile(mode);
    // Who is not root cannot even open it.
    const unreadable = mode === 0 && !root;
    expect(() => readKeyFile(path)).toThrow(
      unreadable
        ? 'cannot be read'
        : `its mode is 0${mode.toString(8)} and has to be 0600: chmod 600 ${path}`,
    );
    if ((mode & 0o077) !== 0)
      expect(() => readKeyFile(path)).toThrow('make new keys if others may have read it');
  });

  it.runIf(root)('refuses a file of another user, whatever its mode; the group does not matter', () => {
    const path = keyFile();
    chownSync(path, 0, 12345);
    expect(readKeyFile(path)).toEqual(keys);
    chownSync(path, 12345, 0);
    expect(() => readKeyFile(path)).toThrow('it belongs to user 12345, and this is user 0');
  });

  it('refuses what is no regular file: symbolic links, folders, pipes', () => {
    const link = `${folder.path}/link.keys`;
    symlinkSync(keyFile(), link);
    expect(() => readKeyFile(link)).toThrow('it is a symbolic link: name the file itself');
    const dangling = `${folder.path}/dangling.keys`;
    symlinkSync(`${folder.path}/nothing`, dangling);
    expect(() => readKeyFile(dangling)).toThrow('it is a symbolic link');
    expect(() => readKeyFile(folder.path)).toThrow('it is no regular file');
    const pipe = `${folder.path}/pipe.keys`;
    execFileSync('mkfifo', ['-m', '600', pipe]);
    expect(() => readKeyFile(pipe)).toThrow('it is no regular file');
  });

  it('refuses what is not there, empty, cut, garbage, or too long', () => {
    expect(() => readKeyFile(`${folder.path}/none.keys`)).toThrow(
      'there is none; haloweave keygen makes one',
    );
    expect(() => readKeyFile(keyFile(0o600, ''))).toThrow('it is empty');
    const text = formatKeys(keys);
    for (let n = 0; n < text.indexOf(keys.secretKey) + 40; n++)
      expect(() => readKeyFile(keyFile(0o600, text.slice(0, n)))).toThrow(/^key file /);
    const path = keyFile();
    writeFileSync(path, Buffer.from([0xff, 0xfe, 0, 1, 2, 3]));
    expect(() => readKeyFile(path)).toThrow(`key file ${path}, line 1: it is none of`);
    expect(() => readKeyFile(keyFile(0o600, '#'.repeat(2 ** 17 + 1)))).toThrow('too many for a key file');
  });
});

describe('writing', () => {
  it('makes a file of mode 0600, whatever the mask', () => {
    const before = process.umask(0o277);
    try {
      const path = `${folder.path}/masked.keys`;
      writeKeyFile(path, keys, false);
      expect(modeOf(path)).toBe(0o600);
      expect(readKeyFile(path)).toEqual(keys);
    } finally {
      process.umask(before);
    }
  });

  it('overwrites nothing, not through a link either, unless told; then the new file takes its place', () => {
    const path = keyFile(0o644);
    const text = readFileSync(path, 'utf8');
    const fresh = { ...newKeyPair(), allowed: new Map() };
    expect(() => writeKeyFile(path, fresh, false)).toThrow(`${path} is there already: --force`);
    expect(readFileSync(path, 'utf8')).toBe(text);
    const link = `${folder.path}/to.keys`;
    symlinkSync(path, link);
    expect(() => writeKeyFile(link, fresh, false)).toThrow('is there already');
    writeKeyFile(link, fresh, true);
    expect(readKeyFile(link)).toEqual(fresh);
    expect(readFileSync(path, 'utf8')).toBe(text);
    writeKeyFile(path, fresh, true);
    expect(readKeyFile(path)).toEqual(fresh);
  });

  it('leaves nothing behind where it fails', () => {
    const full = `${folder.path}/folder`;
    mkdirSync(full);
    writeFileSync(`${full}/x`, '');
    const before = readdirSync(folder.path);
    expect(() => writeKeyFile(`${folder.path}/nowhere/k`, keys, false)).toThrow('it cannot be written');
    // A folder cannot be replaced by a file.
    expect(() => writeKeyFile(full, keys, true)).toThrow('it cannot be written');
    expect(readdirSync(folder.path)).toEqual(before);
  });
});
