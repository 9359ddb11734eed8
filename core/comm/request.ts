import { HaloweaveError } from '../base/errors.js';
import type { Endpoint } from './endpoint.js';
import { type Wait, whom } from './wait.js';

/** What is known of a message that arrived. Pass an object to a receive to have it filled. */
export interface Status {
  /** The rank it came from. */
  source: number;
  /** Its tag. */
  tag: number;
  /** Elements of an array, bytes of an encoded value. */
  count: number;
}

/** One request of a list that is over. */
export interface Completed<T> {
  /** Its place in the list. */
  readonly index: number;
  /** Its value. */
  readonly value: T;
}

/** The values of a list of requests. */
export type RequestValues<R extends readonly Request<unknown>[]> = {
  -readonly [K in keyof R]: R[K] extends Request<infer T> ? T : never;
};

/**
 * A send, receive or collective under way. `wait()` blocks the rank until it is complete and gives its value,
 * `test()` looks without blocking, and a request can be awaited, which lets other asynchronous code of
 * the rank go on meanwhile. An error of the operation is thrown by whichever of them meets it.
 * Progress is made inside haloweave's calls only.
 */
export class Request<T> implements PromiseLike<T> {
  /** @internal */
  readonly waitsFor: Wait;
  readonly #endpoint: Endpoint;
  #complete = false;
  #value: T | undefined;
  #error: unknown;

  /** @internal Requests are made by a communicator's calls. */
  constructor(endpoint: Endpoint, waitsFor: Wait) {
    this.#endpoint = endpoint;
    this.waitsFor = waitsFor;
  }

  /** True once the operation is over, with or without an error. */
  get complete(): boolean {
    return this.#complete;
  }

  /** Called by the endpoint, once. @internal */
  settle(value: T | undefined, error?: unknown): void {
    this.#complete = true;
    this.#value = value;
    this.#error = error;
  }

  /** Whether the operation is over, without blocking. The outcome depends on timing, and the run's summary counts it. */
  test(): boolean {
    this.#endpoint.nondeterministic++;
    if (!this.#complete) this.#endpoint.advance();
    return this.#complete;
  }

  /**
   * Blocks until the operation is over and gives its value. After `milliseconds` it throws a `HaloweaveError` with
   * code `timeout`; the operation goes on, and can be waited for again.
   */
  wait(milliseconds: number = Number.POSITIVE_INFINITY): T {
    const wait = limited(this.waitsFor, milliseconds);
    if (!this.#complete) this.#endpoint.waitUntil(() => this.#complete, wait);
    return this.#result();
  }

  /**
   * Takes a receive back that has not met its message: true if it had not, and then the message goes to whoever asks
   * for it next, and waiting for this request throws an error with code `cancelled`. False if it is too late; sends
   * and collectives cannot be taken back. Not collective; depends on timing, and is counted as such.
   */
  cancel(): boolean {
    this.#endpoint.nondeterministic++;
    if (this.#complete || !this.#endpoint.withdraw(this as Request<unknown>)) return false;
    const { operation } = this.waitsFor;
    const rank = this.#endpoint.transport.rank;
    this.settle(
      undefined,
      new HaloweaveError(
        'cancelled',
        `${operation}${whom(this.waitsFor)} on rank ${rank} was cancelled: it has no value`,
        { rank, operation },
      ),
    );
    return true;
  }

  /**
   * Blocks until all are over; their values, in the order of the list. If some failed, throws the error of the first
   * of them in the list, once all are over. Not collective. After `milliseconds`: an error with code `timeout`.
   */
  static all<const R extends readonly Request<unknown>[]>(
    requests: R,
    milliseconds: number = Number.POSITIVE_INFINITY,
  ): RequestValues<R> {
    const open = requests.find((r) => !r.complete);
    if (open)
      open.#endpoint.waitUntil(
        () => requests.every((r) => r.#complete),
        limited(open.waitsFor, milliseconds),
      );
    return requests.map((r) => r.#result()) as RequestValues<R>;
  }

  /**
   * Blocks until at least one is over; the first of those in the list, and its value. Which one depends on timing,
   * and the run's summary counts it. Throws on an empty list; after `milliseconds` an error with code `timeout`.
   */
  static any<T>(
    requests: readonly Request<T>[],
    milliseconds: number = Number.POSITIVE_INFINITY,
  ): Completed<T> {
    const [first] = requests;
    if (!first)
      throw new HaloweaveError(
        'argument',
        'Request.any of no requests would wait for ever: give at least one',
        {
          operation: 'Request.any',
        },
      );
    first.#endpoint.nondeterministic++;
    let index = requests.findIndex((r) => r.#complete);
    if (index < 0)
      first.#endpoint.waitUntil(
        () => {
          index = requests.findIndex((r) => r.#complete);
          return index >= 0;
        },
        limited({ ...first.waitsFor, operation: 'Request.any', peer: -1, tag: -1 }, milliseconds),
      );
    return { index, value: requests[index]!.#result() };
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

/** A wait that ends after so many milliseconds from now. The peer of a collective changes meanwhile. */
function limited(wait: Wait, milliseconds: number): Wait {
  const { operation, tag, context } = wait;
  if (!(milliseconds >= 0))
    throw new HaloweaveError('argument', `a limit of ${milliseconds} ms: use a number of 0 or more`, {
      operation,
    });
  const deadline =
    milliseconds === Number.POSITIVE_INFINITY ? milliseconds : performance.now() + milliseconds;
  return {
    operation,
    get peer() {
      return wait.peer;
    },
    tag,
    context,
    deadline,
  };
}
