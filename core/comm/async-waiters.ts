import type { Endpoint } from './endpoint.js';
import type { Request } from './request.js';

/** Keeps the event loop alive while requests are awaited, and looks again in case a blocking call took the wake-up, in ms. */
const KEEP_ALIVE = 25;

/** Requests that asynchronous code awaits. While there are any, the rank looks again whenever it is woken. */
export class AsyncWaiters {
  readonly #endpoint: Endpoint;
  readonly #waiting = new Map<Request<unknown>, { resolve: () => void; reject: (e: unknown) => void }[]>();
  #timer: NodeJS.Timeout | null = null;
  #armed = false;

  constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint;
  }

  settled(request: Request<unknown>): Promise<void> {
    if (!request.complete) this.#endpoint.advance();
    if (request.complete) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const list = this.#waiting.get(request) ?? [];
      list.push({ resolve, reject });
      this.#waiting.set(request, list);
      this.#timer ??= setInterval(() => this.#look(), KEEP_ALIVE);
      this.#look();
    });
  }

  #look(): void {
    const t = this.#endpoint.transport;
    try {
      this.#release();
      if (this.#waiting.size === 0) {
        this.#stop();
        t.disarm();
        return;
      }
      t.arm();
      this.#release();
    } catch (error) {
      // The run has ended: whoever awaits learns it, as a blocked call would.
      for (const list of this.#waiting.values()) for (const w of list) w.reject(error);
      this.#waiting.clear();
      this.#stop();
      return;
    }
    if (this.#armed) return;
    this.#armed = true;
    t.whenWoken(() => {
      this.#armed = false;
      this.#look();
    });
  }

  #stop(): void {
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
  }

  #release(): void {
    this.#endpoint.advance();
    for (const [request, list] of this.#waiting) {
      if (!request.complete) continue;
      this.#waiting.delete(request);
      for (const w of list) w.resolve();
    }
  }
}
