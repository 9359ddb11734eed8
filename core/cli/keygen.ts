import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Command } from 'commander';
import { HaloweaveError } from '../base/errors.js';
import { readKeyFile, writeKeyFile } from '../transport/zeromq/key-file.js';
import { isKey, isKeyName, newKeyPair } from '../transport/zeromq/keys.js';

/** Where keys are unless the user says where. */
const FILE = 'haloweave.keys';

/** `haloweave keygen [FILE]`. */
export function addKeygenCommand(program: Command): void {
  program
    .command('keygen')
    .description(
      'Make a key file for workers on several machines. One file, copied to all of them, is enough.',
    )
    .argument('[file]', 'the key file to make', FILE)
    .option('--name <name>', 'what the key is called in logs (default: the name of this machine)')
    .option(
      '--allow <key>',
      'another key that may connect: a public key, or a key file whose public key is taken (repeatable)',
      (text: string, before: string[]) => [...before, text],
      [],
    )
    .option('--force', 'put new keys in the place of those that are there')
    .action((file: string, flags: { name?: string; allow: string[]; force?: boolean }) => {
      const name = flags.name ?? ownName();
      if (!isKeyName(name))
        throw new HaloweaveError(
          'usage',
          `--name ${name}: use one word of letters, digits and ._@-, up to 64 characters`,
        );
      const pair = newKeyPair();
      const allowed = new Map([[pair.publicKey, name]]);
      for (const text of flags.allow) {
        const other = publicKeyIn(text);
        let called = other.name;
        for (let n = 2; [...allowed.values()].includes(called); n++) called = `${other.name}-${n}`;
        allowed.set(other.key, called);
      }
      writeKeyFile(file, { ...pair, allowed }, flags.force === true);
      process.stdout.write(`${madeText(file, name, pair.publicKey)}\n`);
    });
}

/** A machine's name may have characters that a key's may not. */
function ownName(): string {
  const name = hostname()
    .replace(/[^A-Za-z0-9._@-]/g, '-')
    .slice(0, 64);
  return isKeyName(name) ? name : 'this-host';
}

/** A file that is there is a file, even if its name could be a key. */
function publicKeyIn(text: string): { key: string; name: string } {
  if (existsSync(text)) {
    const keys = readKeyFile(text);
    return { key: keys.publicKey, name: keys.allowed.get(keys.publicKey) ?? 'allowed' };
  }
  if (isKey(text)) return { key: text, name: 'allowed' };
  throw new HaloweaveError(
    'usage',
    `--allow ${text}: neither a key file that is there nor a public key (40 characters of Z85, in quotes for the shell)`,
  );
}

function madeText(file: string, name: string, publicKey: string): string {
  return [
    `${file}: new keys, called ${name}, mode 0600`,
    `public key: ${publicKey}`,
    '',
    `One file for all machines: copy it with  scp -p ${file} HOST:  and give --keys ${file} on each.`,
    "A file for each machine: run keygen on each, add to every file an 'allow = KEY NAME' line for each of the others, and",
    "say in the host file which key a worker has: 'HOST:PORT slots=N key=NAME'.",
    'Whoever has the file can run any program as the user that runs the workers: see SECURITY.md.',
  ].join('\n');
}
