import type { ProgramBundle } from '../bundle.js';
import { partsOf } from '../plan.js';
import type { RunOptions } from '../run-options.js';
import { nameOf } from '../summarise.js';
import { haloweaveVersion } from '../version.js';
import type { RunIdentity } from './resume.js';

/** What a checkpoint says of the run that it is of, from what `run` was asked for. */
export function identityOf(file: string, bundle: ProgramBundle, options: RunOptions): RunIdentity {
  return {
    program: nameOf(file),
    bundle,
    haloweave: haloweaveVersion(),
    parts: partsOf(options.parts),
    args: options.args,
    cycles: options.cycles ?? null,
  };
}
