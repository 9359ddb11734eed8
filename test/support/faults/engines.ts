import { spawnSync } from 'node:child_process';

/** In CI everything is there; on a user's machine what is missing skips a test and says why. */
const REQUIRED = process.env.HALOWEAVE_ENGINES === 'required';

/** Runs a command to its end; what it printed. @throws Error with what it said, if it failed. */
export function command(words: readonly string[]): string {
  const [program, ...args] = words;
  const ended = spawnSync(program!, args, { encoding: 'utf8' });
  if (ended.error) throw new Error(`${words.join(' ')}: ${ended.error.message}`);
  if (ended.status !== 0)
    throw new Error(`${words.join(' ')} ended with ${ended.status}: ${ended.stderr.trim()}`);
  return ended.stdout;
}

function missing(reason: string | null): string | null {
  if (reason !== null && REQUIRED) throw new Error(`the fault tests need everything here: ${reason}`);
  return reason;
}

function notRoot(): string | null {
  return process.getuid?.() === 0 ? null : 'not root';
}

let namespaces: string | null | undefined;
/** Why no network namespaces can be made here, or null. Throws where they have to be there. */
export function namespacesMissing(): string | null {
  if (namespaces === undefined) {
    namespaces = notRoot();
    const name = `hw-try-${process.pid}`;
    try {
      if (namespaces === null) {
        command(['ip', 'netns', 'add', name]);
        command(['ip', 'netns', 'del', name]);
      }
    } catch (cause) {
      namespaces = `no network namespaces (iproute2; run bench/peers/install.sh): ${(cause as Error).message}`;
    }
  }
  return missing(namespaces);
}

let filter: string | null | undefined;
/** Why no packets can be dropped here, or null. Throws where they have to be. */
export function nftablesMissing(): string | null {
  if (filter === undefined) {
    filter = notRoot();
    try {
      if (filter === null) command(['nft', 'list', 'tables']);
    } catch (cause) {
      filter = `no nftables (run bench/peers/install.sh): ${(cause as Error).message}`;
    }
  }
  return missing(filter);
}

/** Why no file system can be mounted here, or null. Throws where one has to be. */
export function mountMissing(): string | null {
  return missing(notRoot());
}
