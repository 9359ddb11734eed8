import { HaloweaveError } from '../base/errors.js';
import type { Endpoint } from './endpoint.js';
import type { Group } from './group.js';
import { type Buffer, type Outgoing, outgoing } from './payload.js';
import type { Progressing } from './rendezvous.js';
import { Request, type Status } from './request.js';
import type { Wait } from './wait.js';

/** Tags of neighbourhood collectives begin here, so that they meet no other collective's in the same context. */
const FIRST_TAG = 0x4000_0000;

/** A rank's edges in a topology, in the order in which its pieces are given and returned. */
export interface Edges {
  /** By edge: the neighbour's number in the group, −1 at an open end. */
  readonly peers: readonly number[];
  /** By edge: which of the neighbour's edges to this rank it is. Tells edges to one neighbour apart. */
  readonly there: readonly number[];
  /** By edge: under which number the neighbour knows it. */
  readonly here: readonly number[];
}

/**
 * One neighbourhood collective of one rank: a message over each edge in each direction, tagged by the edge that it
 * arrives on. Calls follow each other in the order in which they were started, which the order of messages keeps.
 */
export class NeighbourExchange implements Progressing {
  /** By edge what came in; undefined at open ends. */
  value: unknown[] = [];
  readonly #receives: (Request<unknown> | null)[];
  readonly #sends: Request<unknown>[] = [];
  readonly #status: (Status | null)[];
  readonly #expect: readonly number[] | null;
  readonly #edges: Edges;
  readonly #place: { rank: number; operation: string };

  /**
   * `values` by edge. `into` gives buffers to land in, and then `expect` the number of elements that must come.
   * Refuses what cannot be sent before anything is.
   */
  constructor(
    endpoint: Endpoint,
    group: Group,
    edges: Edges,
    values: readonly unknown[],
    wait: Wait,
    into: readonly Buffer[] | null = null,
    expect: readonly number[] | null = null,
  ) {
    const context = group.context + 1;
    const ready = packed(edges, values);
    this.#edges = edges;
    this.#expect = expect;
    this.#place = { rank: group.rank, operation: wait.operation };
    this.#status = edges.peers.map((p) => (expect && p >= 0 ? { source: p, tag: 0, count: 0 } : null));
    this.#receives = edges.peers.map((p, k) => {
      if (p < 0) return null;
      const source = group.members[p]!;
      const request = new Request<unknown>(endpoint, { ...wait, peer: source });
      const tag = FIRST_TAG + edges.here[k]!;
      const buffer = into ? into[k]! : null;
      endpoint.postReceive({ source, tag, context, group, buffer, status: this.#status[k]!, request });
      return request;
    });
    for (const [k, o] of ready.entries()) {
      if (!o) continue;
      const peer = group.members[edges.peers[k]!]!;
      const transfer = endpoint.post(o, peer, FIRST_TAG + edges.there[k]!, context);
      if (!transfer) continue;
      const request = new Request<unknown>(endpoint, { ...wait, peer });
      endpoint.track(transfer, request);
      this.#sends.push(request);
    }
  }

  /** Blocks until all pieces are here and all are gone. */
  finish(): unknown[] {
    for (const r of this.#receives) r?.wait();
    for (const s of this.#sends) s.wait();
    return this.#collect();
  }

  step(): boolean {
    if (!this.#receives.every((r) => r === null || r.complete)) return false;
    if (!this.#sends.every((s) => s.complete)) return false;
    this.#collect();
    return true;
  }

  #collect(): unknown[] {
    // Throws the error of a piece that could not land.
    this.value = this.#receives.map((r) => r?.wait());
    for (const s of this.#sends) s.wait();
    for (const [k, status] of this.#status.entries()) if (status) this.#sameCount(k, status.count);
    return this.value;
  }

  #sameCount(edge: number, count: number): void {
    const expected = this.#expect![edge]!;
    if (count === expected) return;
    const { rank, operation } = this.#place;
    throw new HaloweaveError(
      'program',
      `${operation}: rank ${this.#edges.peers[edge]} sends ${count} elements over edge ${edge} of rank ${rank}, which expects ${expected}: both sides must give the same count`,
      this.#place,
    );
  }
}

/** What goes over each edge, null at open ends. A value that goes over several is made ready once. */
function packed(edges: Edges, values: readonly unknown[]): (Outgoing | null)[] {
  const ready = new Map<unknown, Outgoing>();
  return edges.peers.map((p, k) => {
    if (p < 0) return null;
    const value = values[k];
    // A map takes 0 and −0 for one.
    const o = (typeof value === 'number' ? null : ready.get(value)) ?? outgoing(value);
    ready.set(value, o);
    return o;
  });
}
