import { spawnSync } from 'node:child_process';
import { candidates } from '../../bench/peers/tools.js';

/** A python3 that has NumPy: the distribution's own first, as the peers of the benchmarks do. */
const python = candidates('python3', ['/usr/bin']).find(
  (path) => spawnSync(path, ['-c', 'import numpy'], { stdio: 'ignore' }).status === 0,
);

/** In CI every engine is there; on a user's machine a missing one skips and says why. */
const REQUIRED = process.env.HALOWEAVE_ENGINES === 'required';

/**
 * Why NumPy cannot be asked here, or null. Throws where it has to be there.
 */
export function numpyMissing(): string | null {
  if (python) return null;
  const reason = 'no python3 with NumPy (run bench/peers/install.sh)';
  if (REQUIRED) throw new Error(`NumPy is required here: ${reason}`);
  return reason;
}

/** What a Python program, which may use NumPy, prints as JSON. */
export function askNumpy(program: string, args: readonly string[]): unknown {
  const ended = spawnSync(python!, ['-c', `import json, sys\nimport numpy as np\n${program}`, ...args], {
    encoding: 'utf8',
  });
  if (ended.status !== 0) throw new Error(`python3 ended with ${ended.status}:\n${ended.stderr}`);
  return JSON.parse(ended.stdout);
}
