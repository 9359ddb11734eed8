import { HaloweaveError } from '../../base/errors.js';
import type { GraphDomain } from './graph.js';
import type { AcceptFunction, GraphDefinition, GraphPhase, ShareFunction } from './graph-definition.js';
import type { GraphShares } from './graph-part.js';
import { checkControl, distinct, type NamedMeasure, type ResolvedSteps, whole } from './resolve.js';

type Definition = GraphDefinition<unknown, unknown>;

/** A definition on a graph with everything optional filled in and everything checked. */
export interface ResolvedGraph extends ResolvedSteps, GraphShares {
  domain: GraphDomain;
}

/** Checks a definition against its domain. Errors say what is wrong and what to write instead. */
export function resolveGraph(d: Definition, domain: GraphDomain): ResolvedGraph {
  const phases = phasesOf(d);
  if (typeof d.setup !== 'function')
    throw new HaloweaveError(
      'argument',
      'partitions of a graph need a setup that gives their state: setup: (part) => ({ … })',
    );
  if (typeof d.hash !== 'function')
    throw new HaloweaveError(
      'argument',
      "partitions of a graph need a hash that names the values of their state: hash: (part, emit) => emit('u', index, part.state.u)",
    );
  for (const unknown of ['state', 'output'])
    if ((d as unknown as Record<string, unknown>)[unknown] !== undefined)
      throw new HaloweaveError(
        'argument',
        `${unknown} is for grids, whose fields it names: partitions of a graph have hash and collect instead`,
      );
  if (phases.every((p) => !p.share) && domain.neighbours.some((n) => n.length > 0))
    throw new HaloweaveError(
      'argument',
      'the partitions have neighbours, but share nothing with them: give share(part, to) and accept(part, from, data)',
    );
  const measures = named(d.measure, 'measure');
  const reduces = distinct(phases.map((p, k) => named(p.reduce, `reduce of phase ${k}`)));
  checkControl(d.control);
  if (d.cycles !== undefined) whole(d.cycles, 0, 'cycles');
  return {
    domain,
    workunits: phases.map((p) => p.workunit as never),
    shares: phases.map((p) => (p.share as ShareFunction | undefined) ?? null),
    accepts: phases.map((p) => (p.accept as AcceptFunction | undefined) ?? null),
    reduces,
    measures,
    measureEvery: whole(d.measureEvery ?? 1, 1, 'measureEvery'),
    lag: whole(d.lag ?? 1, 0, 'lag'),
  };
}

function named(record: GraphPhase<unknown, unknown>['reduce'], what: string): NamedMeasure[] {
  return Object.entries(record ?? {}).flatMap(([name, measure]) => {
    if (measure === undefined) return [];
    if (typeof measure?.source === 'function') return [{ name, measure: measure as never }];
    throw new HaloweaveError(
      'argument',
      `${what} '${name}' does not say how: the partitions of a graph have no fields to name, write sum((part, add) => …)`,
    );
  });
}

function phasesOf(d: Definition): readonly GraphPhase<unknown, unknown>[] {
  if (!d.phases) {
    if (typeof d.workunit !== 'function')
      throw new HaloweaveError('argument', 'a partitionKernel needs a workunit (or phases)');
    const phase = { workunit: d.workunit, share: d.share, accept: d.accept, reduce: d.reduce };
    checkShare(phase, 'the definition');
    return [phase as GraphPhase<unknown, unknown>];
  }
  if (d.workunit || d.share || d.accept || d.reduce)
    throw new HaloweaveError(
      'argument',
      'a partitionKernel has either phases, or a workunit with share and accept, not both',
    );
  if (d.phases.length === 0)
    throw new HaloweaveError('argument', 'phases is empty: a cycle has at least one phase');
  d.phases.forEach((p, k) => {
    if (typeof p?.workunit !== 'function')
      throw new HaloweaveError('argument', `phase ${k} needs a workunit, a function`);
    checkShare(p, `phase ${k}`);
  });
  return d.phases;
}

function checkShare({ share, accept }: { share?: unknown; accept?: unknown }, where: string): void {
  for (const [name, f] of Object.entries({ share, accept }))
    if (f !== undefined && typeof f !== 'function')
      throw new HaloweaveError('argument', `${name} of ${where} is no function`);
  if ((share === undefined) !== (accept === undefined))
    throw new HaloweaveError(
      'argument',
      `${where} has ${share ? 'a share but no accept' : 'an accept but no share'}: what one partition shares another accepts`,
    );
}
