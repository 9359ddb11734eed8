import type { Freight, HostAddress, Mesh } from '../../core/transport/zeromq/mesh.js';
import type { Refusal } from '../../core/wire/network.js';

interface Parcel {
  from: number;
  freight: Freight;
  epoch: number;
  frames: Uint8Array[];
  bytes: number;
  acknowledged: (() => void) | undefined;
}

/** How messages between hosts of one process travel. */
export interface MemoryMeshOptions {
  /** Chooses how many turns of the event loop a message waits; those of one pair of hosts keep their order. */
  delay?: () => number;
}

/**
 * The links of several hosts in one process: what is sent is copied, and arrives and is acknowledged in later turns of the
 * event loop, in the order of its sender, as over sockets.
 */
export class MemoryMesh implements Mesh {
  readonly self: number;
  readonly refused = new Map<Refusal, number>();
  onMessage: Mesh['onMessage'] = () => {};
  onBroken: Mesh['onBroken'] = () => {};
  readonly #all: MemoryMesh[];
  readonly #options: MemoryMeshOptions;
  /** By host. */
  readonly #queues: Parcel[][] = [];
  readonly #flying: number[] = [];
  #closed = false;

  private constructor(self: number, all: MemoryMesh[], options: MemoryMeshOptions) {
    this.self = self;
    this.#all = all;
    this.#options = options;
  }

  /** The ends of a mesh of hosts 0 to `hosts` − 1. */
  static create(hosts: number, options: MemoryMeshOptions = {}): MemoryMesh[] {
    const all: MemoryMesh[] = [];
    for (let host = 0; host < hosts; host++) all.push(new MemoryMesh(host, all, options));
    return all;
  }

  get address(): HostAddress {
    return {
      host: this.self,
      endpoints: [`memory://${this.self}`],
      publicKey: null,
      instance: 'memory',
      machine: 'memory',
    };
  }

  connect(): void {}

  /** Everything arrives: nobody asks. */
  contact(): null {
    return null;
  }

  refuse(host: number, refusal: Refusal): void {
    this.refused.set(refusal, (this.refused.get(refusal) ?? 0) + 1);
    this.onBroken(host, refusal);
  }

  send(
    host: number,
    freight: Freight,
    epoch: number,
    frames: readonly Uint8Array[],
    acknowledged?: () => void,
  ): void {
    if (this.#closed) return;
    const bytes = frames.reduce((n, f) => n + f.byteLength, 0);
    const copies = frames.map((f) => new Uint8Array(f));
    this.#flying[host] = this.inFlight(host) + bytes;
    this.#queues[host] ??= [];
    const queue = this.#queues[host];
    queue.push({ from: this.self, freight, epoch, frames: copies, bytes, acknowledged });
    if (queue.length === 1) this.#next(host);
  }

  inFlight(host: number): number {
    return this.#flying[host] ?? 0;
  }

  drop(host: number): void {
    for (const p of this.#queues[host]?.splice(0) ?? []) p.acknowledged?.();
    this.#flying[host] = 0;
  }

  close(): void {
    this.#closed = true;
  }

  #next(host: number): void {
    let turns = this.#options.delay?.() ?? 0;
    const wait = (): void => {
      if (turns-- > 0) setImmediate(wait);
      else this.#arrive(host);
    };
    setImmediate(wait);
  }

  #arrive(host: number): void {
    const parcel = this.#queues[host]!.shift();
    const peer = this.#all[host]!;
    if (!parcel || this.#closed || peer.#closed) return;
    if (this.#queues[host]!.length > 0) this.#next(host);
    peer.onMessage(this.self, parcel.freight, parcel.epoch, parcel.frames);
    setImmediate(() => {
      this.#flying[host]! -= parcel.bytes;
      parcel.acknowledged?.();
    });
  }
}
