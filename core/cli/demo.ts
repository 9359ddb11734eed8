import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { HaloweaveError } from '../base/errors.js';
import type { RunResult } from '../runtime/run-options.js';
import { programArguments } from './arguments.js';
import { type RunFlags, runCommand, runFlags } from './run.js';
import { jsonSummary } from './summary.js';

/** The examples that can be run by name lie beside the compiled command line, with their sources above. */
export const FOLDER = fileURLToPath(new URL('../../../examples/', import.meta.url));

/** `haloweave demo NAME`. */
export function addDemoCommand(program: Command): void {
  runFlags(
    program
      .command('demo')
      .description(`Run an example by name: ${names().join(', ')}.`)
      .argument('<name>', 'the example')
      .argument('[args...]', "after --: the example's own arguments, --key value"),
  ).action(async (name: string, words: string[], flags: RunFlags) => {
    const file = join(FOLDER, `${name}.ts`);
    if (!existsSync(file))
      throw new HaloweaveError('usage', `there is no example '${name}': use one of ${names().join(', ')}`);
    // Its summary is kept, and it should say what state this is.
    process.exitCode = await runCommand(file, programArguments(words), { ...flags, hash: true }, keepSummary);
  });
}

function names(): string[] {
  if (!existsSync(FOLDER)) return [];
  return readdirSync(FOLDER)
    .filter((f) => extname(f) === '.ts')
    .map((f) => basename(f, '.ts'))
    .sort();
}

/** An example that leaves a folder of results gets its summary, with the state hash, beside them. */
function keepSummary(result: RunResult): void {
  const folder = (result.results as { folder?: unknown } | null)?.folder;
  if (typeof folder !== 'string') return;
  const path = join(folder, 'summary.json');
  writeFileSync(path, `${JSON.stringify(jsonSummary(result), null, 2)}\n`);
}
