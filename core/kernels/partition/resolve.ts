import { HaloweaveError } from '../../base/errors.js';
import type { Context, PartitionDefinition, Phase } from './definition.js';
import type { Domain } from './domain-runtime.js';
import type { FieldTypes, GridDomain } from './grid.js';
import type { Workunit } from './kernel-part.js';
import type { Measure } from './measure.js';

/** What the sweep and the measures need of a program, whatever its domain. */
export interface ResolvedSteps {
  domain: Domain;
  workunits: readonly Workunit[];
  measures: readonly { name: string; measure: Measure }[];
  measureEvery: number;
  lag: number;
}

/** A definition with everything optional filled in and everything checked. */
export interface ResolvedProgram extends ResolvedSteps {
  domain: GridDomain;
  /** Field numbers that each phase shares. */
  shared: number[][];
  /** Field numbers of the state. */
  state: number[];
}

type Definition = PartitionDefinition<FieldTypes>;

/** Checks a definition against its domain. Errors say what is wrong and what to write instead. */
export function resolveProgram(d: Definition, domain: GridDomain, context: Context): ResolvedProgram {
  const names = domain.fields.map((f) => f.name);
  const number = (name: string, where: string): number => {
    const k = names.indexOf(name);
    if (k >= 0) return k;
    throw new HaloweaveError(
      'argument',
      `${where} names a field '${name}' that does not exist: the grid's fields are ${names.join(', ')}`,
    );
  };
  const phases = phasesOf(d);
  const shared = phases.map((phase, k) => {
    const list = phase.share(context);
    if (!Array.isArray(list))
      throw new HaloweaveError(
        'argument',
        `share of phase ${k} must give a list of field names, such as ['${names[0]}']`,
      );
    return [...new Set((list as string[]).map((name) => number(name, `share of phase ${k}`)))];
  });
  const state = d.state
    ? [...new Set(d.state.map((name) => number(name, 'state')))]
    : [...new Set(shared.flat())].sort((a, b) => a - b);
  const measures = Object.entries(d.measure ?? {}).map(([name, measure]) => {
    if (typeof measure?.source === 'string') number(measure.source, `measure '${name}'`);
    else if (typeof measure?.source !== 'function')
      throw new HaloweaveError(
        'argument',
        `measure '${name}' is not a measure: write sum('${names[0]}'), or sum((part, add) => …)`,
      );
    if (measure.reduction === 'dot') {
      for (const field of [measure.source, measure.factor])
        if (typeof field !== 'string')
          throw new HaloweaveError(
            'argument',
            `measure '${name}': dot takes the names of two fields: write dot('${names[0]}', '${names.at(-1)}')`,
          );
      number(measure.factor!, `measure '${name}'`);
    }
    return { name, measure };
  });
  const measureEvery = whole(d.measureEvery ?? 1, 1, 'measureEvery');
  if (d.cycles !== undefined) whole(d.cycles, 0, 'cycles');
  if (d.output) {
    whole(d.output.every, 1, 'output.every');
    for (const name of d.output.fields) number(name, 'output.fields');
  }
  return {
    domain,
    workunits: phases.map((p) => p.workunit),
    shared,
    state,
    measures,
    measureEvery,
    lag: whole(d.lag ?? 1, 0, 'lag'),
  };
}

function phasesOf(d: Definition): Phase<FieldTypes>[] {
  if (d.phases) {
    if (d.workunit || d.share)
      throw new HaloweaveError(
        'argument',
        'a partitionKernel has either phases, or a workunit and a share, not both',
      );
    if (d.phases.length === 0)
      throw new HaloweaveError('argument', 'phases is empty: a cycle has at least one phase');
    d.phases.forEach((p, k) => {
      if (typeof p?.workunit !== 'function' || typeof p.share !== 'function')
        throw new HaloweaveError('argument', `phase ${k} needs a workunit and a share, both functions`);
    });
    return [...d.phases];
  }
  if (typeof d.workunit !== 'function')
    throw new HaloweaveError('argument', 'a partitionKernel needs a workunit (or phases)');
  if (typeof d.share !== 'function')
    throw new HaloweaveError(
      'argument',
      "a partitionKernel needs a share: the fields whose halos neighbours get, such as share: () => ['u']",
    );
  return [{ workunit: d.workunit, share: d.share }];
}

export function whole(n: number, least: number, what: string): number {
  if (Number.isSafeInteger(n) && n >= least) return n;
  throw new HaloweaveError('argument', `${what} is ${n}: use a whole number of ${least} or more`);
}
