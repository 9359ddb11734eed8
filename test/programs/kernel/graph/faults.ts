/** A sound program on a graph of three parts, made wrong in one place: `--fault NAME`. */
import { type GraphDefinition, type GraphPart, graph, partitionKernel, sum } from 'haloweave';

type Definition = GraphDefinition<{ u: number }, number>;
type Part = GraphPart<{ u: number }>;
/** What a program in JavaScript, or one that was told to keep quiet, could hold. */
type Anything = Record<string, unknown>;

const sound: Definition = {
  partition: () =>
    graph({
      parts: [
        { id: 'a', neighbours: ['b'] },
        { id: 'b', neighbours: ['a', 7] },
        { id: 7, neighbours: ['b'] },
      ],
    }),
  setup: () => ({ u: 1 }),
  workunit({ state }) {
    state.u += 1;
  },
  share: ({ state }) => state.u,
  accept({ state }, _from, u) {
    state.u += u;
  },
  hash: ({ id, state }, emit) => emit('u', id === 'a' ? 0 : id === 'b' ? 1 : 2, state.u),
};

const parts = (...list: unknown[]): Anything => ({ partition: () => graph({ parts: list } as never) });
const fail = (text: string): never => {
  throw new RangeError(text);
};
/** In part 'b', in cycle 3. */
const when = (part: Part, cycle: number, act: () => unknown): unknown =>
  part.id === 'b' && cycle === 3 ? act() : undefined;

const faults: Record<string, Anything> = {
  none: {},
  // The domain.
  asymmetric: parts({ id: 'a', neighbours: ['b'] }, { id: 'b', neighbours: [] }),
  'asymmetric numbers': parts({ id: 1, neighbours: [2] }, { id: 2, neighbours: [] }),
  'unknown id': parts({ id: 'a', neighbours: ['z'] }),
  'id of another type': parts({ id: 3, neighbours: ['3'] }),
  'id twice': parts({ id: 'a', neighbours: [] }, { id: 'b', neighbours: [] }, { id: 'a', neighbours: [] }),
  'neighbour twice': parts({ id: 'a', neighbours: ['b', 'b'] }, { id: 'b', neighbours: ['a'] }),
  'no id': parts({ neighbours: [] }),
  'no neighbours': parts({ id: 'a' }),
  'no parts': parts(),
  'negative weight': parts({ id: 'a', neighbours: [], weight: -1 }),
  'cells fraction': parts({ id: 'a', neighbours: [], cells: 1.5 }),
  'one position': parts({ id: 'a', neighbours: [], position: [0] }, { id: 'b', neighbours: [] }),
  'position NaN': parts({ id: 'a', neighbours: [], position: [0, Number.NaN] }),
  'position axes': parts(
    { id: 'a', neighbours: [], position: [0, 1] },
    { id: 'b', neighbours: [], position: [1] },
  ),
  'no domain': { partition: () => ({ kind: 'mesh' }) },
  // The definition.
  'no setup': { setup: undefined },
  'no hash': { hash: undefined },
  'no workunit': { workunit: undefined },
  'no share': { share: undefined },
  'no accept': { accept: undefined },
  'neither share nor accept': { share: undefined, accept: undefined },
  'share no function': { share: 'u' },
  'phases too': { phases: [] },
  'no phases': { workunit: undefined, share: undefined, accept: undefined, phases: [] },
  'phase without accept': {
    workunit: undefined,
    share: undefined,
    accept: undefined,
    phases: [{ workunit: () => undefined }, { workunit: () => undefined, share: () => 1 }],
  },
  'phase without workunit': { workunit: undefined, share: undefined, accept: undefined, phases: [{}] },
  'state names': { state: ['u'] },
  output: { output: { every: 1, fields: ['u'], write: () => undefined } },
  'measure by name': { measure: { heat: sum('u') } },
  'lag negative': { lag: -1 },
  // User code.
  'no state': { setup: () => undefined },
  'setup promises': { setup: async () => ({ u: 1 }) },
  'setup throws': { setup: (part: Part) => (part.id === 7 ? fail('no such state') : { u: 1 }) },
  'workunit throws': {
    workunit: (part: Part, { cycle }: { cycle: number }) => when(part, cycle, () => fail('too hot')),
  },
  'share throws': {
    share: (part: Part, to: unknown, { cycle }: { cycle: number }) =>
      when(part, cycle, () => fail(`nothing for ${to}`)),
  },
  'share promises': {
    share: (part: Part, _to: unknown, { cycle }: { cycle: number }) =>
      when(part, cycle, () => Promise.resolve(1)),
  },
  'share function': {
    share: (part: Part, _to: unknown, { cycle }: { cycle: number }) => when(part, cycle, () => () => 1),
  },
  'first share throws': {
    share: (part: Part) => (part.id === 7 ? fail('not yet') : 1),
  },
  'accept throws': {
    accept: (part: Part, from: unknown, _data: unknown, { cycle }: { cycle: number }) =>
      when(part, cycle, () => fail(`not from ${from}`)),
  },
  'accept promises': {
    accept: (part: Part, _from: unknown, _data: unknown, { cycle }: { cycle: number }) =>
      when(part, cycle, () => Promise.resolve()),
  },
  'hash throws': { hash: (part: Part) => (part.id === 7 ? fail('no value') : undefined) },
  'hash emits text': { hash: (_part: Part, emit: (...a: unknown[]) => void) => emit('u', 0, 'hot') },
  'hash emits at a fraction': { hash: (_part: Part, emit: (...a: unknown[]) => void) => emit('u', 0.5, 1) },
  'hash emits a wide bigint': {
    hash: (_part: Part, emit: (...a: unknown[]) => void) => emit('u', 0, 2n ** 64n),
  },
  'measure throws': { measure: { heat: sum((() => fail('no heat')) as never) } },
  'collect throws': { collect: (part: Part) => (part.id === 7 ? fail('nothing there') : 1) },
  'collect function': { collect: () => () => 1 },
  'report gathers': { report: ({ gather }: { gather(f: string): unknown }) => ({ u: gather('u') }) },
};

export default partitionKernel<{ u: number }, number>(({ args }) => {
  const change = faults[String(args.fault)];
  if (!change) throw new Error(`there is no fault '${String(args.fault)}'`);
  return { ...sound, ...change } as unknown as Definition;
});
