import { pathToFileURL } from 'node:url';
import { HaloweaveError } from '../base/errors.js';
import type { Communicator } from '../comm/communicator.js';
import { type Args, isKernelProgram, type KernelProgram } from '../kernels/program.js';

/** A program that is one function, run by every rank. */
export type SpmdMain = (comm: Communicator, args: Args) => unknown;

export type LoadedProgram = { kind: 'kernel'; program: KernelProgram } | { kind: 'spmd'; main: SpmdMain };

/** Imports a bundled program and tells what it is. */
export async function loadProgram(path: string, file: string): Promise<LoadedProgram> {
  const module = (await import(pathToFileURL(path).href)) as { default?: unknown };
  const exported = module.default;
  if (isKernelProgram(exported)) return { kind: 'kernel', program: exported };
  if (typeof exported === 'function') return { kind: 'spmd', main: exported as SpmdMain };
  throw new HaloweaveError(
    'usage',
    `${file} exports ${exported === undefined ? 'nothing' : `a value of type ${typeof exported}`} by default: export default partitionKernel({ … }), or a function main(comm, args)`,
  );
}
