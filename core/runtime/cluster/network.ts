import type { Heap } from '../../memory/heap.js';
import type { ThreadsControl } from '../../transport/threads/control.js';
import type { HostAddress } from '../../transport/zeromq/mesh.js';

/** What passes records between the mailboxes of this host and those of others, in one epoch. */
export interface EpochBridge {
  /** Records sent to other hosts, and taken in from them; records and bytes that are still on their way out. */
  counts(): { sent: number; received: number; waiting: number };
  close(): void;
}

export interface BridgeSetup {
  control: ThreadsControl;
  heap: Heap;
  /** By rank: its host. */
  hostOf: Int32Array;
  /** This host. */
  host: number;
  epoch: number;
}

/** A host's links to the other hosts, as long as it is in a cluster. */
export interface HostNetwork {
  readonly address: HostAddress;
  /** Begins the links to hosts that it has none to yet. */
  connect(peers: readonly HostAddress[]): void;
  bridge(setup: BridgeSetup): EpochBridge;
  /** A host is gone. */
  drop(host: number): void;
  close(): void;
}
