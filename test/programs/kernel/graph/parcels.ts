/**
 * Partitions that send each other parcels of all kinds and sizes, and check each as it comes: what it is, from
 * whom, in which order, and that none is missing or comes twice. Parts take unequal times. Phase 1 shares nothing.
 */
import { graph, type PartId, partitionKernel, type ShareContext, sum } from 'haloweave';
import { draw, parcel, randomGraph, same } from './parcel.js';

const PHASES = 3;

interface Post {
  /** From whom something came since the last workunit. */
  came: PartId[];
  received: number;
  pace: number;
}

const time = (cycle: number, phase: number): number => cycle * PHASES + phase;

export default partitionKernel<Post, unknown>(({ args }) => {
  const slow = Number(args.slow ?? 0);
  const passed = {
    share: (part: { id: PartId }, to: PartId, { cycle, phase }: ShareContext) =>
      parcel(part.id, to, time(cycle, phase)),
    accept(part: { id: PartId; state: Post }, from: PartId, data: unknown, { cycle, phase }: ShareContext) {
      const expected = parcel(from, part.id, time(cycle, phase));
      if (!same(expected, data))
        throw new Error(`from ${from} in cycle ${cycle}, phase ${phase}: not what was sent`);
      part.state.came.push(from);
      part.state.received++;
    },
  };
  /** Parcels of the phase before `phase` of `cycle` must be there, all and in order. */
  const check = (
    part: { id: PartId; neighbours: readonly PartId[]; state: Post },
    cycle: number,
    phase: number,
  ): void => {
    const before = time(cycle, phase) - 1;
    const due =
      phase === 2 ? [] : part.neighbours.filter((from) => parcel(from, part.id, before) !== undefined);
    if (!same(due, part.state.came))
      throw new Error(
        `${part.state.came.join()} came before cycle ${cycle}, phase ${phase}: not ${due.join()}`,
      );
    part.state.came.length = 0;
    for (let k = slow * (draw(part.id, 'pace', cycle) % 100); k > 0; k--)
      part.state.pace = Math.sqrt(part.state.pace + k);
  };
  return {
    partition: () => graph({ parts: randomGraph(Number(args.parts), Number(args.edges)) }),
    setup: () => ({ came: [], received: 0, pace: 1 }),
    phases: [
      { workunit: (part, { cycle }) => check(part, cycle, 0), ...passed },
      { workunit: (part, { cycle }) => check(part, cycle, 1) },
      { workunit: (part, { cycle }) => check(part, cycle, 2), ...passed },
    ],
    hash: ({ id, state }, emit) => emit('received', draw(id, id, 0), state.received),
    measure: { received: sum(({ state }, add) => add(state.received)) },
  };
});
