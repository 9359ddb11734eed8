import { inCheckout } from './paths.js';

/** Path of a program under test/programs/kernel. */
export function kernelProgramFile(name: string): string {
  return inCheckout(`test/programs/kernel/${name}.ts`);
}

/** Path of an example. */
export function exampleFile(name: string): string {
  return inCheckout(`examples/${name}.ts`);
}
