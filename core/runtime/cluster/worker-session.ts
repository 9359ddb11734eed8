import { HaloweaveError } from '../../base/errors.js';
import type { Log } from '../../observe/log.js';
import { serialiseError } from '../../wire/host-messages.js';
import { sha256Of, storeBundle, storedModule } from '../bundle-store.js';
import { PieceStore } from './buddy.js';
import {
  encodeParts,
  Pieces,
  probeEndpoint,
  readControl,
  sendControl,
  wireAddress,
  wireError,
} from './control-codec.js';
import { type ControlMessage, type ControlOf, type Identity, PROTOCOL } from './control-messages.js';
import type { ControlPeer } from './control-peer.js';
import { COORDINATOR_SILENCE } from './heartbeat.js';
import { compareVersions, foreignProtocol } from './identity.js';
import type { HostNetwork, OpenNetwork } from './network.js';
import { Pulse } from './pulse.js';
import { CONTACT_LOOK, Contacts } from './reachability.js';
import { sayRefused } from './say-refused.js';
import { WorkerEpoch } from './worker-epoch.js';

/** How long a goodbye may take to arrive, in ms: beyond that the coordinator finds out by itself. */
const GOODBYE = 1000;

export interface SessionSetup {
  identity: Identity;
  /** Ranks offered. */
  ranks: number;
  /** Makes this host's links, once it has a number. */
  network: OpenNetwork;
  /** `tcp://…` where the coordinator listens for control; null if it connected to this worker. */
  endpoint: string | null;
  log: Log;
}

/** How a worker's time with a coordinator ended; `forgotten`: the coordinator lives, and has given this worker up. */
export interface SessionEnd {
  how: 'bye' | 'lost' | 'forgotten' | 'refused' | 'left';
  reason: string;
  /** Of a refusal: whether it may be tried again. */
  wait: boolean;
}

/** A worker's time with one coordinator: from the first hello until one of them goes. No thread outlives it. */
export class WorkerSession {
  /** Resolves when it is over and everything of it has been given back. */
  readonly over: Promise<SessionEnd>;
  readonly #setup: SessionSetup;
  readonly #peer: ControlPeer;
  readonly #pulse: Pulse;
  readonly #modules = new Map<string, string>();
  #coordinator = 'the coordinator';
  #host = -1;
  #network: HostNetwork | null = null;
  #bundle: { sha256: string; pieces: number; got: Pieces } | null = null;
  #epoch: WorkerEpoch | null = null;
  /** Pieces of saved states outlive the epochs that saved them. */
  #store: PieceStore | null = null;
  #end: (end: SessionEnd) => void = () => {};
  #over = false;
  #looking: NodeJS.Timeout | null = null;
  #unreachable = '';
  #served = 0;

  constructor(peer: ControlPeer, setup: SessionSetup) {
    this.#peer = peer;
    this.#setup = setup;
    this.over = new Promise<SessionEnd>((resolve) => {
      this.#end = resolve;
    }).then(async (end) => {
      await this.#giveBack();
      return end;
    });
    this.#pulse = new Pulse(
      (_, reason, forgotten) => this.#finish({ how: forgotten ? 'forgotten' : 'lost', reason, wait: false }),
      COORDINATOR_SILENCE,
    );
    if (setup.endpoint === null) this.#pulse.add(0, peer, null);
    else this.#pulse.addOnceHeard(0, peer, setup.endpoint);
    peer.onMessage = (body) => this.#take(body);
  }

  /** Who the worker works for, for people. */
  get coordinator(): string {
    return this.#coordinator;
  }

  /** Epochs begun. */
  get served(): number {
    return this.#served;
  }

  /** True once a coordinator has taken this worker in. */
  get joined(): boolean {
    return this.#host >= 0;
  }

  hello(): void {
    const { identity, ranks } = this.#setup;
    this.#send({ type: 'hello', protocol: PROTOCOL, role: 'worker', identity, ranks });
  }

  /** Asks to go; the session is over once the coordinator agrees. */
  leave(): void {
    // Without a word from a coordinator there is nobody to ask.
    if (this.joined) this.#send({ type: 'leave' });
    else this.stop('the worker was asked to stop');
  }

  /** Goes at once. */
  stop(reason: string): void {
    if (this.#over) return;
    this.#send({ type: 'bye', reason });
    this.#finish({ how: 'left', reason, wait: false });
  }

  /** The coordinator is not there. */
  giveUp(reason: string): void {
    this.#finish({ how: 'lost', reason, wait: false });
  }

  #send(message: ControlMessage): void {
    if (!this.#over) sendControl(this.#peer, message);
  }

  #finish(end: SessionEnd): void {
    if (this.#over) return;
    this.#over = true;
    this.#end(end);
  }

  async #giveBack(): Promise<void> {
    if (this.#looking) clearInterval(this.#looking);
    await this.#epoch?.end();
    sayRefused((text) => this.#setup.log.warn(text), this.#network?.mesh.refused);
    this.#network?.close();
    await this.#peer.flushed(GOODBYE);
    this.#pulse.stop();
    this.#peer.close();
  }

  #refuse(reason: string): void {
    this.#send({ type: 'refuse', reason, wait: false });
    this.#finish({ how: 'refused', reason, wait: false });
  }

  #take(body: Uint8Array): void {
    if (this.#over) return;
    const { identity } = this.#setup;
    try {
      const message = readControl(body);
      if (message.type === 'foreign-hello') this.#refuse(foreignProtocol(identity, message));
      else this.#act(message);
    } catch (error) {
      if (!(error instanceof HaloweaveError)) throw error;
      this.#refuse(`${identity.name}: ${error.message}`);
    }
  }

  #act(message: ControlMessage): void {
    switch (message.type) {
      case 'hello':
        this.#meet(message.identity);
        this.hello();
        return;
      case 'welcome':
        this.#meet(message.identity);
        void this.#join(message);
        return;
      case 'refuse':
        this.#finish({ how: 'refused', reason: message.reason, wait: message.wait });
        return;
      case 'warning':
        this.#setup.log.warn(message.text);
        return;
      case 'hosts':
        this.#network?.admit(message.addresses);
        return;
      case 'meet':
        this.#network?.connect(message.addresses);
        return;
      case 'gone':
        this.#network?.drop(message.host);
        return;
      case 'bye':
        this.#finish({ how: 'bye', reason: message.reason, wait: false });
        return;
      case 'bundle':
        this.#offered(message);
        return;
      case 'bundle-piece':
        this.#piece(message);
        return;
      case 'epoch':
        void this.#prepare(message);
        return;
      case 'hold':
        this.#store?.begin(message.epoch, message.base);
        return;
      case 'commit':
        this.#store?.commit(message.epoch, message.cycles);
        return;
      case 'forget':
        this.#store?.forget(message.epoch, message.cycles);
        return;
      default:
        this.#inEpoch(message);
    }
  }

  #meet(who: Identity): void {
    this.#coordinator = `${who.name} (process ${who.pid})`;
    const found = compareVersions(this.#setup.identity, who);
    if (found.kind === 'refuse') this.#refuse(found.text);
    else if (found.kind === 'warn') this.#setup.log.warn(found.text);
  }

  async #join({ host, address: coordinator }: ControlOf<'welcome'>): Promise<void> {
    if (this.#over || this.joined) return;
    this.#host = host;
    const network = await this.#setup.network(
      host,
      (from, reason) => this.#broken(from, reason),
      (from, freight, epoch, frames) => this.#store?.take(from, freight, epoch, frames),
    );
    // The coordinator may have gone meanwhile.
    if (this.#over) {
      network.close();
      return;
    }
    this.#network = network;
    this.#store = new PieceStore(host, network.mesh, (epoch, cycles, holder, parts) =>
      this.#send({ type: 'kept', epoch, cycles, holder, parts: encodeParts(parts) }),
    );
    network.admit([coordinator]);
    network.connect([coordinator]);
    if (this.#setup.endpoint === null)
      this.#pulse.listensAt(0, probeEndpoint(coordinator, network.mesh.address));
    const contacts = new Contacts(performance.now());
    this.#looking = setInterval(() => this.#lookAround(contacts, network), CONTACT_LOOK);
    this.#setup.log.info({ host }, `joined ${this.#coordinator}`);
    this.#send({ type: 'joined', address: wireAddress(network.mesh.address) });
  }

  /** Tells the coordinator which hosts this one cannot reach, whenever they are others than before. */
  #lookAround(contacts: Contacts, network: HostNetwork): void {
    const hosts = contacts.look(performance.now(), network.contacts(), this.#pulse.roundTrip(0));
    if (hosts.join() === this.#unreachable) return;
    this.#unreachable = hosts.join();
    this.#send({ type: 'unreachable', hosts });
  }

  #offered({ sha256, pieces }: ControlOf<'bundle'>): void {
    const path = this.#modules.get(sha256) ?? storedModule(sha256);
    if (path) {
      this.#modules.set(sha256, path);
      this.#send({ type: 'bundle-kept', sha256 });
      return;
    }
    this.#bundle = { sha256, pieces, got: new Pieces() };
    this.#send({ type: 'bundle-wanted', sha256 });
  }

  #piece({ sha256, piece, bytes }: ControlOf<'bundle-piece'>): void {
    const bundle = this.#bundle;
    if (bundle?.sha256 !== sha256)
      throw new HaloweaveError(
        'format',
        `a piece of bundle ${sha256.slice(0, 12)}…, which was not asked for`,
      );
    const text = bundle.got.add(piece, bundle.pieces, bytes);
    if (!text) return;
    this.#bundle = null;
    const found = sha256Of(text);
    if (found !== sha256)
      throw new HaloweaveError(
        'format',
        `the bundle ${sha256} arrived as ${found}: it was changed on its way`,
      );
    this.#modules.set(sha256, storeBundle(text, sha256));
    this.#send({ type: 'bundle-kept', sha256 });
  }

  async #prepare(plan: ControlOf<'epoch'>): Promise<void> {
    const before = this.#epoch;
    this.#epoch = null;
    // Nothing of two epochs is ever alive at once.
    await before?.end();
    if (this.#over) return;
    try {
      const program = this.#modules.get(plan.sha256);
      if (!program) throw new HaloweaveError('format', `bundle ${plan.sha256} has not come`);
      const [network, store] = [this.#network, this.#store];
      if (!network || !store) throw new HaloweaveError('format', 'an epoch before this worker has joined');
      network.connect(plan.addresses);
      store.begin(plan.epoch, plan.base);
      this.#epoch = new WorkerEpoch({
        host: this.#host,
        plan,
        program,
        network,
        store,
        send: (m) => this.#send(m),
        onFault: (host, error) => this.#fault(plan.epoch, host, error),
      });
      this.#send({ type: 'ready', epoch: plan.epoch });
    } catch (error) {
      this.#fault(plan.epoch, -1, error as Error);
    }
  }

  /** Data from another host cannot be used, or this one has no room: the epoch cannot go on here. */
  #fault(epoch: number, host: number, cause: Error): void {
    this.#send({ type: 'unable', epoch, host, error: wireError(serialiseError(cause)) });
  }

  /** The link to another host cannot go on. Without it no epoch can that has ranks on both. */
  #broken(host: number, reason: string): void {
    if (this.#epoch) this.#fault(this.#epoch.number, host, new HaloweaveError('lost', reason));
  }

  #inEpoch(message: ControlMessage): void {
    const epoch = this.#epoch;
    if (!('epoch' in message) || message.epoch !== epoch?.number) {
      // What belongs to an epoch that is over says nothing any more, except that its end is waited for.
      if (message.type === 'end') this.#send({ type: 'ended', epoch: message.epoch });
      return;
    }
    switch (message.type) {
      case 'begin':
        this.#served++;
        epoch.begin();
        return;
      case 'printed-taken':
        epoch.shown(message.bytes);
        return;
      case 'gather':
        epoch.gather(message.field);
        return;
      case 'abort':
        epoch.abort(message.culprit);
        return;
      case 'look':
        epoch.look(message.round);
        return;
      case 'close':
        epoch.close();
        return;
      case 'closed':
        epoch.closed(message.cycles, message.moves);
        return;
      case 'end':
        void epoch.end().then(() => this.#send({ type: 'ended', epoch: epoch.number }));
        return;
      default:
        throw new HaloweaveError('format', `a coordinator does not say '${message.type}'`);
    }
  }
}
