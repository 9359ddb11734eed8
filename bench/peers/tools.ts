// Finds, at run time, the programs that the peers need. Nothing here throws for a tool that is missing: a
// benchmark without its peer still measures, and says why the peer's figure is not there.
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Why a peer cannot be measured here. */
export interface Unavailable {
  readonly available: false;
  readonly reason: string;
}

/** A tool's absolute path. */
export interface Tool {
  readonly available: true;
  readonly path: string;
}

/** What every "not there" message ends with, so that it also says what to do. */
export const INSTALL_HINT = 'not installed (run bench/peers/install.sh)';

/** A version query or an import takes well under a second; ten allow for a cold disk. */
const PROBE_MILLISECONDS = 10_000;

export function unavailable(reason: string): Unavailable {
  return { available: false, reason };
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Every executable called `name`: those in `first`, then those on the PATH, in its order. */
export function candidates(name: string, first: readonly string[] = []): string[] {
  const folders = [...first, ...(process.env.PATH ?? '').split(delimiter)].filter((folder) => folder !== '');
  return [...new Set(folders.map((folder) => join(folder, name)))].filter(isExecutable);
}

/** Standard output of a short command, or undefined when it fails. */
function output(command: string, args: readonly string[]): string | undefined {
  const ended = spawnSync(command, args, {
    encoding: 'utf8',
    timeout: PROBE_MILLISECONDS,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return ended.status === 0 ? ended.stdout : undefined;
}

function findTool(
  name: string,
  first: readonly string[],
  fits: (path: string) => boolean,
  what: string,
): Tool | Unavailable {
  const path = candidates(name, first).find(fits);
  return path === undefined ? unavailable(`${what}: ${INSTALL_HINT}`) : { available: true, path };
}

/** Open MPI's mpirun. Another MPI's launcher knows neither `--oversubscribe` nor `--bind-to` in this form. */
export function findMpirun(): Tool | Unavailable {
  const isOpenMpi = (path: string) => output(path, ['--version'])?.includes('Open MPI') === true;
  return findTool('mpirun', [], isOpenMpi, "Open MPI's mpirun");
}

/** Open MPI's C compiler wrapper, with a compiler behind it. */
export function findMpicc(): Tool | Unavailable {
  const compiles = (path: string) =>
    output(path, ['--showme:version'])?.includes('Open MPI') === true &&
    output(path, ['--version']) !== undefined;
  return findTool('mpicc', [], compiles, "Open MPI's mpicc");
}

/**
 * A python3 that holds mpi4py and NumPy. The distribution's own is asked first: it is the one that
 * install.sh serves, and its mpi4py is built for the mpirun beside it; the first on the PATH may be another.
 */
export function findPython(): Tool | Unavailable {
  const holdsBoth = (path: string) => output(path, ['-c', 'import mpi4py, numpy']) !== undefined;
  return findTool('python3', ['/usr/bin'], holdsBoth, 'a python3 with mpi4py and NumPy');
}
