import { WORLD_CONTEXT } from '../wire/tags.js';
import { BufferCalls } from './buffer-calls.js';
import type { Endpoint } from './endpoint.js';
import { Group } from './group.js';

/**
 * The object through which ranks exchange messages, as MPI's communicator. Ranks are 0..size−1.
 *
 * Messages between two ranks with the same tag are received in the order in which they were sent. What
 * may be sent: typed arrays and ndarrays (strided ones too) as raw memory, and any structured value
 * (numbers, strings, bigint, Map, Set, nested objects) encoded. Arrays of the shared heap above 64 KiB
 * travel by reference and are copied once, straight into the receiver's buffer; such a send may wait for
 * its receive. Smaller sends return at once unless the receiver's mailbox (256 messages) is full.
 */
export class Communicator extends BufferCalls {
  /** Not for programs: a run makes the communicator of all its ranks, and `split` and `dup` make others. */
  constructor(endpoint: Endpoint, group: Group = everyRank(endpoint)) {
    super(endpoint, group);
  }
}

function everyRank(endpoint: Endpoint): Group {
  const { rank, size, board } = endpoint.transport;
  const members = Int32Array.from({ length: size }, (_, r) => r);
  return new Group(members, rank, WORLD_CONTEXT, board);
}
