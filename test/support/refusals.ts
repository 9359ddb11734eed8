import { type Dealer, Router, type Socket } from 'zeromq';
import type { Refusal, RefusalName } from '../../core/transport/zeromq/refusal.js';

/** What one side of a link reported, and a wait for what it will. */
export class Refusals {
  readonly seen: Refusal[] = [];
  readonly #waiting = new Set<() => void>();

  readonly on = (refusal: Refusal): void => {
    this.seen.push(refusal);
    for (const look of [...this.#waiting]) look();
  };

  get names(): RefusalName[] {
    return this.seen.map((r) => r.name);
  }

  /** The first one with this name; a test that waits in vain ends by the runner's limit. */
  first(name: RefusalName): Promise<Refusal> {
    return new Promise((resolve) => {
      const look = (): void => {
        const found = this.seen.find((r) => r.name === name);
        if (!found) return;
        this.#waiting.delete(look);
        resolve(found);
      };
      this.#waiting.add(look);
      look();
    });
  }
}

/** What arrives at a socket as text, and a wait for it. Receives for as long as the socket is open. */
export class Inbox {
  readonly got: string[] = [];
  readonly #waiting = new Set<() => void>();

  constructor(socket: Router | Dealer) {
    void this.#receive(socket);
  }

  async #receive(socket: Router | Dealer): Promise<void> {
    for await (const frames of socket) {
      this.got.push((frames as Buffer[]).slice(socket instanceof Router ? 1 : 0).join('|'));
      for (const look of [...this.#waiting]) look();
    }
  }

  has(text: string): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!this.got.includes(text)) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
  }
}

/** Closes sockets, then what they needed, when the variable that holds it leaves its scope. */
export class Open implements AsyncDisposable {
  readonly #sockets: Socket[] = [];
  readonly #rest: { close(): Promise<void> }[] = [];

  socket<S extends Socket>(socket: S): S {
    this.#sockets.push(socket);
    return socket;
  }

  add<T extends { close(): Promise<void> }>(thing: T): T {
    this.#rest.push(thing);
    return thing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.close();
    for (const thing of this.#rest) await thing.close();
  }
}
