import { networkInterfaces } from 'node:os';
import { HaloweaveError } from '../../base/errors.js';
import { openSecurity, type Security, withoutKeys } from '../../transport/zeromq/curve.js';
import { readKeyFile } from '../../transport/zeromq/key-file.js';
import { isKey, type Keys } from '../../transport/zeromq/keys.js';
import { networkContext } from '../../transport/zeromq/sockets.js';
import type { MeshOptions } from '../../transport/zeromq/zeromq-mesh.js';
import { RefusalTeller } from './refusal-teller.js';

/** What secures all links of a host, and what its key file says. */
export interface HostSecurity {
  readonly security: Security;
  /** Null without keys. */
  readonly keys: Keys | null;
  /** Why handshakes with an address (`tcp://…`) have failed, if they have. */
  refusal(address: string): string | null;
}

/** Opens what secures this process's links: with the keys of a file, or without any. Refusals are said to a person. */
export async function openHostSecurity(
  file: string | undefined,
  say: (text: string) => void,
): Promise<HostSecurity> {
  const teller = new RefusalTeller(say, file !== undefined);
  const refusal = (address: string): string | null => teller.about(address);
  if (file === undefined) return { security: withoutKeys(teller.take), keys: null, refusal };
  const keys = readKeyFile(file);
  const security = await openSecurity({
    pair: keys,
    allowed: keys.allowed,
    onRefusal: teller.take,
    context: networkContext(),
  });
  return { security, keys, refusal };
}

/**
 * The public key that a process to connect to has to prove: the one named, by itself or by what the key file calls it; without
 * one the own, for hosts that have the same file. Null without keys.
 */
export function serverKey(named: string | null, keys: Keys | null, where: string): string | null {
  if (!keys) {
    if (named === null) return null;
    throw new HaloweaveError('usage', `${where} has a key, but there are none here: give --keys FILE`);
  }
  if (named === null) return keys.publicKey;
  if (isKey(named)) return named;
  for (const [key, name] of keys.allowed) if (name === named) return key;
  throw new HaloweaveError(
    'usage',
    `${where}: its key ${named} is neither a public key (40 characters, as haloweave keygen prints it) nor a name that the key file allows`,
  );
}

/**
 * Where the data socket of a worker listens, from where its control socket does: at the same address, for what can reach the
 * one can reach the other. `0.0.0.0` and `*` are told to others as the first address of this machine that is not loopback.
 */
export function dataEndpoint(
  control: string,
  port: number | undefined,
  advertise: string | undefined,
): Pick<MeshOptions, 'listen' | 'advertise'> {
  const [, address = '127.0.0.1'] = /^tcp:\/\/(.+):(?:\d+|\*)$/.exec(control) ?? [];
  const listen = `tcp://${address}:${port === undefined || port === 0 ? '*' : port}`;
  if (advertise !== undefined) return { listen, advertise: `tcp://${advertise}:*` };
  if (!['*', '0.0.0.0', '[::]'].includes(address)) return { listen };
  const own = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .find((a) => !a.internal && a.family === 'IPv4');
  if (own) return { listen, advertise: `tcp://${own.address}:*` };
  throw new HaloweaveError(
    'usage',
    `${control}: this machine has no address that others could use: say which with --advertise ADDRESS`,
  );
}
