import { randomBytes } from 'node:crypto';
import type { Dealer, Router } from 'zeromq';
import { HaloweaveError } from '../../base/errors.js';
import type { Security } from '../../transport/zeromq/curve.js';
import { zeromq } from '../../transport/zeromq/library.js';
import { networkContext } from '../../transport/zeromq/sockets.js';
import { PIECE_BYTES } from './control-messages.js';
import { ControlPeer, FrameKind, readHeader, writeHeader } from './control-peer.js';

/** Links given up that are remembered; older ones have nothing on its way any more. */
const ENDED = 256;
/** Longest frame: messages without pieces are refused by their schema long before this. */
const MOST_BYTES = 16 * PIECE_BYTES;
/** A broken connection is tried again after this long, in ms: a host that comes back is there within a ping or two. */
const RECONNECT = 100;
const OPTIONS = {
  linger: 0,
  // What cannot be sent now is sent again when its loss is noticed: nothing waits in a queue of its own.
  sendTimeout: 0,
  maxMessageSize: MOST_BYTES,
} as const;

/** The end of a link that others connect to. */
export interface ControlListener {
  /** With the port that the system has chosen, if none was given. */
  readonly endpoint: string;
  /** Frames refused, by reason. */
  readonly refused: ReadonlyMap<string, number>;
  close(): void;
}

/** Binds a socket; every process that connects is a peer. */
export async function listenForControl(
  endpoint: string,
  onPeer: (peer: ControlPeer) => void,
  security: Security,
): Promise<ControlListener> {
  const socket = new (zeromq().Router)({
    ...OPTIONS,
    ...security.server(),
    context: networkContext(),
    mandatory: true,
    handover: true,
    ipv6: isIpv6(endpoint),
  });
  security.watch(socket);
  try {
    await socket.bind(endpoint.replace(/:0$/, ':*'));
  } catch (cause) {
    socket.close();
    throw new HaloweaveError('usage', `cannot listen on ${endpoint}: ${bindFailure(cause)}`, {}, { cause });
  }
  const peers = new Map<string, ControlPeer>();
  // Links that were given up here: what was on its way then is no stranger's.
  const ended = new Set<string>();
  const refused = new Map<string, number>();
  const send = sender(socket);
  socket.events.on('disconnect', () => {
    // Which of them it was, the event does not say.
    for (const peer of [...peers.values()]) peer.onDisconnected();
  });
  const refuse = (what: string): void => void refused.set(what, (refused.get(what) ?? 0) + 1);
  receive(socket, (parts) => {
    const [id, ...frames] = parts;
    const key = id!.toString('hex');
    let peer = peers.get(key);
    if (!peer) {
      const header = readHeader(frames[0]);
      if (!header) {
        refuse('no header');
        return;
      }
      // It has heard from a process that listened here before, or that has given it up.
      if (header.acknowledged > 0) {
        if (!ended.has(key)) refuse('unknown link');
        send([id!, writeHeader({ kind: FrameKind.unknown, number: 0, acknowledged: 0, at: 0 })]);
        return;
      }
      peer = new ControlPeer(
        (out) => send([id!, ...out]),
        () => {
          peers.delete(key);
          ended.add(key);
          if (ended.size > ENDED) ended.delete(ended.values().next().value!);
        },
      );
      peers.set(key, peer);
      onPeer(peer);
    }
    peer.take(frames);
  });
  return {
    endpoint: socket.lastEndpoint ?? endpoint,
    refused,
    close: () => {
      for (const peer of [...peers.values()]) peer.close();
      socket.close();
    },
  };
}

/**
 * Connects to a listener, and again whenever the connection breaks. `serverKey` is the listener's, with CURVE. Refusals are told to the
 * peer's `onRefused` only.
 */
export function connectControl(endpoint: string, security: Security, serverKey: string | null): ControlPeer {
  const socket = new (zeromq().Dealer)({
    ...OPTIONS,
    ...security.client(serverKey),
    context: networkContext(),
    // Nothing is queued for a listener that is not there: a second later it would be old.
    immediate: true,
    reconnectInterval: RECONNECT,
    ipv6: isIpv6(endpoint),
    routingId: randomBytes(16).toString('hex'),
  });
  const send = sender(socket);
  const peer = new ControlPeer(send, () => socket.close());
  security.watch(socket, serverKey, (refusal) => {
    if (!peer.closed) peer.onRefused(refusal);
  });
  socket.events.on('disconnect', () => peer.onDisconnected());
  receive(socket, (frames) => peer.take(frames));
  socket.connect(endpoint);
  return peer;
}

const isIpv6 = (endpoint: string): boolean => endpoint.includes('[');

/** One queue in front of a socket, which takes one message at a time. Losses are noticed by whoever misses them. */
function sender(socket: Router | Dealer): (frames: Uint8Array[]) => void {
  const queue: Uint8Array[][] = [];
  let busy = false;
  const drain = async (): Promise<void> => {
    busy = true;
    for (let frames = queue.shift(); frames && !socket.closed; frames = queue.shift()) {
      try {
        await (socket as Dealer).send(frames);
      } catch (cause) {
        const { code } = cause as NodeJS.ErrnoException;
        if (code !== 'EAGAIN' && code !== 'EHOSTUNREACH' && !socket.closed) throw cause;
      }
    }
    busy = false;
  };
  return (frames) => {
    if (socket.closed) return;
    queue.push(frames);
    if (!busy) void drain();
  };
}

function receive(socket: Router | Dealer, take: (frames: Buffer[]) => void): void {
  const loop = async (): Promise<void> => {
    while (!socket.closed) {
      let frames: Buffer[];
      try {
        frames = (await socket.receive()) as Buffer[];
      } catch (cause) {
        // A socket that is closed while it receives says EAGAIN.
        if (socket.closed) return;
        throw cause;
      }
      take(frames);
    }
  };
  void loop();
}

function bindFailure(cause: unknown): string {
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') return 'the port is taken; choose another, or 0 for any that is free';
  if (code === 'EADDRNOTAVAIL' || code === 'ENODEV') return 'this machine has no such address';
  return message;
}
