import { availableParallelism } from 'node:os';

/**
 * How long a rank looks before it parks, in µs: a little more than the 4 to 22 µs that parking and being
 * woken cost, so that spinning at most doubles the cost of a wait (competitive spinning, Karlin et al. 1991).
 */
const SPIN_MICROSECONDS = 50;
/** Loads a trial: some microseconds. */
const TRIAL = 2_000;
/**
 * How long trials go on, in ms. The first run in the interpreter, ten times slower; a limit taken from them
 * would have ranks park after a few microseconds. The engine has compiled the loop by then.
 */
const CALIBRATION = 8;

/** Looks that fit in the spinning time on this machine, measured; 0 if ranks outnumber cores. */
export function calibrateSpins(ranks: number, cores: number = availableParallelism()): number {
  if (ranks > cores || ranks < 2) return 0;
  const word = new Int32Array(new SharedArrayBuffer(4));
  let best = Number.POSITIVE_INFINITY;
  const end = performance.now() + CALIBRATION;
  for (let now = performance.now(); now < end; ) {
    look(word);
    const after = performance.now();
    best = Math.min(best, after - now);
    now = after;
  }
  // A look at a mailbox costs about four plain atomic loads (mailbox, generation, lists of requests).
  const microsecondsALook = Math.max((best * 1000 * 4) / TRIAL, 0.001);
  return Math.ceil(SPIN_MICROSECONDS / microsecondsALook);
}

function look(word: Int32Array): number {
  let seen = 0;
  for (let i = 0; i < TRIAL; i++) seen += Atomics.load(word, 0);
  return seen;
}
