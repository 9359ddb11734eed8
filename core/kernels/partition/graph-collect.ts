import { readStaged, STAGED_WORDS, Stage } from '../../comm/staged.js';
import { arrayAt, zeros } from '../../memory/array.js';
import type { RankEnvironment } from '../program.js';
import type { Context } from './definition.js';
import type { GraphDomain } from './graph.js';
import type { OwnedGraphPart } from './graph-part.js';
import type { PartId } from './kernel-part.js';
import { refusePromise, userError } from './user-error.js';

/**
 * A value of each part on rank 0, by id in the order of the domain; an empty map elsewhere. Collective.
 * Every value travels as a share does, rank 0's own too, so that it is the same on any ranks.
 */
export function collectValues(
  collect: (part: never) => unknown,
  parts: readonly OwnedGraphPart[],
  domain: GraphDomain,
  { comm }: RankEnvironment,
  context: Context,
): Map<PartId, unknown> {
  const { heap } = comm;
  const length = domain.parts * STAGED_WORDS;
  const table = comm.bcast(comm.rank === 0 ? heap.locate(zeros(heap, length, 'i32').data) : 0);
  const words = arrayAt(heap, table, [length], 'i32').data as Int32Array;
  const stages = parts.map((p) => {
    const stage = new Stage(heap, words, p.number * STAGED_WORDS);
    let value: unknown;
    try {
      value = collect(p.object as never);
      stage.write(value);
    } catch (cause) {
      throw userError(cause, 'collect', p.id, context);
    }
    refusePromise(value, 'collect', p.id, context);
    return stage;
  });
  comm.barrier();
  const collected = new Map<PartId, unknown>();
  if (comm.rank === 0)
    domain.ids.forEach((id, n) => {
      collected.set(id, readStaged(heap, words, n * STAGED_WORDS));
    });
  comm.barrier();
  for (const stage of stages) stage.release();
  if (comm.rank === 0) heap.release(table);
  return collected;
}
