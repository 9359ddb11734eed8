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
