import { connect } from 'node:net';
import type { ControlPeer } from './control-peer.js';
import { Heartbeat, type HeartbeatAction, PING_EVERY, type Probed, SILENCE } from './heartbeat.js';

/** How long a probe waits for an answer, in ms: half of the silence that evicts. */
const PROBE_LIMIT = 750;

interface Watched {
  peer: ControlPeer;
  /** `tcp://host:port` where the process listens; null if it does not. */
  endpoint: string | null;
}

/** `forgotten`: the process lives, and does not know this side any more. */
type OnLost = (host: number, reason: string, forgotten: boolean) => void;

/** Keeps asking the processes at the other ends of control links whether they live, and tells once of each that does not. */
export class Pulse {
  readonly #heartbeat: Heartbeat;
  readonly #watched = new Map<number, Watched>();
  /** Processes that have not said a word yet: asked, and not given up. */
  readonly #awaited = new Map<number, ControlPeer>();
  readonly #onLost: OnLost;
  readonly #timer: NodeJS.Timeout;

  /** `patience`: silence that ends a link whose connection holds, in ms, if round trips are short. */
  constructor(onLost: OnLost, patience = SILENCE) {
    this.#onLost = onLost;
    this.#heartbeat = new Heartbeat(performance.now(), patience);
    this.#timer = setInterval(() => {
      for (const peer of this.#awaited.values()) peer.ping(performance.now());
      this.#act(this.#heartbeat.look(performance.now()));
    }, PING_EVERY);
  }

  /** Watches the process from its first word on; it may not have begun yet. */
  addOnceHeard(host: number, peer: ControlPeer, endpoint: string, onHeard: () => void = () => {}): void {
    this.#awaited.set(host, peer);
    peer.onHeard = () => {
      this.#awaited.delete(host);
      this.add(host, peer, endpoint);
      onHeard();
    };
    peer.onBroken = (reason, forgotten) => {
      this.remove(host);
      this.#onLost(host, reason, forgotten);
    };
  }

  /** Watches the process at the other end; its number here is any that no other one has. */
  add(host: number, peer: ControlPeer, endpoint: string | null): void {
    this.#watched.set(host, { peer, endpoint });
    this.#heartbeat.add(host);
    peer.onHeard = () => this.#heartbeat.heard(host);
    peer.onPong = (at) => this.#heartbeat.answered(host, at, performance.now());
    peer.onDisconnected = () => this.#act(this.#heartbeat.broken(host, performance.now()));
    peer.onBroken = (reason, forgotten) => {
      this.remove(host);
      this.#onLost(host, reason, forgotten);
    };
  }

  /** The process turns out to listen there. */
  listensAt(host: number, endpoint: string | null): void {
    const watched = this.#watched.get(host);
    if (watched) watched.endpoint = endpoint;
  }

  remove(host: number): void {
    this.#awaited.delete(host);
    this.#watched.delete(host);
    this.#heartbeat.remove(host);
  }

  /** Whether something has come from it of late. */
  answers(host: number): boolean {
    return this.#heartbeat.answers(host);
  }

  /** In ms, as far as known. */
  roundTrip(host: number): number {
    return this.#heartbeat.roundTrip(host);
  }

  stop(): void {
    clearInterval(this.#timer);
    for (const host of [...this.#watched.keys(), ...this.#awaited.keys()]) this.remove(host);
  }

  #act(actions: HeartbeatAction[]): void {
    for (const action of actions) {
      const watched = this.#watched.get(action.host);
      if (!watched) continue;
      if (action.do === 'ping') watched.peer.ping(performance.now());
      else if (action.do === 'probe') this.#probe(action.host, watched.endpoint);
      else {
        this.remove(action.host);
        this.#onLost(
          action.host,
          action.why === 'refused'
            ? 'its connection broke and its address refuses a new one: the process is gone'
            : `nothing was heard of it for ${Math.round(action.silence)} ms (the limit is ${Math.round(action.limit)} ms)`,
          false,
        );
      }
    }
  }

  #probe(host: number, endpoint: string | null): void {
    const tell = (result: Probed): void => this.#act(this.#heartbeat.probed(host, result));
    const address = endpoint?.match(/^tcp:\/\/(?:\[(.+)\]|(.+)):(\d+)$/);
    if (!address) {
      tell('silent');
      return;
    }
    const socket = connect({ host: address[1] ?? address[2]!, port: Number(address[3]) });
    let told = false;
    const once = (result: Probed): void => {
      if (told) return;
      told = true;
      socket.destroy();
      tell(result);
    };
    socket.setTimeout(PROBE_LIMIT, () => once('silent'));
    socket.on('connect', () => once('accepted'));
    socket.on('error', (error: NodeJS.ErrnoException) =>
      once(error.code === 'ECONNREFUSED' ? 'refused' : 'silent'),
    );
  }
}
