/**
 * A ring of whole numbers, one a partition, with a reduction and a control, and ways to break the rules
 * (`--fault`). Without one it keeps them all.
 */
import { graph, partitionKernel, sum } from 'haloweave';

interface Cell {
  u: { now: Float64Array; beside: number };
  act?: () => void;
}

const calls = new Map<string, number>();

export default partitionKernel<Cell, number>(({ args: { fault, n = 7 } }) => {
  const cells = Number(n);
  calls.clear();
  const count = (key: string): number => {
    calls.set(key, (calls.get(key) ?? 0) + 1);
    return calls.get(key)!;
  };
  return {
    partition: () =>
      graph({
        parts: Array.from({ length: cells }, (_, k) => ({
          id: `c${k}`,
          neighbours: [`c${(k + cells - 1) % cells}`, `c${(k + 1) % cells}`],
        })),
      }),
    setup: ({ id }) => ({
      u: { now: Float64Array.of(1 + Number(id.toString().slice(1))), beside: 0 },
      ...(fault === 'function' && { act: () => undefined }),
    }),
    workunit({ id, state }, { reduced, control, cycle }) {
      let extra = 0;
      if (cycle >= 2) {
        if (fault === 'counter') extra = count('all');
        if (fault === 'closure') {
          const key = `${id}`;
          if (!calls.has(key)) calls.set(key, state.u.now[0]!);
          extra = calls.get(key)!;
        }
      }
      const known = Number.isNaN(reduced.all) ? 0 : reduced.all!;
      state.u.now[0] = (3 * state.u.now[0]! + state.u.beside + known + control.k! + extra) % 997;
      state.u.beside = 0;
    },
    share: ({ state }) => (fault === 'share' ? state.u.now[0]! + count('share') : state.u.now[0]!),
    accept({ state }, _from, data) {
      state.u.beside += data;
    },
    reduce: { all: sum(({ state }, add) => add(state.u.now[0]!)) },
    control: { start: { k: 1 }, next: ({ control, measures }) => ({ k: control.k! + (measures.all2 ?? 0) }) },
    hash: ({ id, state }, emit) => emit('u', Number(id.toString().slice(1)), state.u.now),
    measure: { all2: sum(({ state }, add) => add(state.u.now[0]!)) },
    collect: ({ state }) => state.u.now[0]!,
    report: ({ collected, reduced, control }) => ({ u: [...collected.values()], reduced, control }),
  };
});
