import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { RunSummary } from 'haloweave';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CLI = fileURLToPath(new URL('../../dist/core/cli/main.js', import.meta.url));

/** The first comment of an example, and the words after `npx haloweave` of each command in it. */
export function exampleHeader(name: string): { text: string; commands: string[][] } {
  const source = readFileSync(`${ROOT}/examples/${name}.ts`, 'utf8');
  const text = source.match(/^\/\*\*([\s\S]*?)\*\//)?.[1] ?? '';
  const commands = [...text.matchAll(/^ \* +npx haloweave (.+)$/gm)].map(([, words]) =>
    // A remark may follow, set off by spaces.
    words.split(/ {2,}/)[0].trim().split(' '),
  );
  return { text, commands };
}

/** Runs the command line as a user would, from the top of the checkout. */
export function haloweave(words: readonly string[]): {
  stdout: string;
  stderr: string;
  status: number | null;
} {
  const { HALOWEAVE_RANKS: _ranks, ...env } = process.env;
  const { stdout, stderr, status } = spawnSync(process.execPath, [CLI, ...words], {
    cwd: ROOT,
    env,
    encoding: 'utf8',
  });
  return { stdout, stderr, status };
}

/** The summary of a command, which has to end well. `--json` is added before the program's own arguments. */
export function jsonSummary(words: readonly string[]): RunSummary {
  const at = words.indexOf('--');
  const all = at < 0 ? [...words, '--json'] : [...words.slice(0, at), '--json', ...words.slice(at)];
  const { stdout, stderr, status } = haloweave(all);
  if (status !== 0) throw new Error(`haloweave ${all.join(' ')} ended with ${status}:\n${stderr}`);
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as RunSummary;
}
