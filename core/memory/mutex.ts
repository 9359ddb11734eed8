import { HaloweaveError } from '../base/errors.js';

const FREE = 0;
const HELD = 1;
const CONTENDED = 2;
/** Tries before sleeping: holders keep the lock for well under a microsecond. */
const SPINS = 200;
/** How often a sleeper looks whether the run has ended meanwhile, in ms. */
const LOOK = 20;
/** Longest time any section under this lock can take, with two orders of magnitude to spare, in ms. */
const STRANDED = 5_000;

/**
 * A mutual exclusion lock in one word of shared memory (free, held, held with sleepers).
 *
 * A thread that is terminated while it holds the lock takes it along. That happens only when its run is
 * being ended, and then the memory that the lock guards is given up as a whole; whoever waits meanwhile
 * learns it from `ended` (which throws) or, with no run to ask, from an error after five seconds.
 */
export function lock(words: Int32Array, at: number, ended: () => void): void {
  for (let i = 0; i < SPINS; i++) {
    if (Atomics.compareExchange(words, at, FREE, HELD) === FREE) return;
  }
  const start = performance.now();
  while (Atomics.exchange(words, at, CONTENDED) !== FREE) {
    Atomics.wait(words, at, CONTENDED, LOOK);
    ended();
    if (performance.now() - start > STRANDED)
      throw new HaloweaveError('memory', 'the heap is locked by a thread that has ended: make a new heap');
  }
}

export function unlock(words: Int32Array, at: number): void {
  if (Atomics.exchange(words, at, FREE) === CONTENDED) Atomics.notify(words, at, 1);
}
