/** What hosts send each other beside their control messages; `network.ts` in core/wire has the layouts. */
export const Freight = {
  /** Records of ranks, and the payloads that do not fit in them. */
  records: 1,
  /** Credits for records that ranks have taken out of their mailboxes. */
  credit: 2,
  /** A piece of a checkpoint, for its buddy or for whoever writes it to disk. */
  piece: 3,
  /** The piece of that generation and part has been kept. */
  kept: 4,
  /** Asks for a piece. */
  fetch: 5,
  /** The answer to it. */
  fetched: 6,
} as const;
export type Freight = (typeof Freight)[keyof typeof Freight];

/** A host as its peers reach it. */
export interface HostAddress {
  /** Its number in the cluster, from 0; the coordinator's process is 0. Never used again for another process. */
  host: number;
  /** `tcp://…` or `ipc://…` of its data socket, best first. */
  endpoints: readonly string[];
  /** Z85 public key of its data socket, null without CURVE. */
  publicKey: string | null;
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
  /** Begins a link; the lower number connects. */
  connect(peer: HostAddress): void;
  /**
   * Queues a message. Frames are sent as they are, not copied: they must not change before `acknowledged` is called, once
   * the peer has the message.
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
  /** Called for every message, in the order of its sender. Frames are the receiver's to keep. */
  onMessage: (host: number, freight: Freight, epoch: number, frames: Uint8Array[]) => void;
  /** Called when the link cannot go on: the peer said something that makes no sense, or has begun anew. */
  onBroken: (host: number, reason: string) => void;
  /** Gives a peer up: what is queued for it is dropped, its acknowledgements are called, and what comes from it is refused and counted. */
  drop(host: number): void;
  /** Messages refused, by reason. */
  readonly refused: ReadonlyMap<string, number>;
  close(): void;
}
