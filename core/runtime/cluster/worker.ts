import type { HaloweaveError } from '../../base/errors.js';
import type { Log } from '../../observe/log.js';
import type { Security } from '../../transport/zeromq/curve.js';
import type { OnRefusal } from '../../transport/zeromq/refusal.js';
import { sendControl } from './control-codec.js';
import type { ControlPeer } from './control-peer.js';
import { connectControl, listenForControl } from './control-sockets.js';
import { COORDINATOR_SILENCE } from './heartbeat.js';
import { HelloQueue } from './hello-queue.js';
import { thisProcess } from './identity.js';
import { judgeRefusals } from './judge-refusals.js';
import type { OpenNetwork } from './network.js';
import { sayRefused } from './say-refused.js';
import { type SessionEnd, WorkerSession } from './worker-session.js';

export interface WorkerSetup {
  /** Ranks offered. */
  ranks: number;
  /** Of control links. */
  security: Security;
  network: OpenNetwork;
  /** Who connected, was served, was lost. */
  log: Log;
  /** Told of refusals that do not end a link by themselves. */
  onRefusal: OnRefusal;
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
  let session: WorkerSession | null = null;
  let wake: () => void = () => {};
  const onHello = (peer: ControlPeer): void => {
    setup.log.info(session ? 'a coordinator has connected, and waits' : 'a coordinator has connected');
    if (session)
      sendControl(peer, { type: 'warning', text: `busy with ${session.coordinator}; waits for its end` });
    wake();
  };
  const queue = new HelloQueue(thisProcess(), onHello, (reason) => setup.log.warn(`refused: ${reason}`));
  const listener = await listenForControl(endpoint, (peer) => queue.add(peer), setup.security);
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
      const next = queue.next();
      if (!next) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        continue;
      }
      session = newSession(next.peer, setup, null);
      next.peer.onMessage(next.hello);
      logEnd(session, await session.over, setup.log);
      session = null;
    }
  } finally {
    left();
    stopped();
    sayRefused((text) => setup.log.warn(text), listener.refused, queue.refused);
    listener.close();
  }
}

/** How long a coordinator may take to answer before a person is told that it is waited for, in ms. */
const SAID_AFTER = 1000;

/**
 * Joins a coordinator that listens, and serves it until it is done or gone. Keeps trying until it is there. A worker that was given up
 * (it was stopped, or could not be reached for a while) joins again, as a new host. Gives how it ended.
 * @throws HaloweaveError 'usage' if one of the two refuses the other's keys.
 */
export async function connectAsWorker(
  endpoint: string,
  serverKey: string | null,
  setup: WorkerSetup,
): Promise<SessionEnd> {
  let end = await connectOnce(endpoint, serverKey, setup, Number.POSITIVE_INFINITY);
  while (end.how === 'forgotten' && !setup.leave.aborted) {
    setup.log.info('joins again, as a new host');
    end = await connectOnce(endpoint, serverKey, setup, COORDINATOR_SILENCE);
  }
  return end;
}

/** `patience`: how long the coordinator may take to answer, in ms. */
async function connectOnce(
  endpoint: string,
  serverKey: string | null,
  setup: WorkerSetup,
  patience: number,
): Promise<SessionEnd> {
  const peer = connectControl(endpoint, setup.security, serverKey);
  const session = newSession(peer, setup, endpoint);
  const judge = judgeRefusals({
    whom: `the coordinator at ${endpoint}`,
    publicKey: setup.security.publicKey,
    heard: () => session.joined,
    onRefusal: setup.onRefusal,
  });
  let refused: HaloweaveError | null = null;
  peer.onRefused = (refusal) => {
    refused = judge(refusal);
    if (refused === null) return;
    // Nobody hears what would be said.
    peer.close();
    session.stop(refused.message);
  };
  const began = performance.now();
  let said = false;
  const waiting = setInterval(() => {
    if (session.joined) clearInterval(waiting);
    else if (performance.now() - began >= patience) session.giveUp(`nobody answers at ${endpoint}`);
    else if (!said) {
      said = true;
      setup.log.info(`waiting for a coordinator at ${endpoint}`);
    }
  }, SAID_AFTER);
  const left = whenAborted(setup.leave, () => session.leave());
  const stopped = whenAborted(setup.stop, () => session.stop('the worker was stopped'));
  try {
    session.hello();
    const end = await session.over;
    if (refused) throw refused;
    logEnd(session, end, setup.log);
    return end;
  } finally {
    clearInterval(waiting);
    left();
    stopped();
  }
}

function newSession(peer: ControlPeer, setup: WorkerSetup, endpoint: string | null): WorkerSession {
  const { ranks, network, log } = setup;
  return new WorkerSession(peer, { identity: thisProcess(), ranks, network, endpoint, log });
}

function logEnd({ coordinator, served }: WorkerSession, { how, reason }: SessionEnd, log: Log): void {
  const epochs = `${served} epoch${served === 1 ? '' : 's'}`;
  if (how === 'lost' || how === 'forgotten') log.warn(`${coordinator} is lost: ${reason} (${epochs} served)`);
  else if (how === 'refused') log.warn(`refused: ${reason}`);
  else log.info(`served ${coordinator}, ${epochs}: ${reason}`);
}

function whenAborted(signal: AbortSignal, act: () => void): () => void {
  signal.addEventListener('abort', act, { once: true });
  if (signal.aborted) act();
  return () => signal.removeEventListener('abort', act);
}
