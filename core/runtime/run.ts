import type { RunOptions, RunResult } from './run-options.js';

/**
 * Runs a program file on local ranks and gives its summary. Rejects with a `RunError` that carries the
 * failing rank's stack. The calling thread only watches: its event loop stays free.
 */
export async function run(file: string, options: RunOptions = {}): Promise<RunResult> {
  // Every rank imports the public entry for its program's sake and runs nothing: a third of its start would be what is loaded here.
  const { runHere } = await import('./run-here.js');
  return runHere(file, options);
}
