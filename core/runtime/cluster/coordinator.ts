import { HaloweaveError } from '../../base/errors.js';
import type { HostAddress } from '../../transport/zeromq/mesh.js';
import { plain, type SocketSecurity } from '../../transport/zeromq/sockets.js';
import { tcpEndpoint } from './control-codec.js';
import type { ControlMessage, Identity } from './control-messages.js';
import type { ControlPeer } from './control-peer.js';
import { type ControlListener, connectControl, listenForControl } from './control-sockets.js';
import type { HostSpec } from './hostfile.js';
import { thisProcess } from './identity.js';
import { Member } from './member.js';
import type { HostNetwork } from './network.js';
import { Pulse } from './pulse.js';
import type { Offer } from './slots.js';

export interface CoordinatorSetup {
  /** Workers to connect to. */
  hosts: readonly HostSpec[];
  /** `tcp://…` at which workers may join; null if none may. */
  listen: string | null;
  /** How long a named worker may take to answer, in ms. */
  patience: number;
  security?: SocketSecurity;
  /** Opens this host's own links. */
  network: (onBroken: (host: number, reason: string) => void) => Promise<HostNetwork>;
  /** For people. */
  say: (text: string) => void;
}

export interface CoordinatorEvents {
  /** Ranks can be had that could not before. */
  joined(member: Member): void;
  /** A worker that had joined is gone: killed, unreachable, refused for what it said, or gone by itself. */
  lost(member: Member, reason: string): void;
  /** It asks to go: `release` lets it. */
  leave(member: Member): void;
  /** Something about an epoch. */
  message(member: Member, message: ControlMessage): void;
}

/** The coordinator's links to its workers: who they are, who joins, who is gone. */
export class Coordinator {
  readonly members = new Map<number, Member>();
  readonly identity: Identity = thisProcess();
  readonly #setup: CoordinatorSetup;
  readonly #events: CoordinatorEvents;
  readonly #pulse: Pulse;
  #listener: ControlListener | null = null;
  #network: HostNetwork | null = null;
  /** Workers that have been named and have not joined yet, with who waits for them. */
  readonly #awaited = new Map<number, { resolve: () => void; reject: (error: Error) => void }>();
  #nextHost = 1;
  #closed = false;

  constructor(setup: CoordinatorSetup, events: CoordinatorEvents) {
    this.#setup = setup;
    this.#events = events;
    this.#pulse = new Pulse((host, reason) => this.#lost(host, reason));
  }

  /** Where workers may join, with the port; null if none may. */
  get endpoint(): string | null {
    return this.#listener?.endpoint ?? null;
  }

  /** Workers that can be given ranks, in the order of their numbers. */
  get joined(): Member[] {
    return [...this.members.values()].filter((m) => m.address !== null && !m.leaving);
  }

  get offers(): Offer[] {
    return this.joined.map((m) => ({ host: m.host, name: m.name, slots: m.slots }));
  }

  /** Where the data sockets of these hosts are reached, and of this one. */
  addresses(hosts: readonly number[]): HostAddress[] {
    return [this.#network!.mesh.address, ...hosts.map((h) => this.members.get(h)!.address!)];
  }

  /** Listens, and connects to the workers that have been named; resolves when they have joined. */
  async start(): Promise<void> {
    const { hosts, listen, network, security = plain } = this.#setup;
    this.#network = await network((host, reason) => this.#lost(host, reason));
    if (listen !== null)
      this.#listener = await listenForControl(listen, (peer) => this.#add(peer, '', null, null), security);
    await Promise.all(hosts.map((spec) => this.#name(spec, security)));
  }

  /** Lets a worker go that has asked to. */
  async release(member: Member): Promise<void> {
    this.#forget(member);
    await member.bye('it asked to go');
  }

  async close(reason: string): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const members = [...this.members.values()];
    await Promise.all(members.map((m) => m.bye(reason)));
    this.#pulse.stop();
    this.#listener?.close();
    this.#network?.close();
  }

  async #name(spec: HostSpec, security: SocketSecurity): Promise<void> {
    const peer = connectControl(spec.endpoint, security, spec.key);
    const member = this.#add(peer, spec.endpoint, spec.slots, spec.endpoint);
    const { patience } = this.#setup;
    let impatient: NodeJS.Timeout | null = null;
    try {
      await new Promise<void>((resolve, reject) => {
        this.#awaited.set(member.host, { resolve, reject });
        impatient = setTimeout(() => {
          // Whoever has said a word is there, and may be busy with another coordinator.
          if (member.heard) return;
          reject(
            new HaloweaveError(
              'usage',
              `no worker answers at ${spec.endpoint} (waited ${patience / 1000} s): start one there with haloweave worker --listen ${spec.endpoint} -n RANKS`,
            ),
          );
        }, patience);
        member.hello();
      });
    } finally {
      if (impatient) clearTimeout(impatient);
      this.#awaited.delete(member.host);
    }
  }

  #add(peer: ControlPeer, where: string, limit: number | null, probe: string | null): Member {
    const host = this.#nextHost++;
    const member = new Member(
      host,
      peer,
      { here: this.identity, address: this.#network!.mesh.address, where, limit },
      {
        joined: (m) => this.#hasJoined(m, probe),
        refused: (m, reason) => this.#lost(m.host, reason),
        leave: (m) => this.#events.leave(m),
        gone: (m, reason) => this.#lost(m.host, reason),
        message: (m, message) => this.#events.message(m, message),
        say: this.#setup.say,
      },
    );
    this.members.set(host, member);
    if (probe === null) this.#pulse.add(host, peer, null);
    else this.#pulse.addOnceHeard(host, peer, probe, () => (member.heard = true));
    return member;
  }

  #hasJoined(member: Member, probe: string | null): void {
    this.#pulse.listensAt(member.host, probe ?? tcpEndpoint(member.address!));
    this.#network?.connect([member.address!]);
    this.#awaited.get(member.host)?.resolve();
    this.#events.joined(member);
  }

  #forget(member: Member): void {
    this.members.delete(member.host);
    this.#pulse.remove(member.host);
    this.#network?.drop(member.host);
  }

  #lost(host: number, reason: string): void {
    const member = this.members.get(host);
    if (!member || this.#closed) return;
    this.#forget(member);
    const awaited = this.#awaited.get(host);
    if (awaited) awaited.reject(new HaloweaveError('usage', `the worker at ${member.name}: ${reason}`));
    else if (member.address) this.#events.lost(member, reason);
    else this.#setup.say(`${member.name} did not join: ${reason}`);
    member.drop(reason);
  }
}
