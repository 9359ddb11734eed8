import { HaloweaveError } from '../base/errors.js';
import { RunError } from '../runtime/run-options.js';

export const ExitCode = { done: 0, failed: 1, usage: 2, lost: 3, interrupted: 130 } as const;

/** Prints an error for a person, and gives the exit code that belongs to it. */
export function reportError(error: unknown): number {
  if (error instanceof HaloweaveError) {
    // Wrong usage needs no stack, nor what befell the run from outside; a failing program's stack is the user's own.
    const ofARank = error instanceof RunError && error.rank >= 0;
    const stackless = error.code === 'usage' || (['lost', 'aborted'].includes(error.code) && !ofARank);
    const text = stackless ? `haloweave: ${error.message}` : (error.stack ?? error.message);
    process.stderr.write(`${text}\n`);
    if (error.code === 'usage') return ExitCode.usage;
    if (error.code === 'lost') return ExitCode.lost;
    if (error.code === 'aborted') return ExitCode.interrupted;
    return ExitCode.failed;
  }
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return ExitCode.failed;
}
