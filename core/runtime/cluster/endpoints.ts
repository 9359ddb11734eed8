import { HaloweaveError } from '../../base/errors.js';

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
