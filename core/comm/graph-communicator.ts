import type { Endpoint } from './endpoint.js';
import type { Group } from './group.js';
import type { Kinds } from './group-calls.js';
import { NeighbourCalls } from './neighbour-calls.js';
import { graphEdges } from './topologies.js';

/** A communicator each of whose ranks has a list of neighbours: from `graph`. A `Communicator` in all else. */
export class GraphCommunicator extends NeighbourCalls<never> {
  /** Not for programs: see `Communicator.graph`. */
  constructor(endpoint: Endpoint, group: Group, kinds: Kinds, neighbours: readonly number[]) {
    super(endpoint, group, kinds, graphEdges(neighbours));
  }
}
