import { fileURLToPath } from 'node:url';

/** Path of a program under test/programs/kernel. */
export function kernelProgramFile(name: string): string {
  return fileURLToPath(new URL(`../programs/kernel/${name}.ts`, import.meta.url));
}

/** Path of an example. */
export function exampleFile(name: string): string {
  return fileURLToPath(new URL(`../../examples/${name}.ts`, import.meta.url));
}
