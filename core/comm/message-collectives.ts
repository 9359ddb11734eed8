import { HaloweaveError } from '../base/errors.js';
import { KIND, markOf, SOURCE, TAG } from '../wire/cell.js';
import type { CollectiveForm } from './collective-form.js';
import type { Endpoint } from './endpoint.js';
import type { Group } from './group.js';
import { agree, stated, type Told } from './messages/agreement.js';
import { allgather } from './messages/allgather.js';
import { alltoall } from './messages/alltoall.js';
import { barrier } from './messages/barrier.js';
import { bcast } from './messages/bcast.js';
import { Call, type Steps } from './messages/call.js';
import { gather } from './messages/gather.js';
import { Operand } from './messages/operand.js';
import { allreduce, reduce, reduceScatter } from './messages/reduce.js';
import { scan } from './messages/scan.js';
import { scatter } from './messages/scatter.js';
import {
  type CallName,
  differentCalls,
  markFor,
  markForReduction,
  sameCall,
  strayMessage,
} from './messages/signature.js';
import type { Operation } from './operation.js';
import type { Buffer } from './payload.js';
import { Request } from './request.js';

const NEVER = Number.POSITIVE_INFINITY;
/** Tags from 2^30 on are those of neighbourhood collectives, those with this bit of agreements; a call as long ago as 2^29 is over. */
const AGREEMENT_TAG = 0x2000_0000;
const TAG_MASK = AGREEMENT_TAG - 1;
/** Calls whose stray messages are noticed: those that a rank may be ahead of another, and some. */
const RECENT = 64;

/** A call, as far as it matters when it is over. */
interface Recent {
  readonly mark: number;
  over: boolean;
}

/**
 * Collectives by messages alone, for ranks that share no memory, and for nonblocking ones everywhere: each is a
 * state machine that moves on whenever its rank is inside haloweave, and any number may be under way at once. Same
 * results and bits as `SharedCollectives`.
 *
 * With P ranks, L = ⌈log₂ P⌉, l = ⌊log₂ P⌋ and M = `MESSAGE_COST` (messages/cost.ts) = 4 KiB. A value is small up to M/L bytes
 * (bcast: M), and n is the number of values above that. Rounds are the longest chain of messages of which each waits
 * for the one before: at most the number given, for powers of two exactly. A test counts all of these.
 *
 * | call | when | algorithm | messages a rank sends | in all | rounds |
 * |---|---|---|---|---|---|
 * | barrier | | dissemination | L | P·L | L |
 * | bcast | small | binomial tree | children: ≤ L | P − 1 | L |
 * | | larger | form, then elements, down the tree | ≤ 2L | 2(P − 1) | L + 1 |
 * | | L·b > 2b + (L + P − 1)·M | form down the tree, scatter, ring | ≤ 2L + P − 1 | 2(P − 1) + P(P − 1) | ≤ 2L + P − 1 |
 * | gather | | bundles up the binomial tree, large values straight | 1, + 1 if large | P − 1 + n | L, + 1 |
 * | scatter | | bundles down the binomial tree, large values straight | ≤ L, root + n | P − 1 + n | L, + 1 |
 * | allgather | | Bruck; large values round a ring | L + n, one less if the next rank's is large | P·L + n(P − 1) | L, + P − 1 |
 * | alltoall | | Bruck; large values pairwise | L + own n | P·L + n | L, + P − 1 |
 * | reduce | | preorder tree; to another root once more | 1, rank 0 none | P − 1, + 1 | l, + 1 |
 * | | large arrays | pairwise shares, gathered | P, root P − 1 | P² − 1 | P − 1 + L |
 * | allreduce | any order | recursive doubling on 2^l ranks | l, + 1 with a guest; guests 1 | l·2^l + 2(P − 2^l) | l, + 2 if P ≠ 2^l |
 * | | in order | preorder tree, then bcast | 1 + children | 2(P − 1) | l + L |
 * | | large arrays | pairwise shares, then ring | 2(P − 1) | 2P(P − 1) | 2(P − 1) |
 * | reduceScatter | | as alltoall, of raw arrays or partials | as alltoall | | |
 * | scan | | recursive doubling | those of 2^0, 2^1, … below P − rank | P·L − 2^L + 1 | L |
 * | | large arrays | pairwise shares there and back | 2(P − 1) | 2P(P − 1) | 2(P − 1) |
 * | exscan | | scan, then one rank on | one more than scan, the last rank not | | L + 1 |
 * | | large arrays | as scan; nothing back to rank 0 | 2P − 3, rank 0 2(P − 1) | | 2(P − 1) |
 *
 * A reduction takes its array as large if `exchangePays` says that moving shares of the raw elements is cheaper
 * than moving partials; only built-in operations have shares. Every rank chooses from what all ranks know.
 *
 * Calls that wait also agree, while they are under way, that all ranks make the same call (messages/agreement.ts): L
 * messages a rank more, in the same rounds, and a barrier is nothing else. Ranks that differ all throw, and go on with the
 * next call. After an error of a nonblocking call, or a passed deadline, they may be out of step: every later call throws.
 */
export class MessageCollectives implements CollectiveForm {
  readonly #endpoint: Endpoint;
  readonly #group: Group;
  readonly #operationName: (code: number) => string;
  #calls: number;
  /** The last calls by number. */
  readonly #recent = new Map<number, Recent>();
  #failure: string | null = null;

  /** `operationName` tells what operation another rank has, for errors; `firstCall` numbers the calls from there on. */
  constructor(endpoint: Endpoint, group: Group, operationName: (code: number) => string, firstCall = 0) {
    this.#endpoint = endpoint;
    this.#group = group;
    this.#operationName = operationName;
    this.#calls = firstCall;
  }

  barrier(deadline: number): void {
    // All know that all have come once they agree.
    this.#together({ name: 'barrier' }, deadline, null);
  }

  bcast(value: unknown, root: number, into: Buffer | null, deadline: number): unknown {
    return this.#together({ name: 'bcast', root }, deadline, () =>
      this.ibcast(value, root, into, deadline, ''),
    );
  }

  gather(value: unknown, root: number, into: readonly Buffer[] | null, deadline: number): unknown[] | null {
    return this.#together({ name: 'gather', root }, deadline, () =>
      this.igather(value, root, into, deadline, ''),
    );
  }

  allgather(value: unknown, into: readonly Buffer[] | null, deadline: number): unknown[] {
    return this.#together({ name: 'allgather' }, deadline, () => this.iallgather(value, into, deadline, ''));
  }

  scatter(values: readonly unknown[] | null, root: number, into: Buffer | null, deadline: number): unknown {
    return this.#together({ name: 'scatter', root }, deadline, () =>
      this.iscatter(values, root, into, deadline, ''),
    );
  }

  alltoall(values: readonly unknown[], into: readonly Buffer[] | null, deadline: number): unknown[] {
    return this.#together({ name: 'alltoall' }, deadline, () => this.ialltoallv(values, into, deadline, ''));
  }

  reduce(value: unknown, op: Operation, root: number, deadline: number): unknown {
    return this.#together({ name: 'reduce', op, values: [value], root }, deadline, () =>
      this.ireduce(value, op, root, deadline, ''),
    );
  }

  allreduce(value: unknown, op: Operation, deadline: number): unknown {
    return this.#together({ name: 'allreduce', op, values: [value] }, deadline, () =>
      this.iallreduce(value, op, deadline, ''),
    );
  }

  reduceScatter(values: readonly unknown[], op: Operation, deadline: number): unknown {
    return this.#together({ name: 'reduceScatter', op, values }, deadline, () =>
      this.ireduceScatter(values, op, deadline, ''),
    );
  }

  scan(value: unknown, op: Operation, deadline: number): unknown {
    return this.#together({ name: 'scan', op, values: [value] }, deadline, () =>
      this.iscan(value, op, deadline, ''),
    );
  }

  exscan(value: unknown, op: Operation, deadline: number): unknown {
    return this.#together({ name: 'exscan', op, values: [value] }, deadline, () =>
      this.iexscan(value, op, deadline, ''),
    );
  }

  // The same without waiting. What is passed must not change before the request is complete, and buffers are
  // filled by then. `i` goes before the name in waits and errors.

  ibarrier(deadline = NEVER, i = 'i'): Request<void> {
    return this.#start('barrier', i, deadline, barrier);
  }

  ibcast(
    value: unknown,
    root: number,
    into: Buffer | null = null,
    deadline = NEVER,
    i = 'i',
  ): Request<unknown> {
    return this.#rooted('bcast', root, i, deadline, (call) => bcast(call, value, root, into));
  }

  igather(
    value: unknown,
    root: number,
    into: readonly Buffer[] | null = null,
    deadline = NEVER,
    i = 'i',
  ): Request<unknown[] | null> {
    return this.#rooted('gather', root, i, deadline, (call) => gather(call, value, root, into));
  }

  iallgather(
    value: unknown,
    into: readonly Buffer[] | null = null,
    deadline = NEVER,
    i = 'i',
  ): Request<unknown[]> {
    return this.#start('allgather', i, deadline, (call) => allgather(call, value, into));
  }

  iscatter(
    values: readonly unknown[] | null,
    root: number,
    into: Buffer | null = null,
    deadline = NEVER,
    i = 'i',
  ): Request<unknown> {
    return this.#rooted('scatter', root, i, deadline, (call) => scatter(call, values, root, into));
  }

  ialltoallv(
    values: readonly unknown[],
    into: readonly Buffer[] | null = null,
    deadline = NEVER,
    i = 'i',
  ): Request<unknown[]> {
    return this.#start('alltoall', i, deadline, (call) => alltoall(call, values, into));
  }

  ireduce(value: unknown, op: Operation, root: number, deadline = NEVER, i = 'i'): Request<unknown> {
    return this.#reduction('reduce', i, deadline, op, value, (call, o) => reduce(call, o, root));
  }

  iallreduce(value: unknown, op: Operation, deadline = NEVER, i = 'i'): Request<unknown> {
    return this.#reduction('allreduce', i, deadline, op, value, allreduce);
  }

  ireduceScatter(values: readonly unknown[], op: Operation, deadline = NEVER, i = 'i'): Request<unknown> {
    for (const value of values) op.check(value, `${i}reduceScatter`);
    const operands = values.map((value) => new Operand(value, op));
    const mark = markForReduction('reduceScatter', op.code, operands[this.#group.rank]!.form);
    return this.#start('reduceScatter', i, deadline, (call) => reduceScatter(call, operands), mark);
  }

  iscan(value: unknown, op: Operation, deadline = NEVER, i = 'i'): Request<unknown> {
    return this.#reduction('scan', i, deadline, op, value, (call, o) => scan(call, o, false));
  }

  iexscan(value: unknown, op: Operation, deadline = NEVER, i = 'i'): Request<unknown> {
    return this.#reduction('exscan', i, deadline, op, value, (call, o) => scan(call, o, true));
  }

  #rooted<T>(
    name: CallName,
    root: number,
    i: string,
    deadline: number,
    algorithm: (call: Call) => Steps<T>,
  ): Request<T> {
    return this.#start(name, i, deadline, algorithm, markFor(name, root));
  }

  #reduction(
    name: CallName,
    i: string,
    deadline: number,
    op: Operation,
    value: unknown,
    algorithm: (call: Call, operand: Operand) => Steps<unknown>,
  ): Request<unknown> {
    op.check(value, i + name);
    const operand = new Operand(value, op);
    const mark = markForReduction(name, op.code, operand.form);
    return this.#start(name, i, deadline, (call) => algorithm(call, operand), mark);
  }

  #start<T>(
    name: CallName,
    i: string,
    deadline: number,
    algorithm: (call: Call) => Steps<T>,
    mark = markFor(name, 0),
  ): Request<T> {
    this.#refuseFailed(i + name);
    this.#lookAtStrays();
    const tag = this.#calls;
    this.#calls = (tag + 1) & TAG_MASK;
    const recent: Recent = { mark, over: false };
    this.#recent.set(tag, recent);
    this.#recent.delete((tag - RECENT) & TAG_MASK);
    // What ranks agree on fails on all of them, and they go on with the next call.
    const note = (error: unknown): void => {
      if (i !== '') this.#note(error);
    };
    return this.#track(i + name, tag, mark, deadline, (call) => noting(algorithm(call), recent, note));
  }

  #track<T>(
    operation: string,
    tag: number,
    mark: number,
    deadline: number,
    algorithm: (call: Call) => Steps<T>,
  ): Request<T> {
    const endpoint = this.#endpoint;
    const operationName = this.#operationName;
    const call = new Call({
      endpoint,
      group: this.#group,
      name: operation,
      mark,
      tag,
      deadline,
      operationName,
    });
    const request = new Request<T>(endpoint, call);
    endpoint.track(call.run(algorithm(call)), request as Request<unknown>);
    endpoint.advance();
    return request;
  }

  /**
   * A call that waits: all ranks agree that they make it while it is under way. If they differ, all throw, what is left of
   * the call is dropped, and the next one is in step again.
   */
  #together<T>(told: Told, deadline: number, start: (() => Request<T>) | null): T {
    const { name } = told;
    this.#refuseFailed(name);
    const statement = stated(told, this.#operationName);
    const tag = this.#calls;
    const request = start ? start() : null;
    if (!start) this.#calls = (tag + 1) & TAG_MASK;
    const mark = markFor('agreement', 0);
    const agreement = this.#track(statement.call, tag | AGREEMENT_TAG, mark, deadline, (call) =>
      agree(call, statement),
    );
    try {
      const error = this.#wait(agreement);
      if (error) {
        this.#drop(request, tag);
        throw error;
      }
      return request ? this.#wait(request) : (undefined as T);
    } catch (error) {
      if (error instanceof HaloweaveError && error.code === 'timeout') this.#note(error);
      throw error;
    }
  }

  /** Nothing more is done for a call that ranks do not agree on. */
  #drop(request: Request<unknown> | null, tag: number): void {
    this.#recent.delete(tag);
    (request?.waitsFor as Call | undefined)?.abandon();
    this.#endpoint.dropMessages(this.#group.context + 1, tag);
  }

  #refuseFailed(operation: string): void {
    const { rank } = this.#group;
    if (this.#failure !== null)
      throw new HaloweaveError(
        'program',
        `${operation}: an earlier collective of this communicator failed on rank ${rank} (${this.#failure}), so its ranks are out of step: make no further collective calls on it`,
        { rank, operation },
      );
  }

  /** A call takes all messages that are meant for it: what is left of one that is over was sent by another call. */
  #lookAtStrays(): void {
    const { stash } = this.#endpoint;
    if (stash.isEmpty) return;
    const { rank, context } = this.#group;
    stash.visit(context + 1, (cell) => {
      const { i32 } = stash.views;
      const recent = this.#recent.get(i32[cell + TAG]!);
      if (!recent?.over) return;
      const other = this.#group.numberOf(i32[cell + SOURCE]!);
      const theirs = markOf(i32[cell + KIND]!);
      const error = sameCall(theirs, recent.mark)
        ? strayMessage(rank, recent.mark, other, this.#operationName)
        : differentCalls(rank, recent.mark, other, theirs, this.#operationName);
      this.#note(error);
      throw error;
    });
  }

  /** Waits until the deadline of the call. */
  #wait<T>(request: Request<T>): T {
    if (!request.complete) this.#endpoint.waitUntil(() => request.complete, request.waitsFor);
    return request.wait();
  }

  #note(error: unknown): void {
    this.#failure ??= error instanceof Error ? error.message : String(error);
  }
}

/** An algorithm, whose end is noted. */
function* noting<T>(steps: Steps<T>, recent: Recent, failed: (error: unknown) => void): Steps<T> {
  try {
    const value = yield* steps;
    recent.over = true;
    return value;
  } catch (error) {
    failed(error);
    throw error;
  }
}
