import { HaloweaveError } from '../../base/errors.js';
import { readControl, sendControl } from './control-codec.js';
import type { Identity } from './control-messages.js';
import type { ControlPeer } from './control-peer.js';
import { foreignProtocol } from './identity.js';

/** A coordinator that has said hello, and the hello. */
export interface Caller {
  readonly peer: ControlPeer;
  readonly hello: Uint8Array;
}

/** Links on which nothing has been said yet. More at once are nobody's who is about to say hello: the oldest is given up. */
const SILENT = 64;
/** How long somebody who is sent away may take to hear why, in ms. */
const GOODBYE = 1000;

/**
 * Coordinators that come to a worker, in the order of their hellos. Whoever says nothing, or something else, never gets a turn:
 * those behind it would have to wait until it is found to be gone.
 */
export class HelloQueue {
  /** Links sent away, by reason. */
  readonly refused = new Map<string, number>();
  readonly #here: Pick<Identity, 'version' | 'name'>;
  readonly #onHello: (peer: ControlPeer) => void;
  readonly #onForeign: (reason: string) => void;
  readonly #silent = new Set<ControlPeer>();
  readonly #callers: Caller[] = [];

  /** `onHello` is called for each that waits for its turn from now on, `onForeign` for each of another version. */
  constructor(
    here: Pick<Identity, 'version' | 'name'>,
    onHello: (peer: ControlPeer) => void,
    onForeign: (reason: string) => void,
  ) {
    this.#here = here;
    this.#onHello = onHello;
    this.#onForeign = onForeign;
  }

  /** A new link: waits for its hello. */
  add(peer: ControlPeer): void {
    peer.onMessage = (body) => this.#first(peer, body);
    peer.onBroken = () => this.#silent.delete(peer);
    this.#silent.add(peer);
    if (this.#silent.size <= SILENT) return;
    const [oldest] = this.#silent;
    this.#silent.delete(oldest!);
    this.#count('no hello');
    oldest!.close();
  }

  /** The next one, if any waits that has not been given up. */
  next(): Caller | undefined {
    let caller = this.#callers.shift();
    while (caller?.peer.closed) caller = this.#callers.shift();
    return caller;
  }

  #first(peer: ControlPeer, body: Uint8Array): void {
    this.#silent.delete(peer);
    const { name } = this.#here;
    try {
      const message = readControl(body);
      if (message.type === 'hello') {
        // A hello is all that anybody says before it has been answered.
        peer.onMessage = () => peer.close();
        this.#callers.push({ peer, hello: body });
        this.#onHello(peer);
      } else if (message.type === 'foreign-hello') {
        const reason = foreignProtocol(this.#here, message);
        this.#onForeign(reason);
        this.#sendAway(peer, reason);
      } else this.#sendAway(peer, `${name}: '${message.type}' comes before a hello`);
    } catch (error) {
      if (!(error instanceof HaloweaveError)) throw error;
      this.#sendAway(peer, `${name}: ${error.message}`);
    }
  }

  #sendAway(peer: ControlPeer, reason: string): void {
    this.#count('no hello');
    peer.onMessage = () => {};
    sendControl(peer, { type: 'refuse', reason, wait: false });
    void peer.flushed(GOODBYE).then(() => peer.close());
  }

  #count(why: string): void {
    this.refused.set(why, (this.refused.get(why) ?? 0) + 1);
  }
}
