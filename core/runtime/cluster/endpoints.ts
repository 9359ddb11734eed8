import { networkInterfaces } from 'node:os';
import { HaloweaveError } from '../../base/errors.js';
import type { MeshOptions } from '../../transport/zeromq/zeromq-mesh.js';

/** Where a worker listens unless told otherwise. */
export const DEFAULT_PORT = 7100;

/**
 * The `tcp://address:port` that a text means: `address`, `address:port`, `[v6]:port`, with `tcp://` or without. `what` is the
 * option that it came with. @throws HaloweaveError 'usage' for anything else.
 */
export function endpointOf(text: string, what: string, port: number = DEFAULT_PORT): string {
  const match = /^(?:tcp:\/\/)?(\[[0-9A-Fa-f:.]+\]|[^\s:/[\]]+)(?::(\d+))?$/.exec(text);
  const number = match?.[2] === undefined ? port : Number(match[2]);
  if (!match || number > 65535)
    throw new HaloweaveError(
      'usage',
      `${what} ${text}: use an address and a port, such as tcp://127.0.0.1:${port} or node7:${port}`,
    );
  return `tcp://${match[1]}:${number}`;
}

/** True for addresses that only this machine can reach. */
export function isLoopback(endpoint: string): boolean {
  return /^tcp:\/\/(127\.\d+\.\d+\.\d+|localhost|\[::1\]):\d+$/.test(endpoint);
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
