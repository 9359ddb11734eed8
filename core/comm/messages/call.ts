import { markOf } from '../../wire/cell.js';
import type { Endpoint, Posted } from '../endpoint.js';
import type { Group } from '../group.js';
import type { Buffer, Outgoing } from '../payload.js';
import type { Progressing } from '../rendezvous.js';
import { Request } from '../request.js';
import type { Wait } from '../wait.js';
import { Outbox } from './outbox.js';
import { type CallName, differentCalls, markFor, sameCall } from './signature.js';

/** An algorithm under way: it yields whenever it cannot go on before something arrives or has been taken. */
export type Steps<T = void> = Generator<undefined, T, undefined>;

/** A message of a collective that is asked for. */
export interface Incoming {
  /** Rank of the group. */
  readonly from: number;
  readonly posted: Posted;
}

export interface CallSetup {
  readonly endpoint: Endpoint;
  readonly group: Group;
  readonly name: CallName;
  /** As waits and errors name it: 'iallreduce'. */
  readonly operation: string;
  /** Code of the operation and form of the operand, of a reduction. */
  readonly code?: number;
  readonly form?: number;
  /** Number of the call on its communicator: its messages' tag. */
  readonly tag: number;
  readonly deadline: number;
  readonly operationName: (code: number) => string;
}

/**
 * One rank's part in one collective call: a state machine that `step` moves as far as it goes without blocking. Its
 * messages have the context of the communicator's collectives and the call's number as tag, so that several calls
 * may be under way at once. Ranks here are those of the group.
 */
export class Call implements Progressing, Wait {
  readonly rank: number;
  readonly size: number;
  readonly operation: string;
  readonly tag: number;
  readonly context: number;
  readonly deadline: number;
  readonly mark: number;
  value: unknown;
  /** Looks at every message that is taken, beyond whether its sender is in the same call. */
  check: ((incoming: Incoming) => void) | null = null;
  readonly #setup: CallSetup;
  readonly #outbox: Outbox;
  #steps: Steps<unknown> | null = null;
  /** Group rank of the sender of what is waited for; −1 if none. */
  #from = -1;
  #stepping = false;

  constructor(setup: CallSetup) {
    const { endpoint, group, name, code = 0, form = 0 } = setup;
    this.#setup = setup;
    this.rank = group.rank;
    this.size = group.size;
    this.operation = setup.operation;
    this.tag = setup.tag;
    this.context = group.context + 1;
    this.deadline = setup.deadline;
    this.mark = markFor(name, code, form);
    this.#outbox = new Outbox(endpoint, this.tag, this.context, this.mark);
  }

  /** The rank of the run that this one waits for at the moment. */
  get peer(): number {
    return this.#from >= 0 ? this.#setup.group.members[this.#from]! : this.#outbox.peer;
  }

  /** Gives the call its algorithm. */
  run(steps: Steps<unknown>): this {
    this.#steps = steps;
    return this;
  }

  /** Sends without blocking; the elements must not change before `sent` has come to its end. */
  send(o: Outgoing, to: number): void {
    this.#outbox.send(o, this.#setup.group.members[to]!);
  }

  /** Asks for the next message of a rank: into a buffer of exactly its dtype and count, or fresh memory. */
  expect(from: number, buffer: Buffer | null = null): Incoming {
    const { endpoint, group } = this.#setup;
    const posted: Posted = {
      source: group.members[from]!,
      tag: this.tag,
      context: this.context,
      group,
      buffer,
      status: null,
      request: new Request<unknown>(endpoint, this),
      word: 0,
    };
    endpoint.postReceive(posted);
    return { from, posted };
  }

  /** Waits for what was asked for. Throws if its sender is in another call. */
  *take(incoming: Incoming): Steps<unknown> {
    const { from, posted } = incoming;
    const { request } = posted;
    while (!request.complete) {
      this.#from = from;
      yield;
    }
    this.#from = -1;
    const theirs = markOf(posted.word!);
    if (!sameCall(theirs, this.mark))
      throw differentCalls(this.rank, this.mark, from, theirs, this.#setup.operationName);
    this.check?.(incoming);
    return request.wait();
  }

  /** Waits until all that was sent has gone, so that its elements may change. */
  *sent(): Steps {
    while (!this.#outbox.flush()) yield;
  }

  step(): boolean {
    // A user's operation may itself look for messages.
    if (this.#stepping) return false;
    this.#stepping = true;
    try {
      this.#outbox.flush();
      if (this.#steps) {
        const next = this.#steps.next();
        if (!next.done) return false;
        this.value = next.value;
        this.#steps = null;
      }
      return this.#outbox.flush();
    } catch (error) {
      this.#steps = null;
      this.#leave();
      throw error;
    } finally {
      this.#stepping = false;
    }
  }

  /** After an error: what others are still to take from here goes on by itself. */
  #leave(): void {
    const outbox = this.#outbox;
    if (outbox.isEmpty) return;
    const { endpoint } = this.#setup;
    endpoint.track({ step: () => outbox.flush(), value: undefined }, new Request<unknown>(endpoint, this));
  }
}
