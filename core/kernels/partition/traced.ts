import { haloEdges } from '../../halo/plan.js';
import type { TraceSink } from '../program.js';
import type { Context } from './definition.js';
import type { GraphDomain } from './graph.js';
import type { GridDomain } from './grid.js';
import type { KernelPart, PartId, Workunit } from './kernel-part.js';
import type { ResolvedSteps } from './resolve.js';

/**
 * Has a rank's parts and workunits note what they do: methods of these parts are replaced before the first cycle, and
 * the program that is given back has other workunits. The sweep is the same with and without a trace, and pays
 * nothing when there is none.
 */
export function traceParts(
  parts: readonly KernelPart[],
  program: ResolvedSteps,
  domain: GridDomain | GraphDomain,
  trace: TraceSink,
): ResolvedSteps {
  const phases = program.workunits.length;
  const numbers = new Map(parts.map((p) => [p.id, numberOf(domain, p.id)]));
  for (const part of parts) tracePart(part, numbers.get(part.id)!, phases, trace);
  const mine = new Set(numbers.values());
  const pairs = [...mine].flatMap((n) => neighboursOf(domain, n).flatMap((m) => (mine.has(m) ? [] : [n, m])));
  trace.parts(
    pairs,
    [...numbers].map(([id, n]): [number, PartId] => [n, id]),
  );
  return {
    ...program,
    workunits: program.workunits.map((workunit, phase) => {
      const run = workunit as (part: unknown, context: Context) => void;
      return ((part: { id: PartId }, context) => {
        const start = trace.now();
        try {
          // What it gives, if anything, is refused by the sweep.
          return run(part, context);
        } finally {
          const { cycle } = context;
          trace.workunit(start, numbers.get(part.id)!, cycle, phase, cycle * phases + phase);
        }
      }) as Workunit;
    }),
  };
}

function tracePart(part: KernelPart, number: number, phases: number, trace: TraceSink): void {
  const { unpack, publish } = part;
  part.unpack = (step, phase) => {
    const start = trace.now();
    unpack.call(part, step, phase);
    trace.unpacked(start, number, Math.floor(step / phases), step % phases, step);
  };
  part.publish = (step, phase) => {
    const start = trace.now();
    publish.call(part, step, phase);
    // What is published for a step has been made by the one before.
    trace.published(start, number, Math.floor((step - 1) / phases), phase, step);
  };
}

/** Parts of a grid are their numbers; those of a graph are numbered as they were listed. */
function numberOf(domain: GridDomain | GraphDomain, id: PartId): number {
  return domain.kind === 'grid' ? (id as number) : domain.ids.indexOf(id);
}

/** Numbers of a part's neighbours, each once. */
function neighboursOf(domain: GridDomain | GraphDomain, number: number): number[] {
  return domain.kind === 'grid'
    ? [...new Set(haloEdges(domain.geometry, number).map((e) => e.neighbour))]
    : [...domain.neighbours[number]!];
}
