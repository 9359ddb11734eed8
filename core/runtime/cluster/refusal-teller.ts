import { Repeats } from '../../observe/repeats.js';
import type { OnRefusal, RefusalName } from '../../transport/zeromq/refusal.js';

/** A client with a wrong key, and whoever looks whether this process lives, comes ten times a second: one line a minute says it as well. */
const INTERVAL = 60_000;
/** More addresses and keys than people can have set wrong; an attacker who changes them pushes out their like. */
const KINDS = 1024;
/**
 * libzmq tells of one failed handshake by several events, in either order, within some ms: what was wrong, and that the
 * connection has ended. For this long, in ms, the second waits for the first.
 */
const TOGETHER = 200;

/** Tells a person of refused handshakes: one line each, and one a minute of those that come over and over. */
export class RefusalTeller {
  readonly #say: (text: string) => void;
  readonly #keys: boolean;
  readonly #now: () => number;
  readonly #repeats = new Repeats(INTERVAL, KINDS);
  /** By address: the last handshake that failed for a reason, and when. */
  readonly #named = new Map<string, { line: string; at: number }>();
  /** By address: handshakes that have ended, so far without a reason. */
  readonly #ended = new Map<string, { line: string; timer: NodeJS.Timeout | null }>();

  /** Without keys a connection that ends in its handshake says nothing: whoever looks whether a process lives ends his like that. */
  constructor(say: (text: string) => void, keys: boolean, now: () => number = () => performance.now()) {
    this.#say = say;
    this.#keys = keys;
    this.#now = now;
  }

  readonly take: OnRefusal = ({ name, address, key, text }) => {
    const line = `${name}: ${text}`;
    if (name !== 'handshake ended') {
      this.#keep(this.#named, address, { line, at: this.#now() });
      this.#forget(address);
      this.#tell(name, address, key, line);
      return;
    }
    const named = this.#named.get(address);
    if ((named && this.#now() - named.at < TOGETHER) || this.#ended.get(address)?.timer) return;
    const timer = setTimeout(() => {
      this.#ended.get(address)!.timer = null;
      if (this.#keys) this.#tell(name, address, key, line);
    }, TOGETHER);
    // Nobody waits for a line.
    timer.unref();
    this.#keep(this.#ended, address, { line, timer });
  };

  /** Why handshakes with an address have failed, if they have; a reason comes before the bare fact. */
  about(address: string): string | null {
    return (this.#named.get(address) ?? this.#ended.get(address))?.line ?? null;
  }

  #forget(address: string): void {
    const ended = this.#ended.get(address);
    if (ended?.timer) clearTimeout(ended.timer);
    this.#ended.delete(address);
  }

  #keep<T>(map: Map<string, T>, address: string, value: T): void {
    map.delete(address);
    const [oldest] = map.keys();
    if (map.size >= KINDS && oldest !== undefined) {
      if (map === (this.#ended as unknown)) this.#forget(oldest);
      map.delete(oldest);
    }
    map.set(address, value);
  }

  #tell(name: RefusalName, address: string, key: string | null, line: string): void {
    const held = this.#repeats.pass(`${name} ${address} ${key ?? ''}`, this.#now());
    if (held === null) return;
    this.#say(held === 0 ? line : `${line}; ${held} more like it since it was last said`);
  }
}
