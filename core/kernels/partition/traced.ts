import { type GridGeometry, haloEdges } from '../../halo/plan.js';
import type { TraceSink } from '../program.js';
import type { OwnedPart } from './owned-part.js';
import type { ResolvedProgram } from './resolve.js';

/**
 * Has a rank's workunits and parts note what they do. Functions and methods of these objects are replaced before the first
 * cycle: the sweep is the same with and without a trace, and pays nothing when there is none.
 */
export function traceParts(
  parts: readonly OwnedPart[],
  program: ResolvedProgram,
  geometry: GridGeometry,
  trace: TraceSink,
): void {
  const { workunits } = program;
  const phases = workunits.length;
  workunits.forEach((workunit, phase) => {
    workunits[phase] = (part, context) => {
      const start = trace.now();
      try {
        // What it gives, if anything, is refused by the sweep.
        return workunit(part, context);
      } finally {
        trace.workunit(start, part.id, context.cycle, phase, context.cycle * phases + phase);
      }
    };
  });
  for (const part of parts) {
    const { unpack, publish } = part;
    const { id } = part;
    part.unpack = (step, phase) => {
      const start = trace.now();
      unpack.call(part, step, phase);
      trace.unpacked(start, id, Math.floor(step / phases), step % phases, step);
    };
    part.publish = (step, phase) => {
      const start = trace.now();
      publish.call(part, step, phase);
      // What is published for a step has been made by the one before.
      trace.published(start, id, Math.floor((step - 1) / phases), phase, step);
    };
  }
  const mine = new Set(parts.map((p) => p.id));
  const pairs = parts.flatMap((p) => {
    const others = new Set(haloEdges(geometry, p.id).map((e) => e.neighbour));
    return [...others].filter((n) => !mine.has(n)).flatMap((n) => [p.id, n]);
  });
  trace.neighbours(pairs);
}
