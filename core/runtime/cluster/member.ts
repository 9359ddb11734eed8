import { HaloweaveError } from '../../base/errors.js';
import type { HostAddress } from '../../transport/zeromq/mesh.js';
import type { ProgramBundle } from '../bundle.js';
import { readControl, sendControl, wireAddress } from './control-codec.js';
import { type ControlMessage, type Identity, PIECE_BYTES, PROTOCOL } from './control-messages.js';
import type { ControlPeer } from './control-peer.js';
import { compareVersions, foreignProtocol } from './identity.js';

/** How long a goodbye may take to arrive, in ms: beyond that the worker finds out by itself. */
const GOODBYE = 1000;

export interface MemberEvents {
  /** The worker can be given ranks. */
  joined(member: Member): void;
  /** It will not work with this coordinator, or the other way round. Nothing comes of it any more. */
  refused(member: Member, reason: string): void;
  /** It asks to go. */
  leave(member: Member): void;
  /** It has gone by itself. */
  gone(member: Member, reason: string): void;
  /** Something about an epoch. */
  message(member: Member, message: ControlMessage): void;
  /** For people. */
  say(text: string): void;
}

/** One worker, as its coordinator sees it: from the first hello until it is gone. */
export class Member {
  readonly host: number;
  readonly peer: ControlPeer;
  identity: Identity | null = null;
  /** Null until it has joined. */
  address: HostAddress | null = null;
  /** All hosts that have joined know of it: it can be given ranks. */
  met = false;
  /** Ranks it offers, limited by what the file of hosts allows. */
  slots = 0;
  leaving = false;
  /** It has said something, if only that it is there. */
  heard = false;
  readonly #here: Identity;
  readonly #hereAt: HostAddress;
  readonly #limit: number | null;
  readonly #where: string;
  readonly #events: MemberEvents;
  readonly #bundles = new Map<string, Promise<void>>();
  #bundle: { text: Uint8Array; sha256: string; kept: () => void; failed: (error: Error) => void } | null =
    null;
  #over = false;
  /** Until a worker that is refused has heard why; null otherwise. */
  parting: Promise<void> | null = null;

  constructor(
    host: number,
    peer: ControlPeer,
    setup: { here: Identity; address: HostAddress; where: string; limit: number | null },
    events: MemberEvents,
  ) {
    this.host = host;
    this.peer = peer;
    this.#here = setup.here;
    this.#hereAt = setup.address;
    this.#where = setup.where;
    this.#limit = setup.limit;
    this.#events = events;
    peer.onMessage = (body) => this.#take(body);
  }

  /** The worker for people: its machine, and where it was reached. */
  get name(): string {
    const { identity } = this;
    return identity ? `${identity.name} (${this.#where || `process ${identity.pid}`})` : this.#where;
  }

  hello(): void {
    this.send({ type: 'hello', protocol: PROTOCOL, role: 'coordinator', identity: this.#here, ranks: 0 });
  }

  send(message: ControlMessage): void {
    if (!this.#over) sendControl(this.peer, message);
  }

  /** Sees to it that the worker has the program; it is sent at most once. */
  provide({ text, sha256, file }: ProgramBundle): Promise<void> {
    let provided = this.#bundles.get(sha256);
    if (!provided) {
      provided = new Promise<void>((kept, failed) => {
        this.#bundle = { text, sha256, kept, failed };
        this.send({
          type: 'bundle',
          sha256,
          pieces: Math.max(1, Math.ceil(text.length / PIECE_BYTES)),
          file,
        });
      });
      this.#bundles.set(sha256, provided);
    }
    return provided;
  }

  /** Says goodbye, and waits until it has been heard. */
  async bye(reason: string): Promise<void> {
    if (this.#over) return;
    this.send({ type: 'bye', reason });
    await this.peer.flushed(GOODBYE);
    this.drop(reason);
  }

  /** Gives the worker up: whatever it still says is not heard. */
  drop(reason: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#bundle?.failed(new HaloweaveError('lost', `${this.name} is gone: ${reason}`));
    // Whoever is being told why it is refused hears it first.
    if (!this.parting) this.peer.close();
  }

  #refuse(reason: string): void {
    this.send({ type: 'refuse', reason, wait: false });
    this.parting = this.peer.flushed(GOODBYE).then(() => this.peer.close());
    this.#events.refused(this, reason);
  }

  #take(body: Uint8Array): void {
    if (this.#over) return;
    try {
      const message = readControl(body);
      if (message.type === 'foreign-hello') this.#refuse(foreignProtocol(this.#here, message));
      else this.#act(message);
    } catch (error) {
      if (!(error instanceof HaloweaveError)) throw error;
      this.#refuse(`${this.name} said what cannot be: ${error.message}`);
    }
  }

  #act(message: ControlMessage): void {
    switch (message.type) {
      case 'hello':
        this.#meet(message.identity, message.ranks, message.role);
        return;
      case 'joined':
        this.address = { ...message.address, host: this.host };
        this.#events.joined(this);
        return;
      case 'warning':
        this.#events.say(`${this.name}: ${message.text}`);
        return;
      case 'refuse':
        this.#events.refused(this, message.reason);
        this.drop(message.reason);
        return;
      case 'leave':
        this.leaving = true;
        this.#events.leave(this);
        return;
      case 'bye':
        this.#events.gone(this, message.reason);
        this.drop(message.reason);
        return;
      case 'bundle-wanted':
        this.#sendBundle(message.sha256);
        return;
      case 'bundle-kept':
        if (this.#bundle?.sha256 !== message.sha256) return;
        this.#bundle.kept();
        this.#bundle = null;
        return;
      default:
        this.#events.message(this, message);
    }
  }

  #meet(identity: Identity, ranks: number, role: string): void {
    if (this.identity) return;
    this.identity = identity;
    if (role !== 'worker') {
      this.#refuse(`${identity.name} (process ${identity.pid}) is a coordinator, not a worker`);
      return;
    }
    const found = compareVersions(this.#here, identity);
    if (found.kind === 'refuse') {
      this.#refuse(found.text);
      return;
    }
    if (found.kind === 'warn') this.#events.say(`warning: ${found.text}`);
    this.slots = Math.min(ranks, this.#limit ?? ranks);
    this.send({
      type: 'welcome',
      host: this.host,
      identity: this.#here,
      address: wireAddress(this.#hereAt),
    });
  }

  #sendBundle(sha256: string): void {
    const bundle = this.#bundle;
    if (bundle?.sha256 !== sha256)
      throw new HaloweaveError('format', `it wants bundle ${sha256}, which was not offered`);
    const { text } = bundle;
    for (let at = 0, piece = 0; piece === 0 || at < text.length; at += PIECE_BYTES, piece++)
      this.send({ type: 'bundle-piece', sha256, piece, bytes: text.subarray(at, at + PIECE_BYTES) });
  }
}
