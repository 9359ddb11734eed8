/**
 * Whole numbers on a ring that is cut into uneven pieces, u ← (5u + left + 3·right + index) mod 997: what a
 * single loop over the ring gives. A piece of its own neighbours, twice the same neighbour, and one piece only
 * are all rings. `--sizes 3,1,7`; `--self` makes every piece its own neighbour too; `--ms` makes workunits slow; it is hit
 * where `args.faults` says.
 */
import { type GraphPartSpec, graph, max, partitionKernel, sum } from 'haloweave';
import { atWorkunit, type FaultPlan } from '../../../support/faults/fault-points.js';

interface Piece {
  first: number;
  /** The piece's values, with one more on either side. */
  u: Float64Array;
}

export default partitionKernel<Piece, Float64Array, Float64Array>(({ args }) => {
  const sizes = String(args.sizes).split(',').map(Number);
  const firsts = sizes.map((_, k) => sizes.slice(0, k).reduce((a, b) => a + b, 0));
  const cells = sizes.reduce((a, b) => a + b, 0);
  const n = sizes.length;
  return {
    partition: () =>
      graph({
        parts: sizes.map((size, k): GraphPartSpec => {
          const beside = new Set([(k + n - 1) % n, (k + 1) % n]);
          if (args.self) beside.add(k);
          else if (n > 1) beside.delete(k);
          return { id: k, neighbours: [...beside], cells: size };
        }),
      }),
    setup: ({ id, cells: size }) => {
      const first = firsts[Number(id)]!;
      return { first, u: Float64Array.from({ length: size + 2 }, (_, k) => (first + k - 1) ** 2 % 997) };
    },
    workunit({ id, state }, { cycle }) {
      atWorkunit(args.faults as FaultPlan | undefined, Number(id), cycle);
      if (args.ms) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(args.ms));
      const { first, u } = state;
      const next = u.slice();
      for (let k = 1; k < u.length - 1; k++)
        next[k] = (5 * u[k]! + u[k - 1]! + 3 * u[k + 1]! + first + k - 1) % 997;
      state.u = next;
    },
    share: ({ state }) => Float64Array.of(state.u[1]!, state.u.at(-2)!),
    accept({ id, state }, from, data) {
      if (from === (Number(id) + n - 1) % n) state.u[0] = data[1]!;
      if (from === (Number(id) + 1) % n) state.u[state.u.length - 1] = data[0]!;
    },
    hash: ({ state }, emit) => emit('u', state.first, state.u.subarray(1, -1)),
    measure: {
      total: sum(({ state }, add) => {
        for (let k = 1; k < state.u.length - 1; k++) add(state.u[k]!);
      }),
      most: max(({ state }, add) => add(Math.max(...state.u.subarray(1, -1)))),
    },
    collect: ({ state }) => state.u.slice(1, -1),
    report: ({ collected, history, cycles }) => ({
      u: [...collected.values()].flatMap((piece) => [...piece]),
      ids: [...collected.keys()],
      totals: history.map((h) => h.measures.total),
      cycles,
      cells,
    }),
  };
});
