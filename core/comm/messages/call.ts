import { KIND, markOf, SOURCE, TAG } from '../../wire/cell.js';
import type { Endpoint } from '../endpoint.js';
import type { Group } from '../group.js';
import type { Buffer, Outgoing } from '../payload.js';
import type { Posted } from '../posted.js';
import type { Progressing } from '../rendezvous.js';
import { Request } from '../request.js';
import type { Wait } from '../wait.js';
import { Outbox } from './outbox.js';
import { detailOf, differentCalls, sameCall } from './signature.js';

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
  /** As errors name it: 'iallreduce'. */
  readonly name: string;
  /** What its messages say of it (see signature.ts). */
  readonly mark: number;
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
  readonly name: string;
  /** As waits name it, with operation or root: 'iallreduce (sum)'. A deadlock's list then shows what differs. */
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
  /** Messages that nobody had asked for when they were last looked at. */
  #looked = 0;

  constructor(setup: CallSetup) {
    const { endpoint, group } = setup;
    this.#setup = setup;
    this.rank = group.rank;
    this.size = group.size;
    this.name = setup.name;
    this.tag = setup.tag;
    this.context = group.context + 1;
    this.deadline = setup.deadline;
    this.mark = setup.mark;
    this.operation = `${setup.name}${detailOf(this.mark, setup.operationName)}`;
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
      this.#lookAtEarly();
      yield;
    }
    this.#from = -1;
    this.#agree(from, posted.word!);
    this.check?.(incoming);
    return request.wait();
  }

  /** Throws if the sender of a record is in another call. */
  #agree(from: number, word: number): void {
    const theirs = markOf(word);
    if (!sameCall(theirs, this.mark))
      throw differentCalls(this.rank, this.mark, from, theirs, this.#setup.operationName);
  }

  /** What has come for later may be of another call, and then what is waited for never comes. */
  #lookAtEarly(): void {
    const { stash } = this.#setup.endpoint;
    if (stash.count === this.#looked) return;
    this.#looked = stash.count;
    stash.visit(this.context, (cell) => {
      const { i32 } = stash.views;
      if (i32[cell + TAG] === this.tag)
        this.#agree(this.#setup.group.numberOf(i32[cell + SOURCE]!), i32[cell + KIND]!);
    });
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

  /** Does nothing more but sending on what others are still to take. */
  abandon(): void {
    this.#steps = null;
  }

  /** After an error: what others are still to take from here goes on by itself. */
  #leave(): void {
    const outbox = this.#outbox;
    if (outbox.isEmpty) return;
    const { endpoint } = this.#setup;
    endpoint.track({ step: () => outbox.flush(), value: undefined }, new Request<unknown>(endpoint, this));
  }
}
