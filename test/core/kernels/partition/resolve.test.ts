import { describe, expect, it } from 'vitest';
import type { Context, PartitionDefinition } from '../../../../core/kernels/partition/definition.js';
import { type FieldTypes, grid } from '../../../../core/kernels/partition/grid.js';
import { sum } from '../../../../core/kernels/partition/measure.js';
import { type ResolvedProgram, resolveProgram } from '../../../../core/kernels/partition/resolve.js';

const domain = grid({ shape: [8], parts: 2, fields: { u: 'f64', v: 'f64', w: 'f64' } });
const context: Context = {
  args: { field: 'w' },
  cycle: 0,
  phase: 0,
  rank: 0,
  ranks: 1,
  measures: {},
  measuredCycle: -1,
  reduced: {},
  control: {},
};
const nothing = (): undefined => undefined;

function resolve(d: Partial<PartitionDefinition<FieldTypes>>): ResolvedProgram {
  return resolveProgram({ partition: () => domain, ...d }, domain, context);
}

describe('resolveProgram', () => {
  it('fills in what is optional', () => {
    expect(resolve({ workunit: nothing, share: () => ['v'] })).toMatchObject({
      shared: [[1]],
      state: [1],
      measures: [],
      measureEvery: 1,
      lag: 1,
    });
  });

  it('takes what is shared in any phase as the state, by the order of the fields', () => {
    const phases = [
      { workunit: nothing, share: () => ['w'] },
      { workunit: nothing, share: () => [] },
      { workunit: nothing, share: () => ['u', 'w'] },
    ];
    const program = resolve({ phases });
    expect(program.shared).toEqual([[2], [], [0, 2]]);
    expect(program.state).toEqual([0, 2]);
    expect(program.workunits).toEqual([nothing, nothing, nothing]);
  });

  it('counts a field once, however often it is named', () => {
    const program = resolve({ workunit: nothing, share: () => ['v', 'u', 'v'], state: ['w', 'w'] });
    expect(program.shared).toEqual([[1, 0]]);
    expect(program.state).toEqual([2]);
  });

  it('asks share with the context, and keeps measures in their order', () => {
    const program = resolve({
      workunit: nothing,
      share: ({ args }) => [String(args.field)],
      measure: { b: sum('v'), a: sum('u') },
    });
    expect(program.shared).toEqual([[2]]);
    expect(program.measures.map((m) => m.name)).toEqual(['b', 'a']);
  });

  it.each([
    ['lag', { lag: 0.5 }],
    ['lag', { lag: -1 }],
    ['measureEvery', { measureEvery: 0 }],
    ['cycles', { cycles: Number.NaN }],
    ['cycles', { cycles: -1 }],
  ])('refuses a %s that is no whole number', (name, change) => {
    expect(() => resolve({ workunit: nothing, share: () => ['u'], ...change })).toThrow(`${name} is `);
  });
});

describe('reduce and control', () => {
  const phase = { workunit: nothing, share: () => [] };

  it('reductions by phase; those left undefined count for nothing', () => {
    const reduce = { a: sum<FieldTypes>('u'), b: undefined };
    const program = resolve({ phases: [phase, { ...phase, reduce }] });
    expect(program.reduces.map((list) => list.map((m) => m.name))).toEqual([[], ['a']]);
    expect(resolve({ ...phase, reduce }).reduces.map((list) => list.length)).toEqual([1]);
  });

  it.each<[string, Partial<PartitionDefinition<FieldTypes>>, string]>([
    [
      'a name in two phases',
      { phases: [{ ...phase, reduce: { a: sum('u') } }, phase, { ...phase, reduce: { a: sum('v') } }] },
      "reduce 'a' is in phase 0 and in phase 2: give each its own name, both are in context.reduced",
    ],
    [
      'a field that does not exist',
      { phases: [phase, { ...phase, reduce: { a: sum('x') } }] },
      "reduce of phase 1 'a' names a field 'x' that does not exist: the grid's fields are u, v, w",
    ],
    [
      'no measure',
      { phases: [{ ...phase, reduce: { a: 'u' as never } }] },
      "reduce of phase 0 'a' is not a measure: write sum('u'), or sum((part, add) => …)",
    ],
    [
      'beside phases',
      { phases: [phase], reduce: { a: sum('u') } },
      'a partitionKernel has either phases, or a workunit and a share (and perhaps a reduce), not both',
    ],
    [
      'control without next',
      { ...phase, control: { start: { dt: 0 } } as never },
      'control needs start, the values before cycle 0, and next, a function that gives those of a cycle',
    ],
    [
      'control that starts with no number',
      { ...phase, control: { start: { dt: '1' as never }, next: () => ({}) } },
      'control.start.dt is 1: control values are numbers',
    ],
  ])('%s is refused', (_, d, text) => {
    expect(() => resolve(d)).toThrow(expect.objectContaining({ code: 'argument', message: text }));
  });
});
