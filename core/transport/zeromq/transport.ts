import { ThreadsTransport } from '../threads/transport.js';

/**
 * A rank of a run on several hosts. Ranks of one host meet in its memory as ever. The mailbox of a rank of another
 * host is its proxy here, which this host's main thread empties (see `Bridge`): the rank itself does the same for both.
 */
export class ZeromqTransport extends ThreadsTransport {
  override readonly name = 'zeromq';
  override readonly bridged = true;
}
