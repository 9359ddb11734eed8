import type { TypedArray } from '../memory/dtype.js';
import type { Heap } from '../memory/heap.js';
import type { Held, Wait } from '../wire/wait.js';

/** Views of memory that holds message records (see wire/cell), with one typed array per dtype code. */
export interface CellViews {
  readonly i32: Int32Array;
  readonly u32: Uint32Array;
  readonly f64: Float64Array;
  readonly byCode: readonly TypedArray[];
}

/**
 * The memory in which ranks of one host meet for collectives: a counter that all add to, a generation
 * that the last one advances, and two slots a rank, used in turn. A rank may write the slot of generation
 * g + 2 because all have arrived at g + 1 by then, and nobody arrives there before it has read g.
 */
export interface Board {
  readonly views: CellViews;
  readonly slotBytes: number;
  /** First word of the slot of `rank` for a generation. */
  slot(generation: number, rank: number): number;
  /** Counts this rank in; true for the last one, which has then advanced the generation and woken all. */
  arrive(generation: number): boolean;
  /** True once all ranks have arrived at that generation. */
  complete(generation: number): boolean;
}

/**
 * All that differs between threads, networks and MPI libraries, for one rank. Records are taken, filled
 * and committed on the sending side, polled and released on the receiving side, in place. Everything
 * else (matching, requests, collectives, kernels) is written once above this.
 *
 * Waiting: look for work `spins` times; then `arm`, look once more, and `sleep`. Whoever makes something
 * ready for a rank publishes it first and then calls `wake`, so that no wake-up is lost between the two.
 */
export interface Transport {
  readonly name: string;
  readonly rank: number;
  readonly size: number;
  readonly heap: Heap;
  readonly cells: CellViews;
  /** Where all ranks meet for collectives; null if some of them share no memory. */
  readonly board: Board | null;
  /** How often to look before parking; 0 when ranks outnumber cores. */
  readonly spins: number;
  /** Messages dropped because they were of an earlier epoch. */
  readonly stale: number;
  /**
   * True if a host's main thread carries what goes to ranks of other hosts (transport/zeromq/bridge): it sends pieces of
   * arrays in the heap from where they lie, and brings pieces to arrays in the heap.
   */
  readonly bridged: boolean;
  sharesMemory(peer: number): boolean;
  /** First word of a free record in the queue of `peer`, or −1 if the queue is full. */
  acquire(peer: number): number;
  /** Sends the filled record. Its epoch is set here. */
  commit(peer: number, cell: number): void;
  /** First word of the oldest record that arrived, or −1. It stays the oldest until it is released. */
  poll(): number;
  release(cell: number): void;
  /** Asks to be woken when the queue of `peer` has room; look again after asking. */
  askForRoom(peer: number): void;
  /** Announces that this rank is about to sleep; throws if the run has ended. */
  arm(): void;
  disarm(): void;
  /** Parks until woken or until the wait's deadline has passed; tells others meanwhile what is waited for. */
  sleep(wait: Wait, held?: Held): void;
  /**
   * Tells what asynchronous code awaits, each time the event loop comes round; null when nothing any more. `idle`
   * says that nothing else in the event loop can go on.
   */
  awaiting(wait: Wait | null, idle: boolean, held?: Held): void;
  /** This rank's program is over: it takes part in nothing but the end. */
  leave(): void;
  wake(peer: number): void;
  /** For asynchronous waiting: calls back once when woken. Only after `arm`. */
  whenWoken(callback: () => void): void;
  /** Throws if the run has ended; for loops that neither send nor receive. */
  check(): void;
}
