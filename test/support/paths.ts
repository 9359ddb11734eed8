import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** The checkout, seen from this file or from its compiled form under dist. */
const CHECKOUT = ['../../', '../../../']
  .map((up) => new URL(up, import.meta.url))
  .find((folder) => existsSync(new URL('package.json', folder)))!;

/** A path inside the source checkout. */
export function inCheckout(path: string): string {
  return fileURLToPath(new URL(path, CHECKOUT));
}

/** The compiled form of a source file, for threads that a test starts itself. */
export function compiledUrl(source: string): string {
  return pathToFileURL(inCheckout(`dist/${source.replace(/\.ts$/, '.js')}`)).href;
}

/** A program that tests run on ranks. */
export function programFile(name: string): string {
  return inCheckout(`test/programs/comm/${name}`);
}

/** A folder that goes away when the variable that holds it leaves its scope. */
export class ScratchFolder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'haloweave-test-'));

  write(name: string, text: string): string {
    const path = join(this.path, name);
    writeFileSync(path, text);
    return path;
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
