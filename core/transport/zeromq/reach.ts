import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { HaloweaveError } from '../../base/errors.js';

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');
LOOPBACK.addSubnet('::ffff:127.0.0.0', 104, 'ipv6');

const isLoopback = (address: string): boolean =>
  LOOPBACK.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');

/**
 * The endpoint to bind, once it is certain that it needs no keys or has them: without keys only `ipc://` and loopback
 * addresses (127.0.0.0/8, ::1) are bound. `tcp://*`, `tcp://0.0.0.0` and the other addresses of the machine are not loopback.
 * A name counts as what it resolves to now, all of it, and is replaced by an address: what it resolves to later is another matter.
 *
 * Throws `HaloweaveError('usage')` that says what to do.
 */
export function endpointToBind(endpoint: string, keys: boolean): Promise<string> {
  return checked('bind', endpoint, keys);
}

/** The endpoint to connect to, by the same rule. */
export function endpointToConnect(endpoint: string, keys: boolean): Promise<string> {
  return checked('connect', endpoint, keys);
}

async function checked(what: 'bind' | 'connect', endpoint: string, keys: boolean): Promise<string> {
  const refuse = (why: string, cause?: unknown): never => {
    throw new HaloweaveError('usage', `${endpoint}: ${why}`, {}, { cause });
  };
  if (/^ipc:\/\/[^@]/.test(endpoint)) return endpoint;
  // The last colon: an IPv6 address has others. A source address (`tcp://from:0;to:1`) is not for us.
  const [, host, port] = /^tcp:\/\/([^;/]+):(\d{1,5}|\*)$/.exec(endpoint) ?? [];
  if (host === undefined || (port === '*' ? what === 'connect' : Number(port) > 65535))
    return refuse('an endpoint is tcp://ADDRESS:PORT or ipc://PATH');
  if (what === 'connect' && (host === '*' || Number(port) === 0))
    return refuse('there is nothing to connect to at * or at port 0');
  if (keys) return endpoint;
  const verb = what === 'bind' ? 'listening there' : 'connecting there';
  const noKeys = `${verb} needs keys, for it can be reached from other machines; give --keys FILE (haloweave keygen makes one), or use 127.0.0.1`;
  const bare = host.replace(/^\[(.*)\]$/, '$1');
  if (isIP(bare)) return isLoopback(bare) ? endpoint : refuse(noKeys);
  if (host === '*') return refuse(noKeys);
  const addresses = await addressesOf(what, host, (cause) => refuse(`'${host}' cannot be resolved`, cause));
  const outside = addresses.find((a) => !isLoopback(a));
  if (outside !== undefined) return refuse(`'${host}' is ${outside}: ${noKeys}`);
  const [address] = addresses;
  if (address === undefined) return refuse(`'${host}' has no address`);
  return `tcp://${isIP(address) === 6 ? `[${address}]` : address}:${port}`;
}

/** libzmq takes the name of a network interface where a socket is bound, and prefers it to a host of that name. */
async function addressesOf(
  what: 'bind' | 'connect',
  host: string,
  failed: (cause: unknown) => never,
): Promise<string[]> {
  const own = what === 'bind' ? networkInterfaces()[host] : undefined;
  if (own) return own.map((a) => a.address);
  try {
    return (await lookup(host, { all: true })).map((a) => a.address);
  } catch (error) {
    return failed(error);
  }
}
