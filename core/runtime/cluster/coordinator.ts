import { HaloweaveError } from '../../base/errors.js';
import type { HostAddress, Mesh } from '../../transport/zeromq/mesh.js';
import type { OnRefusal } from '../../transport/zeromq/refusal.js';
import type { Refusal } from '../../wire/network.js';
import type { ClusterSecurity } from './cluster-security.js';
import { probeEndpoint, wireAddress } from './control-codec.js';
import type { ControlMessage, Identity } from './control-messages.js';
import type { ControlPeer } from './control-peer.js';
import { type ControlListener, connectControl, listenForControl } from './control-sockets.js';
import type { HostSpec } from './hostfile.js';
import { thisProcess } from './identity.js';
import { judgeRefusals } from './judge-refusals.js';
import { Member } from './member.js';
import type { HostNetwork, OnFreight } from './network.js';
import { Pulse } from './pulse.js';
import { CONTACT_LOOK, Complaints, Contacts, verdictText } from './reachability.js';
import { sayRefused } from './say-refused.js';
import type { Offer } from './slots.js';

export interface CoordinatorSetup {
  /** Workers to connect to. */
  hosts: readonly HostSpec[];
  /** `tcp://…` at which workers may join; null if none may. */
  listen: string | null;
  /** How long a named worker may take to answer, in ms. */
  patience: number;
  secured: ClusterSecurity;
  /** Told of refusals that do not end a link by themselves. */
  onRefusal: OnRefusal;
  /** Opens this host's own links. */
  network: (onBroken: (host: number, reason: string) => void, onFreight: OnFreight) => Promise<HostNetwork>;
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
  /** Something about pieces of saved states. */
  freight: OnFreight;
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
  /** Workers that have been refused, until they have heard why. */
  readonly #partings: Promise<void>[] = [];
  /** Workers that have been named and have not joined yet, with who waits for them. */
  readonly #awaited = new Map<number, { resolve: () => void; reject: (error: Error) => void }>();
  readonly #contacts = new Contacts(performance.now());
  readonly #complaints = new Complaints();
  #judging: NodeJS.Timeout | null = null;
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

  /** This host's links. */
  get mesh(): Mesh {
    return this.#network!.mesh;
  }

  /** Workers that can be given ranks, in the order of their numbers. */
  get joined(): Member[] {
    return [...this.members.values()].filter((m) => m.met && !m.leaving);
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
    const { hosts, listen, network, secured } = this.#setup;
    this.#network = await network(
      (host, reason) => this.#lost(host, reason),
      (...message) => this.#events.freight(...message),
    );
    this.#judging = setInterval(() => this.#judge(), CONTACT_LOOK);
    if (listen !== null)
      this.#listener = await listenForControl(
        listen,
        (peer) => this.#add(peer, '', null, null),
        secured.control,
      );
    await Promise.all(hosts.map((spec) => this.#name(spec)));
  }

  /** Gives a worker up that lives. */
  evict(host: number, reason: string): void {
    this.#lost(host, reason);
  }

  /** What a worker sent over the data mesh makes no sense: its link is broken, and it is lost. */
  refuse(host: number, refusal: Refusal): void {
    this.#network?.mesh.refuse(host, refusal);
  }

  /** Lets a worker go that has asked to. */
  async release(member: Member): Promise<void> {
    this.#forget(member);
    this.#setup.say(`host ${member.host}, ${member.name}, has left`);
    await member.bye('it asked to go');
  }

  async close(reason: string): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const { reject } of this.#awaited.values())
      reject(new HaloweaveError('aborted', 'the coordinator was closed while it waited for a worker'));
    const members = [...this.members.values()];
    await Promise.all([...members.map((m) => m.bye(reason)), ...this.#partings]);
    this.#pulse.stop();
    if (this.#judging) clearInterval(this.#judging);
    sayRefused(this.#setup.say, this.#network?.mesh.refused, this.#listener?.refused);
    this.#listener?.close();
    this.#network?.close();
    await this.#setup.secured.close();
  }

  async #name(spec: HostSpec): Promise<void> {
    const { secured, patience, onRefusal } = this.#setup;
    const serverKey = secured.serverKey(spec.key);
    const endpoint = await secured.toConnect(spec.endpoint);
    // Another worker may have refused meanwhile.
    if (this.#closed) return;
    const peer = connectControl(endpoint, secured.control, serverKey);
    const member = this.#add(peer, spec.endpoint, spec.slots, endpoint);
    const judge = judgeRefusals({
      whom: `the worker at ${spec.endpoint}`,
      publicKey: secured.control.publicKey,
      heard: () => member.heard,
      onRefusal,
    });
    peer.onRefused = (refusal) => {
      const error = judge(refusal);
      if (error !== null) this.#lost(member.host, error.message, error);
    };
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
        joined: (m) => void this.#hasJoined(m, probe),
        refused: (m, reason) => this.#lost(m.host, reason),
        leave: (m) => this.#asksToGo(m),
        gone: (m, reason) => this.#lost(m.host, reason),
        message: (m, message) => {
          if (message.type === 'unreachable') this.#complaints.tell(m.host, message.hosts);
          else this.#events.message(m, message);
        },
        say: this.#setup.say,
      },
    );
    this.members.set(host, member);
    if (probe === null) this.#pulse.add(host, peer, null);
    else this.#pulse.addOnceHeard(host, peer, probe, () => (member.heard = true));
    return member;
  }

  /**
   * Has all hosts that have joined let the new one in, and it them, and only then connects them: whoever came before the other side
   * knew its key would be refused. Who has no ranks takes part: the others may go on from what it has.
   */
  async #hasJoined(member: Member, probe: string | null): Promise<void> {
    const { mesh } = this.#network!;
    this.#pulse.listensAt(member.host, probe ?? probeEndpoint(member.address!, mesh.address));
    this.#network!.connect([member.address!]);
    const all = [...this.members.values()].filter((m) => m.address !== null);
    const addresses = [mesh.address, ...all.map((m) => m.address!)].map(wireAddress);
    for (const m of all) m.send({ type: 'hosts', addresses });
    // Whoever is lost meanwhile is not waited for: its link is closed.
    await Promise.all(all.map((m) => m.peer.flushed()));
    if (this.#closed || this.members.get(member.host) !== member) return;
    const there = addresses.filter(({ host }) => host === 0 || this.members.has(host));
    for (const m of all) m.send({ type: 'meet', addresses: there });
    member.met = true;
    this.#awaited.get(member.host)?.resolve();
    this.#events.joined(member);
  }

  #asksToGo(member: Member): void {
    if (member.met) {
      this.#events.leave(member);
      return;
    }
    const reason = `the worker at ${member.name} was told to leave while it joined`;
    this.#awaited.get(member.host)?.reject(new HaloweaveError('usage', reason));
    void this.release(member);
  }

  /** Gives up whoever is cut off from others, so that those can go on. */
  #judge(): void {
    const now = performance.now();
    this.#complaints.tell(0, this.#contacts.look(now, this.#network!.contacts(), 0));
    const verdict = this.#complaints.judge(now, (host) => this.#pulse.answers(host));
    if (verdict) this.evict(verdict.host, verdictText(verdict));
  }

  #forget(member: Member): void {
    this.members.delete(member.host);
    this.#pulse.remove(member.host);
    this.#complaints.forget(member.host);
    this.#network?.drop(member.host);
    if (member.address) for (const m of this.members.values()) m.send({ type: 'gone', host: member.host });
  }

  #lost(host: number, reason: string, error?: HaloweaveError): void {
    const member = this.members.get(host);
    if (!member || this.#closed) return;
    this.#forget(member);
    const awaited = this.#awaited.get(host);
    if (awaited)
      awaited.reject(error ?? new HaloweaveError('usage', `the worker at ${member.name}: ${reason}`));
    else if (member.met) this.#events.lost(member, reason);
    else this.#setup.say(`${member.name} did not join: ${reason}`);
    member.drop(reason);
    if (member.parting) this.#partings.push(member.parting);
  }
}
