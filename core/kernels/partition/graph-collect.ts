import { readStaged, STAGED_WORDS, Stage } from '../../comm/staged.js';
import type { RankEnvironment } from '../program.js';
import type { Context } from './definition.js';
import type { GraphDomain } from './graph.js';
import type { OwnedGraphPart } from './graph-part.js';
import type { PartId } from './kernel-part.js';
import { refusePromise, userError } from './user-error.js';

// Tags of the messages here; a kernel's run has no others on the communicator of all ranks.
const TURN = 0;
const VALUE = 1;

/**
 * A value of each part on rank 0, by id in the order of the domain; an empty map elsewhere. Collective.
 * Every value is staged as a share is, rank 0's own too, so that it is the same on any ranks; then it travels as a
 * message. Ranks send when rank 0 says that it is their turn: values never pile up there. Messages: one for each part of
 * another rank, and one for each such rank.
 */
export function collectValues(
  collect: (part: never) => unknown,
  parts: readonly OwnedGraphPart[],
  owner: Int32Array,
  domain: GraphDomain,
  { comm }: RankEnvironment,
  context: Context,
): Map<PartId, unknown> {
  const { heap, rank } = comm;
  const words = new Int32Array(parts.length * STAGED_WORDS);
  const stages = parts.map((p, k) => {
    const stage = new Stage(heap, words, k * STAGED_WORDS);
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
  const places = new Map(parts.map((p, k) => [p.number, k]));
  const mine = (number: number): unknown => {
    const k = places.get(number)!;
    const value = readStaged(heap, words, k * STAGED_WORDS);
    stages[k]!.release();
    return value;
  };
  const collected = new Map<PartId, unknown>();
  if (rank > 0) {
    if (parts.length > 0) comm.recv(0, TURN);
    for (const number of [...places.keys()].sort((a, b) => a - b)) comm.send(mine(number), 0, VALUE);
    return collected;
  }
  const values = new Array<unknown>(domain.parts);
  for (let r = 0; r < comm.size; r++) {
    const theirs = Array.from(owner.keys()).filter((n) => owner[n] === r);
    if (r > 0 && theirs.length > 0) comm.send(null, r, TURN);
    for (const n of theirs) values[n] = r === 0 ? mine(n) : comm.recv(r, VALUE);
  }
  domain.ids.forEach((id, n) => {
    collected.set(id, values[n]);
  });
  return collected;
}
