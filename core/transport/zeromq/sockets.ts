import type { Context, Dealer, Event, Router, Socket, SocketOptions } from 'zeromq';
import { MAX_FRAME_BYTES } from '../../wire/network.js';
import { countFrames, freeFrames } from './frame-memory.js';
import { zeromq } from './library.js';
import { requireLocal } from './reach.js';

/** CURVE options of sockets, as their constructors take them. */
export type SecurityOptions = Pick<
  SocketOptions<Router>,
  'curveServer' | 'curvePublicKey' | 'curveSecretKey' | 'curveServerKey' | 'zapDomain' | 'zapEnforceDomain'
>;

/** What sockets need to know of keys. */
export interface SocketSecurity {
  /** Z85 public key of sockets that bind; null without CURVE. */
  readonly publicKey: string | null;
  /** For a socket that binds. */
  server(): SecurityOptions;
  /** For a socket that connects to the holder of `serverKey`, null for one without CURVE. */
  client(serverKey: string | null): SecurityOptions;
  /** Sees every socket before it is bound or connected. */
  watch?(socket: Socket): void;
}

/** No CURVE: for sockets that only this machine can reach. */
export const plain: SocketSecurity = { publicKey: null, server: () => ({}), client: () => ({}) };

let shared: Context | null = null;

/** The context of all this process's sockets; the ZAP handler must be bound in it before any socket that asks it. */
export function networkContext(): Context {
  // A blocky context holds up the end of the process until everything queued has gone.
  shared ??= new (zeromq().Context)({ blocky: false });
  return shared;
}

/** What became of a message that was given to a socket. */
export type SendOutcome =
  /** Queued; frames above 128 bytes are read from where they lie, now or later. */
  | 'sent'
  /** The socket's queue for that peer is full. */
  | 'full'
  /** No connection to that peer. */
  | 'unreachable'
  /** The socket has been closed. */
  | 'closed';

export interface SocketHandlers {
  /** A message, with the routing id first if the socket is a ROUTER. */
  message(parts: Buffer[]): void;
  /** What happens to connections. */
  event?(event: Event): void;
}

/**
 * Messages queued in a socket for one peer, and in front of it. More than a link's window, with room for what was queued
 * before a connection broke and is queued again; the bound for what a link has under way is the link's.
 */
const HIGH_WATER = 4096;
/** A broken connection is tried again after this long, in ms, and more rarely the longer it lasts. */
const RECONNECT_MS = 10;
const RECONNECT_MOST_MS = 500;
/** A handshake with CURVE takes three round trips; who is slower than this does not mean it. */
const HANDSHAKE_MS = 5000;
/** TCP data that the other side's system has not acknowledged for so long: the connection is given up and made anew. */
const UNACKNOWLEDGED_MS = 5000;

// One object a socket: the constructor takes entries out of what it is given.
const common = () => ({
  context: networkContext(),
  linger: 0,
  // A send is over when the call returns: there is never a second one at a time, and it never waits.
  sendTimeout: 0,
  sendHighWaterMark: HIGH_WATER,
  receiveHighWaterMark: HIGH_WATER,
  maxMessageSize: MAX_FRAME_BYTES,
  handshakeInterval: HANDSHAKE_MS,
  tcpMaxRetransmitTimeout: UNACKNOWLEDGED_MS,
});

/**
 * A ROUTER or DEALER on a main thread: one send and one receive at a time, every outcome told. The reference that is kept
 * here keeps the socket from being collected while its handlers are in use.
 */
export class DataSocket {
  readonly #socket: Router | Dealer;
  readonly #handlers: SocketHandlers;
  readonly #keys: boolean;

  constructor(socket: Router | Dealer, handlers: SocketHandlers, security: SocketSecurity) {
    this.#socket = socket;
    this.#handlers = handlers;
    this.#keys = security.publicKey !== null;
    security.watch?.(socket);
    if (handlers.event)
      for (const type of ['handshake', 'disconnect'] as const) socket.events.on(type, handlers.event);
  }

  /**
   * Binds, and gives the address with the port that the system chose. Nothing is received before `begin`. Without keys
   * only what this machine alone can reach is bound or connected to.
   */
  async bind(endpoint: string): Promise<string> {
    if (!this.#keys) requireLocal(endpoint);
    if (endpoint.includes('[')) (this.#socket as Socket & { ipv6: boolean }).ipv6 = true;
    await this.#socket.bind(endpoint);
    return this.#socket.lastEndpoint ?? endpoint;
  }

  connect(endpoint: string): void {
    if (!this.#keys) requireLocal(endpoint);
    if (endpoint.includes('[')) (this.#socket as Socket & { ipv6: boolean }).ipv6 = true;
    this.#socket.connect(endpoint);
  }

  /** Begins to receive: after all binds, for a socket that is being bound cannot. */
  begin(): void {
    void this.#receive();
  }

  /** Frames are passed as they are: see `SendOutcome`. */
  async send(parts: Uint8Array[]): Promise<SendOutcome> {
    if (this.#socket.closed) return 'closed';
    try {
      await (this.#socket as Dealer).send(parts);
      return 'sent';
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (this.#socket.closed) return 'closed';
      if (code === 'EAGAIN') return 'full';
      if (code === 'EHOSTUNREACH') return 'unreachable';
      throw error;
    }
  }

  close(): void {
    this.#socket.close();
  }

  async #receive(): Promise<void> {
    while (!this.#socket.closed) {
      let parts: Buffer[];
      try {
        parts = (await this.#socket.receive()) as Buffer[];
      } catch (error) {
        // A receive that is pending when its socket is closed ends with EAGAIN.
        if (this.#socket.closed) return;
        throw error;
      }
      this.#handlers.message(parts);
      if (countFrames(parts)) await freeFrames();
    }
  }
}

/**
 * The socket that others connect to. `mandatory`: without it, what is for a peer that is full or gone is dropped without a
 * word. `handover`: a peer that connects again, while its old connection is not known to be dead, takes its name over.
 */
export function openRouter(security: SocketSecurity, handlers: SocketHandlers): DataSocket {
  const socket = new (zeromq().Router)({
    ...common(),
    ...security.server(),
    mandatory: true,
    handover: true,
  });
  return new DataSocket(socket, handlers, security);
}

/** A socket that connects to one peer and is known there by `routingId`. */
export function openDealer(
  security: SocketSecurity,
  serverKey: string | null,
  routingId: string,
  handlers: SocketHandlers,
): DataSocket {
  const socket = new (zeromq().Dealer)({
    ...common(),
    ...security.client(serverKey),
    routingId,
    reconnectInterval: RECONNECT_MS,
    reconnectMaxInterval: RECONNECT_MOST_MS,
  });
  return new DataSocket(socket, handlers, security);
}
