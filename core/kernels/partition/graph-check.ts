import { inspect, isDeepStrictEqual } from 'node:util';
import { deserialize, serialize } from 'node:v8';
import { HaloweaveError } from '../../base/errors.js';
import type { Communicator } from '../../comm/communicator.js';
import type { Context } from './definition.js';
import type { DomainCheck } from './domain-runtime.js';
import type { GraphPartObject } from './graph-part.js';
import type { GraphRuntime } from './graph-runtime.js';
import type { PartId, Workunit } from './kernel-part.js';
import { partName } from './user-error.js';

/** Runs every workunit twice from the same state: what differs depends on something beside the part and the context. */
export class GraphCheck implements DomainCheck {
  readonly #runtime: GraphRuntime;

  constructor(runtime: GraphRuntime) {
    this.#runtime = runtime;
  }

  move(owner: Int32Array, mine: readonly number[]): void {
    this.#runtime.move(owner, mine);
  }

  /** A partition of a graph holds nothing of its neighbours but what it has accepted. */
  inspect(): void {}

  twice(workunit: Workunit): Workunit {
    const run = workunit as unknown as (part: GraphPartObject, context: Context) => unknown;
    const twice = (part: GraphPartObject, context: Context): unknown => {
      const before = deserialize(bytesOfState(part));
      const result = run(part, context);
      if (result !== undefined) return result;
      const first = part.state;
      part.state = before;
      try {
        run(part, context);
      } catch (cause) {
        const what = cause instanceof Error ? cause.message : String(cause);
        throw broken(part, context, `failed when it was run again: ${what}`, cause);
      }
      if (!isDeepStrictEqual(first, part.state))
        throw broken(
          part,
          context,
          `gave different results when it was run again: ${difference(first, part.state, 'state')}`,
        );
      part.state = first;
      return undefined;
    };
    return twice as unknown as Workunit;
  }
}

/** States of this rank's parts, by number, given to all ranks. Collective. */
export function exchangeStates(
  parts: readonly { number: number; object: GraphPartObject }[],
  comm: Communicator,
): Map<number, unknown> {
  const mine = serialize(parts.map((p) => [p.number, bytesOfState(p.object)]));
  const states = new Map<number, unknown>();
  for (const bytes of comm.allgather(Uint8Array.from(mine)) as Uint8Array[])
    for (const [number, state] of deserialize(bytes) as [number, Uint8Array][])
      states.set(number, deserialize(state));
  return states;
}

function bytesOfState(part: GraphPartObject): Uint8Array {
  try {
    return serialize(part.state);
  } catch (cause) {
    throw new HaloweaveError(
      'program',
      `the state of partition ${partName(part.id)} cannot be copied: ${(cause as Error).message}; keep plain data in it, so that the partition can move and be saved`,
      { partition: part.id, operation: 'check' },
    );
  }
}

/** Where two values differ first, as a path with both. */
function difference(first: unknown, second: unknown, path: string): string {
  if (isObject(first) && isObject(second) && Object.getPrototypeOf(first) === Object.getPrototypeOf(second))
    for (const key of new Set([...Object.keys(first), ...Object.keys(second)]))
      if (!isDeepStrictEqual(first[key], second[key]))
        return difference(first[key], second[key], /^\d+$/.test(key) ? `${path}[${key}]` : `${path}.${key}`);
  const text = (x: unknown): string => inspect(x, { depth: 0, breakLength: Number.POSITIVE_INFINITY });
  return `${path}: ${text(first)}, then ${text(second)}`;
}

function isObject(x: unknown): x is Record<string, unknown> {
  return typeof x === 'object' && x !== null;
}

function broken(part: { id: PartId }, context: Context, what: string, cause?: unknown): HaloweaveError {
  const { cycle, phase } = context;
  return new HaloweaveError(
    'program',
    `workunit of partition ${partName(part.id)}, cycle ${cycle}, phase ${phase} ${what}; a workunit may depend on its part and context alone`,
    { partition: part.id, cycle, phase, operation: 'workunit' },
    cause === undefined ? {} : { cause },
  );
}
