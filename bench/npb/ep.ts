// NAS Parallel Benchmark EP, "embarrassingly parallel": pairs of uniform numbers, those inside the unit circle made
// into pairs of Gaussian deviates by the polar method, their sums, and their counts in square rings. RNR-94-007, 2.2.1.
import { type Args, type Communicator, ExactSum, max, sum } from 'haloweave';
import { log } from 'haloweave/math';
import { EP_CLASSES } from './classes.js';
import { A, HALF, HALF_MASK, multiply, power } from './random.js';

const SEED = 271828183;
/** Pairs a batch, as in the reference implementation: the sums of a batch are what ranks cannot change. */
const PAIRS = 65536;
const RINGS = 10;

const A_LOW = A % HALF;
const A_HIGH = (A - A_LOW) / HALF;
const PER_HALF = 1 / HALF;

/** Accepted pairs of a batch, and the square of their radius. The element behind them is written, then forgotten. */
const xs = new Float64Array(PAIRS + 1);
const ys = new Float64Array(PAIRS + 1);
const squares = new Float64Array(PAIRS + 1);

export interface EpResult {
  sx: number;
  sy: number;
  counts: number[];
  seconds: number;
}

/** Draws the batch that starts behind `seed` and keeps what lies in the circle; gives how many. */
function draw(seed: number): number {
  let low = seed % HALF;
  let high = (seed - low) / HALF;
  let n = 0;
  for (let i = 0; i < PAIRS; i++) {
    // state ← a·state mod 2^46, twice: Math.imul drops multiples of 2^32 where only the lowest 23 bits count.
    high = (Math.imul(A_HIGH, low) + Math.imul(A_LOW, high) + ((A_LOW * low * PER_HALF) | 0)) & HALF_MASK;
    low = Math.imul(A_LOW, low) & HALF_MASK;
    const x = high * (2 * PER_HALF) + (low * (2 * PER_HALF * PER_HALF) - 1);
    high = (Math.imul(A_HIGH, low) + Math.imul(A_LOW, high) + ((A_LOW * low * PER_HALF) | 0)) & HALF_MASK;
    low = Math.imul(A_LOW, low) & HALF_MASK;
    const y = high * (2 * PER_HALF) + (low * (2 * PER_HALF * PER_HALF) - 1);
    const square = x * x + y * y;
    xs[n] = x;
    ys[n] = y;
    squares[n] = square;
    // One more if square ≤ 1, without a branch that a processor would guess wrong: a state is odd, so square is never 0.
    n += (2 - square) | 0;
  }
  return n;
}

/** Adds the first `n` pairs to the counts, and leaves their sums in `sums`. */
function tally(n: number, counts: Int32Array, sums: Float64Array): void {
  let sx = 0;
  let sy = 0;
  for (let i = 0; i < n; i++) {
    const square = squares[i]!;
    const scale = Math.sqrt((-2 * log(square)) / square);
    const x = xs[i]! * scale;
    const y = ys[i]! * scale;
    counts[Math.max(Math.abs(x), Math.abs(y)) | 0]!++;
    sx += x;
    sy += y;
  }
  sums[0] = sx;
  sums[1] = sy;
}

/**
 * Ranks take neighbouring batches and jump to the first by a power of the multiplier. The sums of each batch are
 * added up without rounding, so sx and sy have the same bits on any number of ranks.
 */
export default function main(comm: Communicator, args: Args): EpResult {
  const batches = 2 ** EP_CLASSES[String(args.class)]!.m / PAIRS;
  const first = Math.floor((batches * comm.rank) / comm.size);
  const last = Math.floor((batches * (comm.rank + 1)) / comm.size);
  const jump = power(A, 2 * PAIRS);
  const sums = new Float64Array(2);
  // As the reference does, every function runs once before the clock starts.
  tally(draw(SEED), new Int32Array(RINGS), sums);
  comm.barrier();
  const start = performance.now();
  const counts = new Int32Array(RINGS);
  const sx = new ExactSum();
  const sy = new ExactSum();
  let seed = multiply(SEED, power(jump, first));
  for (let batch = first; batch < last; batch++) {
    tally(draw(seed), counts, sums);
    sx.add(sums[0]!);
    sy.add(sums[1]!);
    seed = multiply(seed, jump);
  }
  const result = {
    sx: comm.allreduce(sx, sum).value(),
    sy: comm.allreduce(sy, sum).value(),
    counts: [...comm.allreduce(counts, sum)],
  };
  return { ...result, seconds: comm.allreduce((performance.now() - start) / 1000, max) };
}
