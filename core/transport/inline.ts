import { HaloweaveError } from '../base/errors.js';
import type { Heap } from '../memory/heap.js';
import { type Held, type Wait, whom } from '../wire/wait.js';
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
  #turns = 0;

  constructor(heap: Heap) {
    super({ rank: 0, ranks: 1, cells: CELLS, control: createControl(1, CELLS), heap, spins: 0 });
  }

  override sleep(wait: Wait, held?: Held): void {
    // Whoever set a limit waits until it is over, as on every other transport.
    if (wait.deadline === Number.POSITIVE_INFINITY) {
      this.disarm();
      throw hopeless(wait);
    }
    super.sleep(wait, held);
  }

  override awaiting(wait: Wait | null, idle: boolean): void {
    if (!wait || !idle || wait.deadline !== Number.POSITIVE_INFINITY) this.#turns = 0;
    // The first idle turn may be one in which something just ended.
    else if (++this.#turns > 1) throw hopeless(wait);
  }
}

function hopeless(wait: Wait): HaloweaveError {
  const { operation, tag } = wait;
  const from = whom(wait) || (tag >= 0 ? ` (tag ${tag})` : '');
  return new HaloweaveError(
    'deadlock',
    `the only rank waits in ${operation}${from} for a message that nobody can send: with --transport inline a program has one rank, which must send to itself before it receives`,
    { rank: 0, operation },
  );
}
