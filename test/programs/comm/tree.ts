/** Reductions by messages on real ranks: how many messages each has received, and what came out. */
import { dot, sum } from 'haloweave';
import { TAG } from '../../../core/wire/cell.js';
import type { RankTools } from '../../support/rank-thread.js';

/** The bit in the tags of agreements (core/comm/message-collectives). */
const AGREEMENT = 0x2000_0000;

export interface Seen {
  /** Of each reduction: messages of its tree, and of the agreement that all make the same call. */
  received: number[];
  agreed: number[];
  results: unknown[];
}

export function reductions({ comm, transport }: RankTools): Seen {
  const byMessages = comm.dup({ collectives: 'messages' });
  const contexts = new Set<number>();
  let received = 0;
  let agreed = 0;
  const { release } = transport;
  // Every record that this rank takes out of its mailbox passes here.
  transport.release = (cell: number): void => {
    if ((transport.cells.i32[cell + TAG]! & AGREEMENT) !== 0) agreed++;
    else received++;
    contexts.add(transport.cells.i32[cell + 4]!);
    release.call(transport, cell);
  };
  const seen: Seen = { received: [], agreed: [], results: [] };
  const note = (value: unknown): void => {
    seen.results.push(value);
    comm.barrier();
    seen.received.push(received);
    seen.agreed.push(agreed);
    received = 0;
    agreed = 0;
    comm.barrier();
  };
  comm.barrier();
  received = 0;
  agreed = 0;
  note(byMessages.reduce(0.1 * comm.rank, sum, 0));
  note(byMessages.reduce(`(${comm.rank})`, (a, b) => a + b, 0));
  note(byMessages.reduce([Float64Array.of(comm.rank), Float64Array.of(2)], dot, 0));
  // Latecomers: whoever has children lets them wait.
  if (comm.rank % 3 === 0) for (const end = performance.now() + 20; performance.now() < end; );
  note(byMessages.reduce(comm.rank, sum, 0));
  return seen;
}
