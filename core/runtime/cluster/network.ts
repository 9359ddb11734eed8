import type { Heap } from '../../memory/heap.js';
import type { ThreadsControl } from '../../transport/threads/control.js';
import { Bridge } from '../../transport/zeromq/bridge.js';
import { Freight, type HostAddress, type Mesh } from '../../transport/zeromq/mesh.js';
import { type MeshOptions, ZeromqMesh } from '../../transport/zeromq/zeromq-mesh.js';

/** What passes records between the mailboxes of this host and those of others, in one epoch. */
export interface EpochBridge {
  /** Records sent to other hosts, and taken in from them; records and bytes that are still on their way out. */
  counts(): { sent: number; received: number; waiting: number };
  close(): void;
}

/** A host's links to the other hosts, as long as it is in a cluster. */
export interface HostNetwork {
  readonly mesh: Mesh;
  /** Begins the links to hosts that it has none to yet. */
  connect(peers: readonly HostAddress[]): void;
  /** `onFault` is called once if the epoch cannot go on here; `host` is whoever is to blame, −1 for this one. */
  bridge(control: ThreadsControl, heap: Heap, onFault: (host: number, error: Error) => void): EpochBridge;
  /** A host is gone. */
  drop(host: number): void;
  close(): void;
}

/** Makes a host's links once it has a number. */
export type OpenNetwork = (
  host: number,
  onBroken: (host: number, reason: string) => void,
) => Promise<HostNetwork>;

/** Takes messages of the mesh that are not between ranks: pieces of checkpoints. */
export type OnFreight = (host: number, freight: Freight, epoch: number, frames: Uint8Array[]) => void;

/**
 * Opens this host's part of the mesh. `onBroken` is told of a link that cannot go on; what is neither records nor credits goes
 * to `onFreight`.
 */
export async function openNetwork(
  options: MeshOptions,
  onBroken: (host: number, reason: string) => void,
  onFreight: OnFreight = () => {},
): Promise<HostNetwork> {
  const mesh = await ZeromqMesh.open(options);
  const known = new Set<number>([options.host]);
  let bridge: Bridge | null = null;
  mesh.onMessage = (host, freight, epoch, frames) => {
    if (freight === Freight.records || freight === Freight.credit)
      bridge?.receive(host, freight, epoch, frames);
    else onFreight(host, freight, epoch, frames);
  };
  mesh.onBroken = onBroken;
  return {
    mesh,
    connect: (peers) => {
      for (const peer of peers) {
        if (known.has(peer.host)) continue;
        known.add(peer.host);
        mesh.connect(peer);
      }
    },
    bridge: (control, heap, onFault) => {
      const made = new Bridge({ control, heap, mesh, onFault });
      bridge = made;
      const peers = [...new Set(control.layout.placement!.hostOf)].filter((h) => h !== options.host);
      return {
        counts: () => {
          const { sent, received, waiting } = made.counters();
          const flying = peers.reduce((n, host) => n + mesh.inFlight(host), 0);
          return { sent: total(sent), received: total(received), waiting: waiting + flying };
        },
        close: () => {
          made.stop();
          if (bridge === made) bridge = null;
        },
      };
    },
    drop: (host) => mesh.drop(host),
    close: () => mesh.close(),
  };
}

const total = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
