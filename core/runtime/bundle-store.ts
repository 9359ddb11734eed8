import { createHash } from 'node:crypto';
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { HaloweaveError } from '../base/errors.js';

/** What a bundle's imports of haloweave begin with, until it is made a module of an installation. */
export const INSTALLATION = 'haloweave-installation:';
/** Where this installation's compiled files lie. */
const HERE = new URL('../../', import.meta.url).href;
/** Modules of different installations for one bundle lie side by side. */
const HERE_NAME = createHash('sha256').update(HERE).digest('hex').slice(0, 8);

export function bundleFolder(): string {
  return join(tmpdir(), `haloweave-${userInfo().uid}`);
}

/** Keeps a bundle's text, and gives the path of the module that it makes in this installation. */
export function storeBundle(text: Uint8Array, sha256: string): string {
  const folder = bundleFolder();
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    sweepOut(folder);
    write(bundlePath(sha256), text);
    return writeModule(text, sha256);
  } catch (cause) {
    throw new HaloweaveError(
      'program',
      `cannot write the bundled program to ${folder}: ${(cause as Error).message}`,
      {},
      { cause },
    );
  }
}

/** The module of a bundle that is kept here; null if it is not, or not with that hash any more. */
export function storedModule(sha256: string): string | null {
  const path = bundlePath(sha256);
  let text: Uint8Array;
  try {
    text = readFileSync(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw cause;
  }
  if (sha256Of(text) !== sha256) return null;
  const now = new Date();
  utimesSync(path, now, now);
  return writeModule(text, sha256);
}

export function sha256Of(text: Uint8Array): string {
  return createHash('sha256').update(text).digest('hex');
}

const bundlePath = (sha256: string): string => join(bundleFolder(), `${sha256}.bundle`);

function writeModule(text: Uint8Array, sha256: string): string {
  const path = join(bundleFolder(), `${sha256.slice(0, 32)}-${HERE_NAME}.mjs`);
  write(path, Buffer.from(text).toString('utf8').replaceAll(`"${INSTALLATION}`, `"${HERE}`));
  return path;
}

let drafts = 0;

/** Two runs at the same time write the same text, and a rename is atomic. */
function write(path: string, text: string | Uint8Array): void {
  const draft = `${path}.${process.pid}.${drafts++}`;
  try {
    writeFileSync(draft, text, { mode: 0o600 });
    renameSync(draft, path);
  } catch (cause) {
    rmSync(draft, { force: true });
    throw cause;
  }
}

/** Bundles are made anew in milliseconds; those that no run can still be loading are not kept. */
const KEPT_MILLISECONDS = 24 * 3600 * 1000;

function sweepOut(folder: string): void {
  const oldest = Date.now() - KEPT_MILLISECONDS;
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    // Another run may be sweeping too.
    const info = statSync(path, { throwIfNoEntry: false });
    if (info && info.mtimeMs < oldest) rmSync(path, { force: true });
  }
}
