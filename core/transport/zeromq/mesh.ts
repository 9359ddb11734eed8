import type { Freight, Refusal } from '../../wire/network.js';

export { Freight } from '../../wire/network.js';

/** A host as its peers reach it. */
export interface HostAddress {
  /** Its number in the cluster, from 0; the coordinator's process is 0. Never used again for another process. */
  host: number;
  /** `tcp://…` or `ipc://…` of its data socket, best first. */
  endpoints: readonly string[];
  /** Z85 public key of its data socket, null without CURVE. */
  publicKey: string | null;
  /** Which life of the host this is, 16 hexadecimal digits chosen at random when its mesh began: all its messages carry it. */
  instance: string;
  /** Names the machine: hosts on the same one have the same text. */
  machine: string;
}

/** Whether a host answers. */
export interface Contact {
  /** It has something to acknowledge or to answer, or a connection is wanted. */
  owes: boolean;
  /** Messages that have come from it, of whatever kind. */
  heard: number;
  /** Mean round trip in ms; 0 until it has answered. */
  roundTrip: number;
}

/**
 * The links between this host and all others, on its main thread. What is sent to a host arrives there exactly once and in
 * order, as long as both live, whatever happens to the connection between them: every message has a number, is kept
 * until it is acknowledged, and is sent again if it was lost.
 */
export interface Mesh {
  readonly self: number;
  /** Where peers reach this host. */
  readonly address: HostAddress;
  /** Begins a link; the lower number connects. Messages from hosts without one are refused and counted. */
  connect(peer: HostAddress): void;
  /**
   * Queues a message. Frames are sent as they are, not copied: they must not change before `acknowledged` is called, once
   * the peer has the message. A message to a host that was dropped is acknowledged at once.
   */
  send(
    host: number,
    freight: Freight,
    epoch: number,
    frames: readonly Uint8Array[],
    acknowledged?: () => void,
  ): void;
  /** Bytes sent to a host and not acknowledged yet. */
  inFlight(host: number): number;
  /** What is known of the link to a host; null for one that is not connected, or was dropped. */
  contact(host: number): Contact | null;
  /** Called for every message, in the order of its sender. Frames are the receiver's to keep. */
  onMessage: (host: number, freight: Freight, epoch: number, frames: Uint8Array[]) => void;
  /** Called once when the link cannot go on: the peer said something that makes no sense, or has lost what was sent. */
  onBroken: (host: number, reason: string) => void;
  /** The receiver found that what a host sent makes no sense: counts the refusal, and the link is broken. */
  refuse(host: number, refusal: Refusal): void;
  /**
   * Gives a peer up: what is queued for it is dropped, its acknowledgements are called, and what comes from it is refused
   * and counted. A frame that is on its way at that moment may reach the peer with what was then written into it.
   */
  drop(host: number): void;
  /** Messages refused, by reason. */
  readonly refused: ReadonlyMap<Refusal, number>;
  close(): void;
}
