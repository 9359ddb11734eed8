import { readFileSync } from 'node:fs';
import { HaloweaveError } from '../../base/errors.js';
import { fileError } from '../../memory/files.js';
import { isKey, isKeyName } from '../../transport/zeromq/keys.js';
import { endpointOf } from './endpoints.js';

/** A worker that is to be connected to. */
export interface HostSpec {
  /** `tcp://address:port` of its control socket. */
  endpoint: string;
  /** Most ranks that it gets; null for as many as it offers. */
  slots: number | null;
  /** Its public key (Z85), or what the key file calls it; null for the key file's own. */
  key: string | null;
}

/**
 * Reads a file of hosts: one a line, `address[:port] [slots=N] [key=KEY|NAME]`; what follows a # and empty lines are left out.
 * @throws HaloweaveError 'usage' with the line that is wrong.
 */
export function readHostfile(path: string): HostSpec[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw fileError(`the file of hosts ${path} cannot be read`, cause);
  }
  return parseHostfile(text, path);
}

/** See `readHostfile`; `name` is that of the file, for messages. Pure. */
export function parseHostfile(text: string, name: string): HostSpec[] {
  const hosts: HostSpec[] = [];
  const lines = new Map<string, number>();
  for (const [k, line] of text.split(/\r?\n/).entries()) {
    const [address, ...settings] = stripComment(line).split(/\s+/).filter(Boolean);
    if (address === undefined) continue;
    const wrong = (what: string): never => {
      throw new HaloweaveError('usage', `${name}:${k + 1}: ${what}`);
    };
    const spec = parseHost(address, settings, wrong);
    const before = lines.get(spec.endpoint);
    if (before !== undefined)
      wrong(`${spec.endpoint} is there already, in line ${before}: one worker is one line, with slots=N`);
    lines.set(spec.endpoint, k + 1);
    hosts.push(spec);
  }
  if (hosts.length === 0)
    throw new HaloweaveError('usage', `${name}: no hosts; write one a line, such as node7:7100 slots=4`);
  return hosts;
}

/** Workers that are named: `a:7100`, `b`. @throws HaloweaveError 'usage' for what is none, and for one that is there twice. */
export function parseHosts(names: readonly string[]): HostSpec[] {
  const seen = new Set<string>();
  return names.map((text) => {
    const endpoint = endpointOf(text.trim(), '--host');
    if (seen.has(endpoint)) throw new HaloweaveError('usage', `--host names ${endpoint} twice`);
    seen.add(endpoint);
    return { endpoint, slots: null, key: null };
  });
}

function parseHost(address: string, settings: string[], wrong: (what: string) => never): HostSpec {
  let endpoint: string;
  try {
    endpoint = endpointOf(address, 'the host');
  } catch (cause) {
    return wrong((cause as Error).message);
  }
  const spec: HostSpec = { endpoint, slots: null, key: null };
  for (const setting of settings) {
    const [, name, value = ''] = /^(\w+)=(.*)$/.exec(setting) ?? [];
    if (name === 'slots') {
      if (!/^[1-9]\d{0,3}$/.test(value)) wrong(`slots=${value}: use a whole number of 1 or more`);
      spec.slots = Number(value);
    } else if (name === 'key') {
      if (!isKey(value) && !isKeyName(value))
        wrong(
          `key=${value}: neither a public key (40 characters, as haloweave keygen prints it) nor the name of one in the key file`,
        );
      spec.key = value;
    } else wrong(`'${setting}': after the host come slots=N and key=KEY`);
  }
  return spec;
}

/** A # begins a comment at the begin of a line or after a space: public keys may have one inside. */
function stripComment(line: string): string {
  return line.replace(/(^|\s)#.*$/, '');
}
