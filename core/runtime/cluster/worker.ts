import { plain, type SocketSecurity } from '../../transport/zeromq/sockets.js';
import { sendControl } from './control-codec.js';
import type { ControlPeer } from './control-peer.js';
import { connectControl, listenForControl } from './control-sockets.js';
import { thisProcess } from './identity.js';
import type { OpenNetwork } from './network.js';
import { type SessionEnd, WorkerSession } from './worker-session.js';

export interface WorkerSetup {
  /** Ranks offered. */
  ranks: number;
  security?: SocketSecurity;
  network: OpenNetwork;
  /** Told for people. */
  say: (text: string) => void;
  /** Asks the coordinator to let this worker go. */
  leave: AbortSignal;
  /** Goes at once, whatever the ranks do. */
  stop: AbortSignal;
}

/**
 * Serves one coordinator after another at an address, until it is told to leave. Those that come while one is served wait
 * for their turn. `ready` is told the address, with the port that the system has chosen if it was 0.
 */
export async function listenAsWorker(
  endpoint: string,
  setup: WorkerSetup,
  ready: (endpoint: string) => void,
): Promise<void> {
  const queue: { peer: ControlPeer; bodies: Uint8Array[] }[] = [];
  let session: WorkerSession | null = null;
  let wake: () => void = () => {};
  const listener = await listenForControl(
    endpoint,
    (peer) => {
      const waiting = { peer, bodies: [] as Uint8Array[] };
      peer.onMessage = (body) => {
        waiting.bodies.push(body);
        // A hello is all that anybody says before it has been answered.
        if (waiting.bodies.length > 1) peer.close();
      };
      peer.onBroken = () => {};
      queue.push(waiting);
      if (session)
        sendControl(peer, { type: 'warning', text: `busy with ${session.coordinator}; waits for its end` });
      wake();
    },
    setup.security ?? plain,
  );
  const left = whenAborted(setup.leave, () => {
    session?.leave();
    wake();
  });
  const stopped = whenAborted(setup.stop, () => {
    session?.stop('the worker was stopped');
    wake();
  });
  try {
    ready(listener.endpoint);
    while (!setup.leave.aborted) {
      const next = queue.shift();
      if (!next) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        continue;
      }
      if (next.peer.closed) continue;
      session = newSession(next.peer, setup, null);
      for (const body of next.bodies) next.peer.onMessage(body);
      sayEnd(session, await session.over, setup.say);
      session = null;
    }
  } finally {
    left();
    stopped();
    listener.close();
  }
}

/** How long a coordinator may take to answer before a person is told that it is waited for, in ms. */
const SAID_AFTER = 1000;

/**
 * Joins a coordinator that listens, and serves it until it is done or gone. Keeps trying until it is there. Gives how it ended.
 */
export async function connectAsWorker(endpoint: string, setup: WorkerSetup): Promise<SessionEnd> {
  const session = newSession(connectControl(endpoint, setup.security ?? plain), setup, endpoint);
  const waiting = setTimeout(() => {
    if (!session.joined) setup.say(`waiting for a coordinator at ${endpoint}`);
  }, SAID_AFTER);
  const left = whenAborted(setup.leave, () => session.leave());
  const stopped = whenAborted(setup.stop, () => session.stop('the worker was stopped'));
  try {
    session.hello();
    const end = await session.over;
    sayEnd(session, end, setup.say);
    return end;
  } finally {
    clearTimeout(waiting);
    left();
    stopped();
  }
}

function newSession(peer: ControlPeer, setup: WorkerSetup, endpoint: string | null): WorkerSession {
  const { ranks, network, say } = setup;
  return new WorkerSession(peer, { identity: thisProcess(), ranks, network, endpoint, say });
}

function sayEnd(session: WorkerSession, { how, reason }: SessionEnd, say: (text: string) => void): void {
  if (how === 'lost') say(`${session.coordinator} is lost: ${reason}`);
  else if (how === 'refused') say(`refused: ${reason}`);
}

function whenAborted(signal: AbortSignal, act: () => void): () => void {
  signal.addEventListener('abort', act, { once: true });
  if (signal.aborted) act();
  return () => signal.removeEventListener('abort', act);
}
