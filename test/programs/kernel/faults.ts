/** A sound program, made wrong in one place: `--fault NAME`. */
import { dot, grid, type Measure, max, type PartitionDefinition, partitionKernel, sum } from 'haloweave';

const FIELDS = { u: 'f64', v: 'f64', n: 'i32' } as const;
type Fields = typeof FIELDS;
type Definition = PartitionDefinition<Fields>;
/** What a program in JavaScript, or one that was told to keep quiet, could hold. */
type Anything = Record<string, unknown>;

const sound: Definition = {
  partition: ({ parts }) => grid({ shape: [12, 10], parts, fields: FIELDS }),
  workunit(part) {
    part.each((flat) => {
      part.u.data[flat]! += 1;
    });
  },
  share: () => ['u'],
};

function gridWith(change: Anything): Anything {
  return {
    partition: () => grid({ shape: [12, 10], parts: 4, fields: FIELDS, ...change } as never),
  };
}

const when = (part: { id: number }, cycle: number, act: () => unknown): unknown =>
  part.id === 2 && cycle === 3 ? act() : undefined;

const faults: Record<string, Anything> = {
  none: {},
  // The domain.
  'halo too wide': gridWith({ parts: [4, 2], halo: 4 }),
  'reserved name': gridWith({ fields: { shape: 'f64' } }),
  'private name': gridWith({ fields: { _u: 'f64' } }),
  'no fields': gridWith({ fields: {} }),
  'unknown dtype': gridWith({ fields: { u: 'f16' } }),
  'four axes': gridWith({ shape: [4, 4, 4, 4] }),
  'empty axis': gridWith({ shape: [12, 0] }),
  'dims of one axis': gridWith({ parts: [4] }),
  'dims of three axes': gridWith({ parts: '2x2x2' }),
  'parts text': gridWith({ parts: '2y2' }),
  'boundary name': gridWith({ boundary: 'reflecting' }),
  'boundary on one side': gridWith({ boundary: { lower: 'periodic', upper: { constant: 0 } } }),
  'boundary per axis': gridWith({ boundary: ['periodic'] }),
  'fraction for i64': gridWith({ fields: { l: 'i64' }, boundary: { constant: 0.5 } }),
  'list for a number': gridWith({ boundary: { dirichlet: [1, 2] } }),
  'list too short': gridWith({
    fields: { m: { dtype: 'f64', components: 3, boundary: { constant: [1, 2] } } },
    boundary: { constant: 0 },
  }),
  'derivative without end': gridWith({ boundary: { neumann: Number.POSITIVE_INFINITY } }),
  'field periodic by itself': gridWith({
    boundary: [{ constant: 0 }, 'periodic'],
    fields: { u: { dtype: 'f64', boundary: 'periodic' } },
  }),
  'unknown centring': gridWith({ fields: { u: { dtype: 'f64', centring: 'face' } } }),
  'no components': gridWith({ fields: { u: { dtype: 'f64', components: 0 } } }),
  'unknown property': gridWith({ fields: { u: { dtype: 'f64', centering: 'vertex' } } }),
  'vector of another length': {
    ...gridWith({ fields: { u: { dtype: 'f64', components: 3 } } }),
    setup: (part: { fill(name: string, value: () => number[]): void }) => part.fill('u', () => [1, 2]),
  },
  'swap of two kinds': {
    ...gridWith({ fields: { u: 'f64', v: { dtype: 'f64', components: 1 } } }),
    setup: (part: { swap(a: string, b: string): void }) => part.swap('u', 'v'),
  },
  'dot of two kinds': {
    ...gridWith({ fields: { u: 'f64', m: { dtype: 'f64', components: 2 } } }),
    measure: { product: dot('u', 'm') },
  },
  'each of what': {
    ...gridWith({ fields: { u: { dtype: 'f64', centring: 'vertex' } } }),
    setup: (part: { each(visit: () => void): void }) => part.each(() => undefined),
  },
  'no domain': { partition: () => undefined },
  'no partition': { partition: undefined },
  // The definition.
  'share unknown': { share: () => ['u', 'w'] },
  'share no list': { share: () => 'u' },
  'state unknown': { state: ['w'] },
  'measure unknown': { measure: { heat: sum('w') } },
  'measure none': { measure: { heat: 'u' } },
  'output unknown': { output: { every: 2, fields: ['w'], write: () => undefined } },
  'output never': { output: { every: 0, fields: ['u'], write: () => undefined } },
  'lag negative': { lag: -1 },
  'measureEvery zero': { measureEvery: 0, measure: { heat: sum('u') } },
  'no workunit': { workunit: undefined },
  'no share': { share: undefined },
  'phases too': { phases: [{ workunit: () => undefined, share: () => [] }] },
  'no phases': { workunit: undefined, share: undefined, phases: [] },
  'phase without share': { workunit: undefined, share: undefined, phases: [{ workunit: () => undefined }] },
  'cycles fraction': { cycles: 2.5 },
  // User code.
  'setup throws': {
    setup: (part: { id: number }) => {
      if (part.id === 2) throw new RangeError('no such initial state');
    },
  },
  'setup promises': { setup: async () => undefined },
  'fill unknown': { setup: (part: { fill(f: string, v: () => number): void }) => part.fill('w', () => 1) },
  'workunit throws': {
    workunit: (part: { id: number }, { cycle }: { cycle: number }) =>
      when(part, cycle, () => {
        throw new RangeError('the flux is negative');
      }),
  },
  'second phase throws': {
    workunit: undefined,
    share: undefined,
    phases: [
      { workunit: () => undefined, share: () => ['u'] },
      {
        workunit: (part: { id: number }, { cycle }: { cycle: number }) =>
          when(part, cycle, () => {
            throw new RangeError('the flux is negative');
          }),
        share: () => ['u'],
      },
    ],
  },
  'workunit throws text': {
    workunit: (part: { id: number }, { cycle }: { cycle: number }) =>
      when(part, cycle, () => {
        throw 'just text';
      }),
  },
  'workunit promises': {
    workunit: (part: { id: number }, { cycle }: { cycle: number }) =>
      when(part, cycle, () => Promise.resolve()),
  },
  'swap unknown': {
    workunit: (part: { swap(a: string, b: string): void }) => part.swap('u', 'w'),
  },
  'swap of two dtypes': {
    workunit: (part: { swap(a: string, b: string): void }) => part.swap('u', 'n'),
  },
  'measure throws': {
    measure: {
      heat: max<Fields>((part, _add, { cycle }) => {
        when(part, cycle, () => {
          throw new RangeError('no heat');
        });
      }) satisfies Measure<Fields>,
    },
  },
  'until throws': {
    until: ({ cycle }: { cycle: number }) => {
      if (cycle === 3) throw new RangeError('undecided');
    },
  },
  'write throws': {
    output: {
      every: 1,
      fields: ['u'],
      write: ({ cycle }: { cycle: number }) => {
        if (cycle === 3) throw new RangeError('disk full');
      },
    },
  },
  'report throws': {
    report: async () => {
      throw new RangeError('nothing to report');
    },
  },
  'report gathers unknown': { report: ({ gather }: { gather(f: string): unknown }) => ({ w: gather('w') }) },
};

export default partitionKernel(({ args }) => {
  const change = faults[String(args.fault)];
  if (!change) throw new Error(`there is no fault '${String(args.fault)}'`);
  return { ...sound, ...change } as unknown as Definition;
});
