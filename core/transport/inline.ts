import { HaloweaveError } from '../base/errors.js';
import type { Heap } from '../memory/heap.js';
import { createControl } from './threads/layout.js';
import { ThreadsTransport } from './threads/transport.js';

/** Records of the only mailbox: it stays empty, because a rank's messages to itself never enter a queue. */
const CELLS = 2;

/**
 * One rank in the thread that calls, for debuggers, and the reference that every other transport must
 * equal. A wait that finds nothing can never be woken: it is an error at once, not a hang.
 */
export class InlineTransport extends ThreadsTransport {
  override readonly name = 'inline';

  constructor(heap: Heap) {
    super({ rank: 0, ranks: 1, cells: CELLS, control: createControl(1, CELLS), heap, spins: 0 });
  }

  override sleep(deadline: number): void {
    this.disarm();
    if (deadline === Number.POSITIVE_INFINITY)
      throw new HaloweaveError(
        'deadlock',
        'the only rank waits for a message that nobody can send: with --transport inline a program has one rank, which must send to itself before it receives',
        { rank: 0 },
      );
    throw new HaloweaveError(
      'deadlock',
      'the only rank waits with a deadline for a message that nobody can send',
      {
        rank: 0,
      },
    );
  }
}
