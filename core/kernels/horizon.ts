// Words of the shared memory.
const STATE = 0;
const STOP_AT = 1;
/** The run goes on elsewhere from there: 1. */
const MOVES = 2;
const RANKS = 32;
/** Two cache lines a rank: each writes its own word once a cycle. */
const STRIDE = 32;

const RUNNING = 0;
const CLOSING = 1;
const CLOSED = 2;

/**
 * How a run is stopped from outside at one cycle for all partitions, without a barrier while it goes on.
 *
 * Before a rank starts a cycle that none of its partitions has started, it publishes the number and then
 * looks whether the run is being closed; whoever closes it first says so and then reads those numbers.
 * So either the closer sees the cycle, or the rank sees the closing and waits for its verdict: the run
 * ends after the highest cycle that anybody has started.
 */
export class Horizon {
  readonly #words: Int32Array;
  readonly #mine: number;

  constructor(words: Int32Array, rank: number) {
    this.#words = words;
    this.#mine = RANKS + rank * STRIDE;
  }

  static bytes(ranks: number): number {
    return (RANKS + ranks * STRIDE) * 4;
  }

  /** True if this rank may start cycle `cycle`; false while a verdict is pending, and from the last cycle on. */
  mayStart(cycle: number): boolean {
    const w = this.#words;
    Atomics.store(w, this.#mine, cycle + 1);
    const state = Atomics.load(w, STATE);
    if (state === RUNNING) return true;
    return state === CLOSED && cycle < Atomics.load(w, STOP_AT);
  }

  /** Whether the run that has been closed goes on elsewhere, from the state at which it stops. */
  get moves(): boolean {
    return Atomics.load(this.#words, STATE) === CLOSED && Atomics.load(this.#words, MOVES) === 1;
  }

  /** The number of cycles after which the run ends, or null while nobody has closed it. */
  get stop(): number | null {
    return Atomics.load(this.#words, STATE) === CLOSED ? Atomics.load(this.#words, STOP_AT) : null;
  }
}

/** Closes the run; wake all ranks afterwards. Gives the number of cycles after which it ends. For a run on one host. */
export function closeHorizon(words: Int32Array, ranks: number): number {
  return settleClose(words, beginClose(words, ranks));
}

/**
 * On each of several hosts: lets its ranks start no further cycle, and gives the number of cycles that any of them has
 * started. The run ends after the highest such number of all hosts: `settleClose` tells it to each.
 */
export function beginClose(words: Int32Array, ranks: number): number {
  Atomics.compareExchange(words, STATE, RUNNING, CLOSING);
  if (Atomics.load(words, STATE) === CLOSED) return Atomics.load(words, STOP_AT);
  let started = 0;
  for (let r = 0; r < ranks; r++) started = Math.max(started, Atomics.load(words, RANKS + r * STRIDE));
  return started;
}

/**
 * Ends the run after `stop` cycles, unless that has been settled; wake all ranks afterwards. `moves`: on other hosts it goes on.
 * Gives the number that holds.
 */
export function settleClose(words: Int32Array, stop: number, moves = false): number {
  if (Atomics.load(words, STATE) === CLOSED) return Atomics.load(words, STOP_AT);
  Atomics.store(words, STOP_AT, stop);
  Atomics.store(words, MOVES, moves ? 1 : 0);
  Atomics.store(words, STATE, CLOSED);
  return stop;
}
