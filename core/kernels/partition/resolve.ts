import { HaloweaveError } from '../../base/errors.js';
import type { Context, PartitionDefinition, Phase } from './definition.js';
import type { Domain } from './domain-runtime.js';
import type { FieldTypes, GridDomain } from './grid.js';
import type { Workunit } from './kernel-part.js';
import type { Measure } from './measure.js';

export interface NamedMeasure {
  name: string;
  measure: Measure;
}

/** What the sweep and the measures need of a program, whatever its domain. */
export interface ResolvedSteps {
  domain: Domain;
  workunits: readonly Workunit[];
  /** By phase: what is reduced after it. */
  reduces: readonly (readonly NamedMeasure[])[];
  measures: readonly NamedMeasure[];
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
  const named = (record: Phase<FieldTypes>['reduce'], what: string): NamedMeasure[] =>
    Object.entries(record ?? {}).flatMap(([name, measure]) => {
      if (measure === undefined) return [];
      if (typeof measure?.source === 'string') number(measure.source, `${what} '${name}'`);
      else if (typeof measure?.source !== 'function')
        throw new HaloweaveError(
          'argument',
          `${what} '${name}' is not a measure: write sum('${names[0]}'), or sum((part, add) => …)`,
        );
      if (measure.reduction === 'dot') {
        for (const field of [measure.source, measure.factor])
          if (typeof field !== 'string')
            throw new HaloweaveError(
              'argument',
              `${what} '${name}': dot takes the names of two fields: write dot('${names[0]}', '${names.at(-1)}')`,
            );
        const pair = [measure.source as string, measure.factor!].map(
          (field) => domain.fields[number(field, `${what} '${name}'`)]!,
        );
        const [a, b] = pair.map((f) => `${f.centring}-centred with ${f.components} a place`);
        if (a !== b)
          throw new HaloweaveError(
            'argument',
            `${what} '${name}': '${pair[0]!.name}' is ${a}, '${pair[1]!.name}' is ${b}: dot takes fields of one centring and as many components`,
          );
      }
      return [{ name, measure }];
    });
  const measures = named(d.measure, 'measure');
  const reduces = distinct(phases.map((phase, k) => named(phase.reduce, `reduce of phase ${k}`)));
  checkControl(d.control);
  const measureEvery = whole(d.measureEvery ?? 1, 1, 'measureEvery');
  if (d.cycles !== undefined) whole(d.cycles, 0, 'cycles');
  if (d.output) {
    whole(d.output.every, 1, 'output.every');
    for (const name of d.output.fields) number(name, 'output.fields');
  }
  return {
    domain,
    workunits: phases.map((p) => p.workunit),
    reduces,
    shared,
    state,
    measures,
    measureEvery,
    lag: whole(d.lag ?? 1, 0, 'lag'),
  };
}

function phasesOf(d: Definition): Phase<FieldTypes>[] {
  if (d.phases) {
    if (d.workunit || d.share || d.reduce)
      throw new HaloweaveError(
        'argument',
        `a partitionKernel has either phases, or a workunit and a share${d.reduce ? ' (and perhaps a reduce)' : ''}, not both`,
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
  return [{ workunit: d.workunit, share: d.share, ...(d.reduce && { reduce: d.reduce }) }];
}

/** Values of all phases lie side by side in `context.reduced`. */
export function distinct(reduces: NamedMeasure[][]): NamedMeasure[][] {
  const phaseOf = new Map<string, number>();
  for (const [phase, list] of reduces.entries())
    for (const { name } of list) {
      const other = phaseOf.get(name);
      if (other !== undefined)
        throw new HaloweaveError(
          'argument',
          `reduce '${name}' is in phase ${other} and in phase ${phase}: give each its own name, both are in context.reduced`,
        );
      phaseOf.set(name, phase);
    }
  return reduces;
}

export function checkControl(control: Definition['control']): void {
  if (control === undefined) return;
  if (typeof control?.next !== 'function' || typeof control.start !== 'object' || control.start === null)
    throw new HaloweaveError(
      'argument',
      'control needs start, the values before cycle 0, and next, a function that gives those of a cycle',
    );
  for (const [name, value] of Object.entries(control.start))
    if (typeof value !== 'number')
      throw new HaloweaveError('argument', `control.start.${name} is ${value}: control values are numbers`);
}

export function whole(n: number, least: number, what: string): number {
  if (Number.isSafeInteger(n) && n >= least) return n;
  throw new HaloweaveError('argument', `${what} is ${n}: use a whole number of ${least} or more`);
}
