import { Context, type Router, type SocketOptions } from 'zeromq';

/** CURVE options of sockets. Plain objects, given to the sockets' constructors as they are. */
export interface SocketSecurity {
  /** Z85 public key of sockets that bind; null without CURVE. */
  readonly publicKey: string | null;
  /** For a socket that binds: the server's keys, and the ZAP domain. */
  server(): SecurityOptions;
  /** For a socket that connects to the holder of `serverKey` (null: a peer without CURVE; may be refused by throwing). */
  client(serverKey: string | null): SecurityOptions;
}
export type SecurityOptions = Pick<
  SocketOptions<Router>,
  'curveServer' | 'curvePublicKey' | 'curveSecretKey' | 'curveServerKey' | 'zapDomain' | 'zapEnforceDomain'
>;

/** No CURVE: for sockets that only this machine can reach. */
export const plain: SocketSecurity = { publicKey: null, server: () => ({}), client: () => ({}) };

let shared: Context | null = null;

/** The context of all this process's sockets; the ZAP handler must be bound in it before any socket that asks it. */
export function networkContext(): Context {
  // Blocky contexts hold up the end of a process until everything queued has gone.
  shared ??= new Context({ blocky: false });
  return shared;
}
