import type { Context, Socket } from 'zeromq';
import { HaloweaveError } from '../../base/errors.js';
import { watchHandshakes } from './handshakes.js';
import type { KeyPair } from './keys.js';
import type { OnRefusal } from './refusal.js';
import type { SocketSecurity } from './sockets.js';
import { openZapDomain, type ZapDomain } from './zap.js';

/** What makes the sockets of one kind of link secure, on the main thread. */
export interface Security extends SocketSecurity {
  /** Who may connect here; null without keys. */
  readonly domain: ZapDomain | null;
  /**
   * Reports failed handshakes of a socket with these options; call it before the socket is bound or connected. `serverKey` is the one
   * given to `client`. See `watchHandshakes`: after some of them a client's socket never tries again.
   */
  watch(socket: Socket, serverKey?: string | null): void;
  /** Once the sockets are closed. */
  close(): Promise<void>;
}

export interface CurveKeys {
  /** What this side proves that it has. */
  pair: KeyPair;
  /** Public keys that may connect, and their names. */
  allowed: Iterable<readonly [string, string]>;
  /** See `ZapDomainOptions`: for links whose peers learn of each other in any order. */
  later?: boolean;
  onRefusal: OnRefusal;
  /** That of the sockets; `networkContext()` if left out. */
  context?: Context;
}

/**
 * Links with CURVE: both sides prove their keys, everything is encrypted and cannot be changed or replayed on the way. A server
 * lets in the keys on its list only: without a list CURVE would let in whoever knows the server's public key, and with
 * the list enforced a handler that is gone lets in nobody.
 *
 * Source: ZeroMQ RFC 26, CurveZMQ; RFC 27, ZAP.
 */
export async function openSecurity(options: CurveKeys): Promise<Security> {
  const { pair, onRefusal } = options;
  const own = { curvePublicKey: pair.publicKey, curveSecretKey: pair.secretKey };
  const domain = await openZapDomain(options);
  return {
    publicKey: pair.publicKey,
    domain,
    server: () => ({ ...own, curveServer: true, zapDomain: domain.name, zapEnforceDomain: true }),
    client: (serverKey) => {
      if (serverKey !== null) return { ...own, curveServerKey: serverKey };
      throw new HaloweaveError(
        'usage',
        'a host without keys cannot be talked to by one with keys: give it --keys',
      );
    },
    watch: (socket, serverKey = null) => watchHandshakes(socket, serverKey, onRefusal),
    close: () => domain.close(),
  };
}

/** Links without keys, for what only this machine can reach (see `reach.ts`). Others who come with keys are reported. */
export function withoutKeys(onRefusal: OnRefusal): Security {
  return {
    publicKey: null,
    domain: null,
    server: () => ({}),
    client: (serverKey) => {
      if (serverKey === null) return {};
      throw new HaloweaveError(
        'usage',
        'a host with keys can be talked to with keys only: give --keys here too',
      );
    },
    watch: (socket, serverKey = null) => watchHandshakes(socket, serverKey, onRefusal),
    close: () => Promise.resolve(),
  };
}
