// Compiles the C peers, when their source is newer than the program made of it.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findMpicc, type Tool, type Unavailable, unavailable } from './tools.js';

/**
 * What a careful user of gcc would ask for. `-fno-math-errno` changes no result: without it a loop with a
 * square root stays scalar. No `-std=c…`, which would forbid fused multiply-add.
 */
const FLAGS = ['-O3', '-march=native', '-fno-math-errno', '-Wall', '-Wextra'];

/** Each program compiles in a second; two minutes mean that something is stuck. */
const COMPILE_MILLISECONDS = 120_000;

/** The header that every C peer includes. */
const HEADER = 'peer.h';

/**
 * The folder of the C and Python sources, or undefined when they are not there (a package ships none).
 * This file runs either from that folder or compiled, from dist/bench/peers.
 */
export function sourceFolder(): string | undefined {
  const here = dirname(fileURLToPath(import.meta.url));
  return [here, join(here, '../../../bench/peers')].find((folder) => existsSync(join(folder, HEADER)));
}

/**
 * The name of the program. It carries the processor, the compiler and the flags: code for this processor may
 * not run on another that sees the same folder.
 */
function programName(name: string, mpicc: string): string {
  const key = [cpus()[0]?.model ?? '', process.arch, mpicc, ...FLAGS].join('\n');
  return `${name}-${createHash('sha256').update(key).digest('hex').slice(0, 8)}`;
}

function isFresh(program: string, sources: readonly string[]): boolean {
  if (!existsSync(program)) return false;
  const made = statSync(program).mtimeMs;
  return sources.every((source) => statSync(source).mtimeMs < made);
}

/**
 * The path of the compiled peer `name`.c, compiling it into `build/` beside the sources if needed.
 * Deterministic but for the file system; throws only when the build folder cannot be written.
 */
export function buildPeer(name: string): Tool | Unavailable {
  const folder = sourceFolder();
  if (folder === undefined) return unavailable('the sources of the peers are not in this installation');
  const source = join(folder, `${name}.c`);
  if (!existsSync(source)) return unavailable(`there is no ${name}.c`);
  const mpicc = findMpicc();
  if (!mpicc.available) return mpicc;

  const build = join(folder, 'build');
  const program = join(build, programName(name, mpicc.path));
  if (isFresh(program, [source, join(folder, HEADER)])) return { available: true, path: program };

  mkdirSync(build, { recursive: true });
  // Compiled aside and renamed: a second benchmark at the same time never runs half a program.
  const aside = `${program}.${process.pid}`;
  const ended = spawnSync(mpicc.path, [...FLAGS, '-o', aside, source, '-lm'], {
    encoding: 'utf8',
    timeout: COMPILE_MILLISECONDS,
  });
  if (ended.status !== 0) {
    rmSync(aside, { force: true });
    return unavailable(`${name}.c does not compile: ${(ended.stderr ?? String(ended.error)).trim()}`);
  }
  renameSync(aside, program);
  return { available: true, path: program };
}
