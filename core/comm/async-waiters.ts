import type { Endpoint } from './endpoint.js';
import type { Request } from './request.js';

/** Keeps the event loop alive while requests are awaited, and looks again in case a blocking call took the wake-up, in ms. */
const KEEP_ALIVE = 25;

interface Waiter {
  resolve: () => void;
  reject: (e: unknown) => void;
}

/** Requests that asynchronous code awaits. While there are any, the rank looks again whenever it is woken. */
export class AsyncWaiters {
  readonly #endpoint: Endpoint;
  readonly #waiting = new Map<Request<unknown>, Waiter[]>();
  /** What kept this thread's event loop alive before the program began. */
  readonly #before = alive();
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
      this.#timer ??= setInterval(() => this.#turn(), KEEP_ALIVE);
      this.#look();
    });
  }

  /** The event loop has come round: looks again, and tells what is awaited and whether anything else can go on. */
  #turn(): void {
    this.#look();
    const first = this.#waiting.keys().next();
    if (first.done) return;
    const { transport } = this.#endpoint;
    try {
      transport.awaiting(first.value.waitsFor, this.#isIdle(), this.#endpoint.held());
    } catch (error) {
      this.#rejectAll(error);
    }
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
      this.#rejectAll(error);
      return;
    }
    if (this.#armed) return;
    this.#armed = true;
    t.whenWoken(() => {
      this.#armed = false;
      this.#look();
    });
  }

  #rejectAll(error: unknown): void {
    for (const list of this.#waiting.values()) for (const w of list) w.reject(error);
    this.#waiting.clear();
    this.#stop();
  }

  #stop(): void {
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
    this.#endpoint.transport.awaiting(null, false);
  }

  #release(): void {
    this.#endpoint.advance();
    for (const [request, list] of this.#waiting) {
      if (!request.complete) continue;
      this.#waiting.delete(request);
      this.#endpoint.transport.awaiting(null, false);
      for (const w of list) w.resolve();
    }
  }

  /** True if this thread's event loop has nothing to wait for but the own timer and what was there from the beginning. */
  #isIdle(): boolean {
    for (const [kind, count] of alive()) {
      const own = kind === 'Timeout' ? 1 : 0;
      if (count > (this.#before.get(kind) ?? 0) + own) return false;
    }
    return true;
  }
}

/** How many of each kind of timers, files, sockets and ports keep this thread's event loop alive. */
function alive(): Map<string, number> {
  const count = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) count.set(kind, (count.get(kind) ?? 0) + 1);
  return count;
}
