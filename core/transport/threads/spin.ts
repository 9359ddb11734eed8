import { availableParallelism } from 'node:os';

/**
 * How long a rank looks before it parks, in µs: a little more than the 4 to 22 µs that parking and being
 * woken cost, so that spinning at most doubles the cost of a wait (competitive spinning, Karlin et al. 1991).
 */
const SPIN_MICROSECONDS = 50;
const TRIAL = 20_000;

/** Looks that fit in the spinning time on this machine, measured; 0 if ranks outnumber cores. */
export function calibrateSpins(ranks: number, cores: number = availableParallelism()): number {
  if (ranks > cores || ranks < 2) return 0;
  const word = new Int32Array(new SharedArrayBuffer(4));
  let best = Number.POSITIVE_INFINITY;
  for (let trial = 0; trial < 5; trial++) {
    const start = performance.now();
    for (let i = 0; i < TRIAL; i++) if (Atomics.load(word, 0) !== 0) return 0;
    best = Math.min(best, performance.now() - start);
  }
  // A look at a mailbox costs about four plain atomic loads (mailbox, generation, lists of requests).
  const microsecondsALook = Math.max((best * 1000 * 4) / TRIAL, 0.001);
  return Math.ceil(SPIN_MICROSECONDS / microsecondsALook);
}
