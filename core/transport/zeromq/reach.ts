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

const IPC = /^ipc:\/\/[^@]/;
/** The last colon: an IPv6 address has others. A source address (`tcp://from:0;to:1`) is not for us. */
const TCP = /^tcp:\/\/([^;/]+):(\d{1,5}|\*)$/;
const bare = (host: string): string => host.replace(/^\[(.*)\]$/, '$1');

const refuse = (endpoint: string, why: string, cause?: unknown): never => {
  throw new HaloweaveError('usage', `${endpoint}: ${why}`, {}, { cause });
};
const NO_KEYS =
  'this needs keys, for it is not on this machine alone; give --keys FILE (haloweave keygen makes one), or use 127.0.0.1';

/**
 * Refuses an endpoint that is to be bound or connected to without keys, unless it is `ipc://PATH` or a loopback address
 * (127.0.0.0/8, ::1). A name is refused: `endpointToBind` and `endpointToConnect` make addresses of names.
 *
 * Throws `HaloweaveError('usage')` that says what to do.
 */
export function requireLocal(endpoint: string): void {
  if (IPC.test(endpoint)) return;
  const host = bare(TCP.exec(endpoint)?.[1] ?? '');
  if (isIP(host) === 0 || !isLoopback(host)) refuse(endpoint, NO_KEYS);
}

/**
 * The endpoint to bind, once it is certain that it needs no keys or has them: without keys only `ipc://` and loopback
 * addresses are bound. `tcp://*`, `tcp://0.0.0.0` and the other addresses of the machine are not loopback. A name counts as what
 * it resolves to now, all of it, and is replaced by an address: what it resolves to later is another matter.
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
  if (IPC.test(endpoint)) return endpoint;
  const [, host, port] = TCP.exec(endpoint) ?? [];
  if (host === undefined || (port !== '*' && Number(port) > 65535))
    return refuse(endpoint, 'an endpoint is tcp://ADDRESS:PORT or ipc://PATH');
  if (what === 'connect' && (host === '*' || port === '*' || Number(port) === 0))
    return refuse(endpoint, 'nothing can be connected to without an address and a port');
  if (keys) return endpoint;
  if (host === '*' || isIP(bare(host))) {
    requireLocal(endpoint);
    return endpoint;
  }
  const addresses = await addressesOf(what, host).catch((cause: unknown) =>
    refuse(endpoint, `'${host}' cannot be resolved`, cause),
  );
  const outside = addresses.find((a) => !isLoopback(a));
  if (outside !== undefined) refuse(endpoint, `'${host}' is ${outside}: ${NO_KEYS}`);
  const [address = ''] = addresses;
  return `tcp://${isIP(address) === 6 ? `[${address}]` : address}:${port}`;
}

/** libzmq takes the name of a network interface where a socket is bound, and prefers it to a host of that name. */
async function addressesOf(what: 'bind' | 'connect', host: string): Promise<string[]> {
  const own = what === 'bind' ? networkInterfaces()[host] : undefined;
  return (own ?? (await lookup(host, { all: true }))).map((a) => a.address);
}
