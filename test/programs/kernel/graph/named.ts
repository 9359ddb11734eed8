/** Partitions with names, in a line of so many (`--count`), that pass on the greatest number that they know. */
import { graph, partitionKernel } from 'haloweave';

interface State {
  best: number;
}

export default partitionKernel<State, number>(({ args }) => {
  const count = Number(args.count ?? 5);
  const numberOf = (id: string | number): number => Number(String(id).split(' ')[1]);
  const name = (k: number): string => `piece ${k}`;
  return {
    partition: () =>
      graph({
        parts: Array.from({ length: count }, (_, k) => ({
          id: name(k),
          neighbours: [k - 1, k + 1].filter((n) => n >= 0 && n < count).map(name),
        })),
      }),
    setup: ({ id }) => ({ best: (numberOf(id) * 7) % 5 }),
    workunit() {},
    share: ({ state }) => state.best,
    accept: ({ state }, _from, best) => {
      state.best = Math.max(state.best, best);
    },
    hash: ({ id, state }, emit) => emit('best', numberOf(id), Float64Array.of(state.best)),
  };
});
