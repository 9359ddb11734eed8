import type { MessageCollectives } from '../../core/comm/message-collectives.js';
import type { Request } from '../../core/comm/request.js';
import { drive, type NetworkOptions, SimulatedNetwork, simulatedRanks } from './simulated-network.js';

export const all = <T>(p: number, f: (r: number) => T): T[] => Array.from({ length: p }, (_, r) => f(r));

export interface SimulatedRun {
  values: unknown[];
  /** Messages, and payload bytes, by rank. */
  sent: number[];
  bytes: number[];
  rounds: number;
  /** Bytes of the largest message. */
  largest: number;
  /** Something that a rank has left over, or null. */
  left: string | null;
}

/** Every rank starts one call and all go on until it is complete everywhere: the results, and what they cost. */
export function simulatedRun(
  options: NetworkOptions,
  start: (c: MessageCollectives, r: number) => Request<unknown>,
): SimulatedRun {
  const net = new SimulatedNetwork({ ticks: true, ...options });
  const ranks = simulatedRanks(net);
  const requests = ranks.map((r) => start(r.collectives, r.rank));
  drive(net, ranks, requests);
  const left = ranks.find((r) => !r.endpoint.idle);
  return {
    values: requests.map((r) => r.wait()),
    sent: ranks.map((r) => r.endpoint.sent),
    bytes: ranks.map((r) => r.endpoint.sentBytes),
    rounds: net.lastDelivery,
    largest: net.largest,
    left: left ? `rank ${left.rank} is not idle` : null,
  };
}
