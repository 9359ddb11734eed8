/** Registers the same global data however many ranks there are; `--twice`, `--wrong` and `--none` do it badly or not at all. */
import { type Args, type Communicator, copy, free, ndarray } from 'haloweave';
import { dtypes, pattern } from '../../support/values.js';

/** Elements of each result: a prime, so that no number of ranks divides it. */
export const COUNT = 211;

/** First element of a rank's share: shares grow with the rank, and the first rank of three or more has none. */
const first = (rank: number, size: number): number =>
  size < 3
    ? Math.floor((COUNT * rank) / size)
    : Math.floor((COUNT * Math.max(0, rank - 1) ** 2) / (size - 1) ** 2);

export default function main(comm: Communicator, args: Args) {
  if (args.none) return comm.size;
  const from = first(comm.rank, comm.size);
  const to = first(comm.rank + 1, comm.size);
  for (const dtype of dtypes) comm.result(dtype, pattern(dtype, COUNT).subarray(from, to), from);
  // As columns of a transposed array, whose elements do not lie one after the other; and from the shared heap.
  const wide = ndarray(new Float64Array(2 * (to - from)).fill(-1), [to - from, 2]);
  const column = wide.pick(null, 1);
  for (let k = 0; k < to - from; k++) column.set(k, Math.sqrt(from + k));
  comm.result('strided', column, from);
  const shared = copy(comm.heap, column);
  const sub = comm.split(comm.rank % 2, -comm.rank)!;
  sub.result('element by element', shared.data.subarray(0, 0), 7);
  for (let k = 0; k < to - from; k++)
    sub.result('element by element', shared.lo(k).hi(1), 2 ** 40 + 3 * (from + k));
  free(comm.heap, shared);
  if (comm.rank === 0) comm.result('one number', Float64Array.of(-0));
  if (args.twice && comm.rank === comm.size - 1) comm.result('f32', new Float32Array(3), COUNT - 2);
  if (args.wrong) comm.result('f64', Float64Array.of(comm.rank), -1);
  return comm.size;
}
