/**
 * π = ∫₀¹ 4 / (1 + x²) dx by the midpoint rule, and on the way the running integral 4·atan(x) at 100 points, by a scan.
 *
 *   npx haloweave run examples/pi.ts -n 4 --hash
 *   npx haloweave run examples/pi.ts -- --steps 200
 *
 * Each rank adds up neighbouring pieces of the interval; what the ranks before it have added, which it needs for its
 * own part of the running integral, comes from one exclusive scan. Sums travel as ExactSum, unrounded: every number has
 * the same bits on any number of ranks. The first line above prints pi 3.1415926535898 with an error below 1e-13; the
 * rule's is h²/24 · (f'(0) − f'(1)) = h²/12 for steps of h. Builds on ring.
 */
import { type Args, type Communicator, ExactSum, sum } from 'haloweave';

/** Points of the running integral: the interval is cut into as many pieces. */
const PIECES = 100;

export default function main(comm: Communicator, args: Args) {
  const steps = Number(args.steps ?? 10_000);
  const h = 1 / (PIECES * steps);
  const first = Math.floor((PIECES * comm.rank) / comm.size);
  const last = Math.floor((PIECES * (comm.rank + 1)) / comm.size);

  // Midpoints of this rank's pieces; the sum so far, unrounded, is kept at the end of each piece.
  const own = new ExactSum();
  const kept = new Int32Array((last - first) * ExactSum.WORDS);
  for (let piece = first; piece < last; piece++) {
    for (let k = piece * steps; k < (piece + 1) * steps; k++) {
      const x = (k + 0.5) * h;
      own.add(4 / (1 + x * x));
    }
    own.write(kept, (piece - first) * ExactSum.WORDS);
  }

  // Rank 0 has nobody before it.
  const before = comm.exscan(own, sum) ?? new ExactSum();
  const running = new Float64Array(last - first);
  const total = new ExactSum();
  for (let k = 0; k < running.length; k++) {
    total.clear();
    total.merge(before);
    total.mergeFrom(kept, k * ExactSum.WORDS);
    running[k] = total.value() * h;
  }
  comm.result('running integral', running, first);

  const integral = comm.allgather(running).flatMap((part) => [...part]);
  const pi = integral[PIECES - 1]!;
  return { pi, error: Math.abs(pi - Math.PI), integral };
}
