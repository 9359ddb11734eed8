import { WORLD_CONTEXT } from '../wire/tags.js';
import { CartesianCommunicator } from './cartesian-communicator.js';
import type { Endpoint } from './endpoint.js';
import { GraphCommunicator } from './graph-communicator.js';
import { Group } from './group.js';
import { GroupCalls, type Kinds } from './group-calls.js';
import { Registry } from './registry.js';
import type { ResultHash } from './result-hash.js';

/**
 * The object through which ranks exchange messages, as MPI's communicator. Ranks are 0..size−1.
 *
 * Messages between two ranks with the same tag are received in the order in which they were sent. What
 * may be sent: typed arrays and ndarrays (strided ones too) as raw memory, and any structured value
 * (numbers, strings, bigint, Map, Set, nested objects) encoded. Arrays of the shared heap above 64 KiB
 * travel by reference and are copied once, straight into the receiver's buffer; such a send may wait for
 * its receive. Smaller sends return at once unless the receiver's mailbox (256 messages) is full.
 */
export class Communicator extends GroupCalls {
  // Nothing public here that `GroupCalls` has not: communicators with a topology are used as communicators.
  /** Not for programs: a run makes the communicator of all its ranks, and `split` and `dup` make others. */
  constructor(endpoint: Endpoint, group: Group = worldGroup(endpoint)) {
    super(endpoint, group, kinds);
  }
}

const kinds: Kinds = {
  plain: (endpoint, group) => new Communicator(endpoint, group),
  cartesian: (...parts) => new CartesianCommunicator(...parts),
  graph: (...parts) => new GraphCommunicator(...parts),
};

/** All ranks of the run. What programs register as results goes to `results`, if it is given. */
export function worldGroup(endpoint: Endpoint, results: ResultHash | null = null): Group {
  const { rank, size, board } = endpoint.transport;
  const members = Int32Array.from({ length: size }, (_, r) => r);
  const registry = new Registry(WORLD_CONTEXT + 2, results);
  return new Group(members, rank, WORLD_CONTEXT, board, { registry });
}
