import type { Endpoint } from './endpoint.js';
import type { Wait } from './wait.js';

/** What is known of a message that arrived. Pass an object to a receive to have it filled. */
export interface Status {
  source: number;
  tag: number;
  /** Elements of an array, bytes of an encoded value. */
  count: number;
}

/**
 * A send or receive under way. `wait()` blocks the rank until it is complete and gives its value,
 * `test()` looks without blocking, and a request can be awaited, which lets other asynchronous code of
 * the rank go on meanwhile. An error of the operation is thrown by whichever of them meets it.
 * Progress is made inside haloweave's calls only.
 */
export class Request<T> implements PromiseLike<T> {
  readonly #endpoint: Endpoint;
  #complete = false;
  #value: T | undefined;
  #error: unknown;

  readonly #wait: Wait;

  constructor(endpoint: Endpoint, wait: Wait) {
    this.#endpoint = endpoint;
    this.#wait = wait;
  }

  /** True once the operation is over, with or without an error. */
  get complete(): boolean {
    return this.#complete;
  }

  /** Called by the endpoint, once. */
  settle(value: T | undefined, error?: unknown): void {
    this.#complete = true;
    this.#value = value;
    this.#error = error;
  }

  test(): boolean {
    this.#endpoint.nondeterministic++;
    if (!this.#complete) this.#endpoint.advance();
    return this.#complete;
  }

  wait(): T {
    if (!this.#complete) this.#endpoint.waitUntil(() => this.#complete, this.#wait);
    return this.#result();
  }

  // biome-ignore lint/suspicious/noThenProperty: a request is awaitable on purpose
  then<A = T, B = never>(
    onValue?: ((value: T) => A | PromiseLike<A>) | null,
    onError?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#endpoint
      .settled(this)
      .then(() => this.#result())
      .then(onValue, onError);
  }

  #result(): T {
    if (this.#error !== undefined) throw this.#error;
    return this.#value as T;
  }
}
