import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { HaloweaveError } from '../../base/errors.js';
import {
  checkFrames,
  emptyHeader,
  type Freight,
  HEADER_BYTES,
  MAX_EPOCH,
  MAX_FRAMES,
  MAX_HOST,
  type Refusal,
  readHeader,
  writeHeader,
} from '../../wire/network.js';
import { Link, OWN } from './link.js';
import { chooseEndpoint, ipcFolder, machineName } from './machine.js';
import type { Contact, HostAddress, Mesh } from './mesh.js';
import type { Parcel } from './resend-queue.js';
import { type DataSocket, openDealer, openRouter, plain, type SocketSecurity } from './sockets.js';

export interface MeshOptions {
  /** Number of this host. */
  host: number;
  security?: SocketSecurity;
  /** Where to listen; port `*` or 0 for any that is free (default `tcp://127.0.0.1:*`). Whether that needs keys is for the caller to check. */
  listen?: string;
  /** What peers connect to instead, behind a relay or an address translation; its port may be `*` for the one listened on. */
  advertise?: string;
  /** No `ipc://`, neither offered nor taken, though a peer be on this machine. */
  tcpOnly?: boolean;
}

/** A peer and all that belongs to it. */
interface Peer {
  readonly host: number;
  readonly link: Link;
  readonly instance: bigint;
  /** Its name at this host's ROUTER. */
  readonly route: Buffer;
  /** The socket that connects to it; null if it connects to this host. */
  readonly dealer: DataSocket | null;
  dropped: boolean;
  told: boolean;
  pumping: boolean;
}

/** The mesh over ZeroMQ: one ROUTER, and a DEALER for every peer with a higher number. On a main thread only. */
export class ZeromqMesh implements Mesh {
  readonly self: number;
  readonly address: HostAddress;
  /** What the ROUTER is bound to: `address` may tell peers something else. */
  readonly listening: string;
  onMessage: Mesh['onMessage'] = (host) => unset('onMessage', host);
  onBroken: Mesh['onBroken'] = (host) => unset('onBroken', host);
  readonly refused = new Map<Refusal, number>();
  readonly #security: SocketSecurity;
  readonly #tcpOnly: boolean;
  readonly #router: DataSocket;
  readonly #folder: string | null;
  readonly #instance: bigint;
  readonly #peers = new Map<number, Peer>();
  // One header at a time is read, and one written: both are done with before anything else runs.
  readonly #in = emptyHeader();
  readonly #out = emptyHeader();
  readonly #outFrame = new Uint8Array(HEADER_BYTES);
  #timer: NodeJS.Timeout | null = null;
  #timerAt = Number.POSITIVE_INFINITY;
  #closed = false;

  /** Makes this host's part of the mesh and listens. Set `onMessage` and `onBroken` before the first `connect`. */
  static async open(options: MeshOptions): Promise<ZeromqMesh> {
    const { host, security = plain, listen = 'tcp://127.0.0.1:*', tcpOnly = false } = options;
    if (!Number.isInteger(host) || host < 0 || host > MAX_HOST)
      throw new HaloweaveError('argument', `host ${host} is no number from 0 to ${MAX_HOST}`);
    let mesh: ZeromqMesh | null = null;
    const router = openRouter(security, { message: (parts) => mesh!.#arrived(parts, 1, null) });
    const folder = tcpOnly ? null : ipcFolder();
    const endpoints: string[] = [];
    let listening: string;
    try {
      if (folder !== null) endpoints.push(await router.bind(`ipc://${join(folder, 'data')}`));
      listening = await router.bind(listen.replace(/:0$/, ':*'));
      endpoints.push(advertised(listening, options.advertise));
    } catch (cause) {
      router.close();
      if (folder !== null) rmSync(folder, { recursive: true, force: true });
      throw new HaloweaveError(
        'usage',
        `host ${host} cannot listen on ${listen}: ${(cause as Error).message}`,
        {},
        { cause },
      );
    }
    const instance = randomBytes(8).toString('hex');
    const address = { host, endpoints, publicKey: security.publicKey, instance, machine: machineName() };
    mesh = new ZeromqMesh(address, listening, router, security, tcpOnly, folder);
    router.begin();
    return mesh;
  }

  private constructor(
    address: HostAddress,
    listening: string,
    router: DataSocket,
    security: SocketSecurity,
    tcpOnly: boolean,
    folder: string | null,
  ) {
    this.self = address.host;
    this.address = address;
    this.listening = listening;
    this.#router = router;
    this.#security = security;
    this.#tcpOnly = tcpOnly;
    this.#folder = folder;
    this.#instance = BigInt(`0x${address.instance}`);
  }

  connect(address: HostAddress): void {
    const { host, instance } = address;
    if (host === this.self || this.#peers.has(host))
      throw new HaloweaveError(
        'argument',
        host === this.self
          ? `host ${host} cannot connect to itself`
          : `host ${host} is connected already, or was: a new process needs a new number`,
      );
    const peer: Peer = {
      host,
      link: new Link(host),
      instance: BigInt(`0x${instance}`),
      route: Buffer.from(routeOf(host, instance)),
      dealer: this.self < host ? this.#dial(address) : null,
      dropped: false,
      told: false,
      pumping: false,
    };
    this.#peers.set(host, peer);
    peer.dealer?.begin();
  }

  send(
    host: number,
    freight: Freight,
    epoch: number,
    frames: readonly Uint8Array[],
    acknowledged?: () => void,
  ): void {
    const peer = this.#peers.get(host);
    if (!peer) throw new HaloweaveError('argument', `host ${host} is not connected: call connect first`);
    let bytes = HEADER_BYTES;
    for (const frame of frames) bytes += frame.byteLength;
    const limit = freight === 0 ? 'frame count' : checkFrames(frames, 0, frames.length);
    if (limit !== null || frames.length === 0 || epoch < 0 || epoch > MAX_EPOCH)
      throw new HaloweaveError(
        'argument',
        `a message of ${frames.length} frames and ${bytes} bytes to host ${host} is beyond the limits (${limit ?? 'no frames, or a wrong epoch'}): at most ${MAX_FRAMES} frames; cut it`,
      );
    if (peer.dropped) {
      if (acknowledged) queueMicrotask(acknowledged);
      return;
    }
    peer.link.push(freight, epoch, frames, bytes, acknowledged ?? null, performance.now());
    void this.#pump(peer);
  }

  inFlight(host: number): number {
    return this.#peers.get(host)?.link.inFlight ?? 0;
  }

  contact(host: number): Contact | null {
    const peer = this.#peers.get(host);
    if (!peer || peer.dropped) return null;
    const { owes, heard, roundTrip } = peer.link;
    return { owes, heard, roundTrip };
  }

  refuse(host: number, refusal: Refusal): void {
    this.#count(refusal);
    const peer = this.#peers.get(host);
    if (!peer || peer.dropped) return;
    peer.link.broken ??= `host ${host} sent what makes no sense (${refusal})`;
    this.#tell(peer);
  }

  drop(host: number): void {
    const peer = this.#peers.get(host);
    if (!peer || peer.dropped) return;
    peer.dropped = true;
    peer.dealer?.close();
    peer.link.abandon();
    this.#release(peer);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#timer) clearTimeout(this.#timer);
    for (const host of this.#peers.keys()) this.drop(host);
    this.#router.close();
    if (this.#folder !== null) rmSync(this.#folder, { recursive: true, force: true });
  }

  #dial({ host, endpoints, publicKey, machine }: HostAddress): DataSocket {
    const endpoint = chooseEndpoint(endpoints, machine === this.address.machine, this.#tcpOnly);
    if (endpoint === null)
      throw new HaloweaveError(
        'usage',
        `host ${host} has no address that can be reached from here: it offers ${endpoints.join(', ') || 'none'}`,
      );
    const route = routeOf(this.self, this.address.instance);
    const socket = openDealer(this.#security, publicKey, route, {
      message: (parts) => this.#arrived(parts, 0, this.#peers.get(host)!),
      event: ({ type }) => {
        const peer = this.#peers.get(host);
        if (!peer || peer.dropped) return;
        peer.link.connection(type === 'handshake', performance.now());
        void this.#pump(peer);
      },
    });
    socket.connect(endpoint);
    return socket;
  }

  /** A message whose header is `parts[at]`, from the DEALER of a peer or from whoever is connected to the ROUTER. */
  #arrived(parts: Buffer[], at: number, dealt: Peer | null): void {
    const from = this.#sender(parts, at, dealt);
    if (typeof from === 'string') {
      this.#count(from);
      return;
    }
    const frames = parts.slice(at + 1);
    let bytes = HEADER_BYTES;
    for (const frame of frames) bytes += frame.byteLength;
    const { freight, epoch } = this.#in;
    const verdict = from.link.arrived(this.#in, bytes, performance.now());
    if (verdict === 'deliver') this.onMessage(from.host, freight, epoch, frames);
    if (from.link.broken !== null) this.#tell(from);
    this.#release(from);
    void this.#pump(from);
  }

  /** Who sent a message, or why it is refused. Reads the header. */
  #sender(parts: Buffer[], at: number, dealt: Peer | null): Peer | Refusal {
    const h = this.#in;
    const frame = parts[at];
    const refusal = frame ? readHeader(frame, h) : 'header length';
    if (refusal !== null) return refusal;
    if (h.to !== this.self) return 'receiver';
    const peer = this.#peers.get(h.from);
    if (!peer) return 'unknown host';
    if (h.instance !== peer.instance) return 'other instance';
    if (peer.dropped) return 'dropped host';
    if (peer.told) return 'broken link';
    if (dealt ? dealt !== peer : peer.dealer !== null || !peer.route.equals(parts[0]!)) return 'route';
    return checkFrames(parts, at + 1, h.frames) ?? peer;
  }

  /** Puts on the wire what a link has to send, one message after the other. */
  async #pump(peer: Peer): Promise<void> {
    if (peer.pumping || this.#closed || peer.dropped) return;
    peer.pumping = true;
    const { link } = peer;
    const socket = peer.dealer ?? this.#router;
    for (let what = this.#next(peer); what !== null; what = this.#next(peer)) {
      const outcome = await socket.send(this.#wrap(peer, what));
      if (outcome === 'closed') break;
      if (outcome !== 'sent') link.refused(what, outcome === 'unreachable', performance.now());
    }
    peer.pumping = false;
    this.#arm(link.deadline);
  }

  #next(peer: Peer): Parcel | typeof OWN | null {
    return this.#closed || peer.dropped ? null : peer.link.take(this.#out, performance.now());
  }

  #wrap(peer: Peer, what: Parcel | typeof OWN): Uint8Array[] {
    const h = this.#out;
    h.from = this.self;
    h.to = peer.host;
    h.instance = this.#instance;
    // Up to 128 bytes a socket copies before `send` returns: one frame serves for all headers.
    writeHeader(this.#outFrame, h);
    const parts: Uint8Array[] = peer.dealer ? [this.#outFrame] : [peer.route, this.#outFrame];
    if (what !== OWN) for (const frame of what.frames) parts.push(frame);
    return parts;
  }

  #release(peer: Peer): void {
    const { released } = peer.link;
    if (released.length === 0) return;
    for (const parcel of released.splice(0)) parcel.acknowledged?.();
  }

  #tell(peer: Peer): void {
    if (peer.told || peer.dropped) return;
    peer.told = true;
    this.onBroken(peer.host, peer.link.broken!);
  }

  #arm(at: number): void {
    if (at >= this.#timerAt || this.#closed) return;
    if (this.#timer) clearTimeout(this.#timer);
    this.#timerAt = at;
    this.#timer = setTimeout(() => this.#tick(), Math.max(0, at - performance.now()));
  }

  #tick(): void {
    this.#timerAt = Number.POSITIVE_INFINITY;
    const now = performance.now();
    for (const peer of this.#peers.values()) {
      if (peer.dropped) continue;
      peer.link.tick(now);
      void this.#pump(peer);
    }
  }

  #count(refusal: Refusal): void {
    this.refused.set(refusal, (this.refused.get(refusal) ?? 0) + 1);
  }
}

const routeOf = (host: number, instance: string): string => `${host}.${instance}`;

function advertised(bound: string, advertise: string | undefined): string {
  const port = bound.slice(bound.lastIndexOf(':') + 1);
  return advertise === undefined ? bound : advertise.replace(/:\*$/, `:${port}`);
}

function unset(handler: string, host: number): never {
  throw new HaloweaveError('argument', `the mesh has no ${handler}: set it before host ${host} is connected`);
}
