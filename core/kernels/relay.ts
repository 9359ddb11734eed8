import { HaloweaveError } from '../base/errors.js';
import type { Listener } from '../comm/channel.js';
import type { Endpoint } from '../comm/endpoint.js';
import type { Wait } from '../wire/wait.js';
import type { Hosts } from './hosts.js';

/** Something that has to be sent on because of what arrived. */
export interface Duty {
  /** Set by a listener, which may not send itself: the record that it reads still lies at the head of the mailbox. */
  readonly due: boolean;
  /** Sends what is due. */
  forward(): void;
}

/**
 * What a rank of a run on several hosts does beside its parts: it takes in kernel messages, and sends on what their
 * listeners have noted. Whoever waits for something that such a message brings waits here.
 */
export class Relay {
  readonly hosts: Hosts;
  readonly endpoint: Endpoint;
  readonly #duties: Duty[] = [];
  /** By context: listeners by tag. */
  readonly #listeners = new Map<number, Listener[]>();

  constructor(hosts: Hosts, endpoint: Endpoint) {
    this.hosts = hosts;
    this.endpoint = endpoint;
  }

  add(duty: Duty): void {
    this.#duties.push(duty);
  }

  /**
   * From now on the messages of a context that carry the tag it gives go to `listener`. Whoever listens does so on every
   * rank in the same order, before any of them sends.
   */
  listen(context: number, listener: Listener): number {
    let list = this.#listeners.get(context);
    if (!list) {
      const all: Listener[] = [];
      list = all;
      this.#listeners.set(context, all);
      this.endpoint.listen(context, (arrival) => {
        const to = all[arrival.tag];
        if (!to)
          throw new HaloweaveError(
            'format',
            `rank ${arrival.source} sent a kernel message of context ${context} with tag ${arrival.tag}, which nobody listens to`,
            { tag: arrival.tag },
          );
        to(arrival);
      });
    }
    return list.push(listener) - 1;
  }

  /** Takes in what has arrived and sends on what is due; blocks only for room in a mailbox. */
  advance(): void {
    this.endpoint.advance();
    const duties = this.#duties;
    for (let k = 0; k < duties.length; k++) if (duties[k]!.due) duties[k]!.forward();
  }

  /** Blocks until `done()`; `operation` says what for, to whoever asks why nothing moves. */
  waitUntil(done: () => boolean, operation: string): void {
    const { endpoint } = this;
    const wait: Wait = {
      operation,
      peer: -1,
      tag: 0,
      context: -1,
      deadline: Number.POSITIVE_INFINITY,
    };
    endpoint.waitUntil(() => {
      this.advance();
      return done();
    }, wait);
  }
}
