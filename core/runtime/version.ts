import { createRequire } from 'node:module';

/** The version of this installation, as its package.json has it. */
export function haloweaveVersion(): string {
  return (createRequire(import.meta.url)('haloweave/package.json') as { version: string }).version;
}
