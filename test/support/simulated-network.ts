import { Endpoint } from '../../core/comm/endpoint.js';
import { Group } from '../../core/comm/group.js';
import { MessageCollectives } from '../../core/comm/message-collectives.js';
import type { Request } from '../../core/comm/request.js';
import type { Heap } from '../../core/memory/heap.js';
import { cellViews } from '../../core/transport/cell-views.js';
import type { Board, CellViews, Transport } from '../../core/transport/transport.js';
import { BYTES, CELL_BYTES, CELL_WORDS, SOURCE } from '../../core/wire/cell.js';
import { operationName } from './operations.js';

/** Records for all messages that are on their way at once. */
const RECORDS = 16_384;

interface Sent {
  cell: number;
  from: number;
  tick: number;
}

export interface NetworkOptions {
  ranks: number;
  heap: Heap;
  /** Records that one rank's mailbox holds (default: any number). */
  room?: number;
  /** Messages sent in a tick arrive in the next. */
  ticks?: boolean;
  /** Chooses which of n senders' messages is delivered next, or none (−1). The oldest that was sent without it. */
  choose?: (n: number) => number;
}

/**
 * Mailboxes of many ranks in one thread, as plain arrays. Nobody may block: a rank that would sleep is an error.
 * Messages from one rank to another keep their order; those of different ranks may overtake each other.
 */
export class SimulatedNetwork {
  readonly options: NetworkOptions;
  readonly cells: CellViews = cellViews(new ArrayBuffer(RECORDS * CELL_BYTES));
  readonly free = Array.from({ length: RECORDS }, (_, k) => (RECORDS - 1 - k) * CELL_WORDS);
  readonly boxes: Sent[][];
  tick = 0;
  /** The last tick in which a message was taken in. */
  lastDelivery = 0;
  /** Messages taken in. */
  delivered = 0;
  /** How often a mailbox was full. */
  refusals = 0;
  /** Payload bytes of the largest message. */
  largest = 0;

  constructor(options: NetworkOptions) {
    this.options = options;
    this.boxes = Array.from({ length: options.ranks }, () => []);
  }
}

class SimulatedTransport implements Transport {
  readonly name = 'simulated';
  readonly rank: number;
  readonly size: number;
  readonly heap: Heap;
  readonly cells: CellViews;
  readonly spins = 0;
  readonly stale = 0;
  readonly bridged = false;
  readonly #net: SimulatedNetwork;
  #current: Sent | null = null;

  constructor(net: SimulatedNetwork, rank: number) {
    this.#net = net;
    this.rank = rank;
    this.size = net.options.ranks;
    this.heap = net.options.heap;
    this.cells = net.cells;
  }

  get board(): Board {
    throw new Error('simulated ranks share no memory to meet in');
  }
  sharesMemory(): boolean {
    return true;
  }
  acquire(peer: number): number {
    const { boxes, free, options } = this.#net;
    if (boxes[peer]!.length < (options.room ?? Number.POSITIVE_INFINITY) && free.length > 0)
      return free.pop()!;
    this.#net.refusals++;
    return -1;
  }
  commit(peer: number, cell: number): void {
    const net = this.#net;
    if (net.cells.i32[cell + SOURCE] !== this.rank) throw new Error('a record with another source');
    net.largest = Math.max(net.largest, net.cells.u32[cell + BYTES]!);
    net.boxes[peer]!.push({ cell, from: this.rank, tick: net.tick });
  }
  poll(): number {
    if (this.#current) return this.#current.cell;
    const { boxes, options, tick } = this.#net;
    const box = boxes[this.rank]!;
    const senders = new Set<number>();
    const heads = box.filter((m) => {
      if (senders.has(m.from) || (options.ticks && m.tick >= tick)) return false;
      senders.add(m.from);
      return true;
    });
    const k = options.choose ? options.choose(heads.length) : 0;
    this.#current = heads[k] ?? null;
    return this.#current ? this.#current.cell : -1;
  }
  release(cell: number): void {
    const net = this.#net;
    const box = net.boxes[this.rank]!;
    box.splice(box.indexOf(this.#current!), 1);
    this.#current = null;
    net.free.push(cell);
    net.delivered++;
    net.lastDelivery = net.tick;
  }
  askForRoom(): void {}
  arm(): void {}
  disarm(): void {}
  awaiting(): void {}
  leave(): void {}
  sleep(): void {
    throw new Error(`rank ${this.rank} would sleep`);
  }
  wake(): void {}
  whenWoken(callback: () => void): void {
    setImmediate(callback);
  }
  check(): void {}
}

export interface SimulatedRank {
  rank: number;
  endpoint: Endpoint;
  collectives: MessageCollectives;
}

/** The ranks of a network, each with an endpoint and the collectives of a group of all, or of `members` in this order. */
export function simulatedRanks(
  net: SimulatedNetwork,
  members?: readonly number[],
  firstCall = 0,
): SimulatedRank[] {
  const { ranks } = net.options;
  const world = members ?? Array.from({ length: ranks }, (_, r) => r);
  return world.map((self, rank) => {
    const endpoint = new Endpoint(new SimulatedTransport(net, self));
    const group = new Group(world, self, 0, null);
    return { rank, endpoint, collectives: new MessageCollectives(endpoint, group, operationName, firstCall) };
  });
}

/** Passes in which nothing happens after which nothing more will: a large transfer moves four pieces a pass. */
const QUIET = 12;

/**
 * Lets all ranks go on in turn, tick by tick, until every request is complete; throws if that does not happen.
 * `look` is called after every rank's turn.
 */
export function drive(
  net: SimulatedNetwork,
  ranks: readonly SimulatedRank[],
  requests: readonly Request<unknown>[],
  look: (rank: SimulatedRank) => void = () => {},
): void {
  for (let idle = 0; requests.some((r) => !r.complete); idle++) {
    if (idle > 200) throw new Error('the ranks wait for each other');
    net.tick++;
    for (let quiet = 0; quiet < QUIET; quiet++) {
      const before = state(net, ranks, requests);
      for (const r of ranks) {
        r.endpoint.advance();
        look(r);
      }
      if (state(net, ranks, requests) !== before) {
        quiet = 0;
        idle = 0;
      }
    }
  }
}

function state(
  net: SimulatedNetwork,
  ranks: readonly SimulatedRank[],
  requests: readonly Request<unknown>[],
): number {
  let n = net.delivered;
  for (const r of ranks) n += r.endpoint.sent;
  for (const r of requests) n += r.complete ? 1 : 0;
  return n;
}
