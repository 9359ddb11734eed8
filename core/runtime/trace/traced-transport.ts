import { TraceKind, type TraceRing } from '../../observe/trace-ring.js';
import type { Transport } from '../../transport/transport.js';
import { BYTES, CONTEXT, SOURCE, TAG } from '../../wire/cell.js';

/**
 * Has a rank's transport note every message that it sends or takes out of its mailbox, and every sleep. The methods of
 * this one object are replaced: without `--trace` nothing is looked at on the way of a message.
 *
 * Records between two ranks arrive in the order in which they were committed, so both sides number them alike.
 */
export function traceTransport(transport: Transport, ring: TraceRing): void {
  const { acquire, commit, poll, release, sleep } = transport;
  const { i32 } = transport.cells;
  const sent = new Int32Array(transport.size);
  const received = new Int32Array(transport.size);
  let acquired = 0;
  let polled = 0;
  transport.acquire = (peer) => {
    const start = ring.now();
    const cell = acquire.call(transport, peer);
    if (cell >= 0) acquired = start;
    return cell;
  };
  transport.commit = (peer, cell) => {
    // The receiver may release the record, and another rank fill it, before this returns.
    const [tag, context, bytes] = [i32[cell + TAG], i32[cell + CONTEXT], i32[cell + BYTES]];
    commit.call(transport, peer, cell);
    ring.note(TraceKind.send, acquired, peer, tag, context, bytes, sent[peer]!++);
  };
  transport.poll = () => {
    const start = ring.now();
    const cell = poll.call(transport);
    // Polled again, the same record begins anew: nothing that was noted meanwhile overlaps with it.
    if (cell >= 0) polled = start;
    return cell;
  };
  transport.release = (cell) => {
    const [source = 0, tag, context, bytes] = [SOURCE, TAG, CONTEXT, BYTES].map((word) => i32[cell + word]);
    release.call(transport, cell);
    ring.note(TraceKind.receive, polled, source, tag, context, bytes, received[source]!++);
  };
  transport.sleep = (wait, held) => {
    const start = ring.now();
    const operation = ring.name(wait.operation);
    try {
      sleep.call(transport, wait, held);
    } finally {
      ring.note(TraceKind.wait, start, operation, wait.peer, wait.tag);
    }
  };
}
