import type { Endpoint } from '../../comm/endpoint.js';
import { readStaged, STAGED_WORDS, type Stage } from '../../comm/staged.js';
import type { Heap } from '../../memory/heap.js';
import { type Address, offsetOf } from '../../memory/heap.js';
import type { GraphDomain } from './graph.js';
import { blockBytes, clearHeader, recordAt, stageAt } from './graph-block.js';
import type { AcceptFunction, GraphMembers, ShareContext, ShareFunction } from './graph-definition.js';
import { ShareMessage } from './graph-messages.js';
import { edgesTo } from './graph-mirrors.js';
import type { KernelPart, PartId } from './kernel-part.js';
import type { Mutable } from './sweep.js';
import { refusePromise, userError } from './user-error.js';

/** A part of a graph as user code sees it. */
export class GraphPartObject implements GraphMembers {
  readonly id: PartId;
  readonly neighbours: readonly PartId[];
  readonly cells: number;
  readonly weight: number;
  state: unknown = undefined;

  constructor(domain: GraphDomain, number: number) {
    this.id = domain.ids[number]!;
    this.neighbours = Object.freeze(Array.from(domain.neighbours[number]!, (n) => domain.ids[n]!));
    this.cells = domain.cellsOf[number]!;
    this.weight = domain.weights[number]!;
  }
}

/** What each phase does with shares; null for a phase that shares nothing. */
export interface GraphShares {
  shares: readonly (ShareFunction | null)[];
  accepts: readonly (AcceptFunction | null)[];
}

/**
 * A part of a graph on the rank that owns it. Its block in the shared heap holds the counter of published
 * steps and, for every neighbour, two records of what is staged for it, used in turn: whoever runs step t
 * has seen all neighbours publish t, so they have taken in what was shared for t − 1, and its slot is free.
 * Ranks that share no memory get what is staged for their parts as a message a step, and keep a mirror.
 */
export class OwnedGraphPart implements KernelPart {
  readonly id: PartId;
  readonly number: number;
  readonly cells: number;
  readonly object: GraphPartObject;
  step = 0;
  unpacked = false;
  event = 0;
  measured = -1;
  readonly wakes: number[] = [];
  remotePieces = 0;
  far = false;
  readonly #heap: Heap;
  readonly #phases: GraphShares;
  readonly #context: Mutable<ShareContext>;
  readonly #words: Int32Array;
  readonly #at: number;
  /** By parity and edge: where this part's shares go. */
  readonly #stages: [Stage[], Stage[]] = [[], []];
  // By edge: the neighbour's block, and there the first of the two records for this part.
  readonly #theirWords: Int32Array[] = [];
  readonly #theirAt: number[] = [];
  readonly #remote: boolean[] = [];
  /** By edge: true if the neighbour's rank is on another host. */
  readonly #away: boolean[] = [];
  /** One for each rank of another host that has neighbours. */
  readonly #messages: ShareMessage[] = [];
  // By neighbour, itself excluded: where its counter is.
  readonly #counters: Int32Array[] = [];
  readonly #counterAt: number[] = [];
  #bytes = 0;
  #between = 0;
  #betweenHosts = 0;

  constructor(
    heap: Heap,
    domain: GraphDomain,
    number: number,
    address: Address,
    phases: GraphShares,
    context: Mutable<ShareContext>,
    fresh = true,
  ) {
    this.number = number;
    // What a program hung on a part would be lost when the part moves: refused from the start.
    this.object = Object.preventExtensions(new GraphPartObject(domain, number));
    this.id = this.object.id;
    this.cells = this.object.cells;
    this.#heap = heap;
    this.#phases = phases;
    this.#context = context;
    this.#words = heap.arenaOf(address).words;
    this.#at = offsetOf(address) / 4;
    if (fresh) clearHeader(this.#words, this.#at, 0);
    for (let k = 0; k < this.object.neighbours.length; k++)
      for (const parity of [0, 1] as const)
        this.#stages[parity].push(stageAt(heap, this.#words, this.#at, k, parity));
  }

  /** Bytes of the block of a part with so many neighbours. */
  static blockBytes(neighbours: number): number {
    return blockBytes(neighbours);
  }

  /**
   * Finds the neighbours' counters and records, once all blocks have addresses: those of mirrors where the owner
   * shares no memory. Without an endpoint all do.
   */
  connect(
    domain: GraphDomain,
    blocks: Float64Array,
    owner: Int32Array,
    rank: number,
    endpoint: Endpoint | null = null,
  ): void {
    domain.neighbours[this.number]!.forEach((n, k) => {
      const { words } = this.#heap.arenaOf(blocks[n]!);
      const at = offsetOf(blocks[n]!) / 4;
      this.#theirWords.push(words);
      this.#theirAt.push(recordAt(at, domain.places[this.number]![k]!, 0));
      const theirs = owner[n]!;
      const away = endpoint !== null && !endpoint.transport.sharesMemory(theirs);
      this.#remote.push(theirs !== rank);
      this.#away.push(away);
      // A message wakes by itself.
      if (theirs !== rank && !away && !this.wakes.includes(theirs)) this.wakes.push(theirs);
      if (away && !this.#messages.some((m) => m.rank === theirs)) {
        const stages = edgesTo(domain, this.number, owner, theirs).map((edge) => this.#stages[0][edge]!);
        this.#messages.push(new ShareMessage(endpoint!, theirs, this.number, stages));
      }
      if (n === this.number) return;
      this.#counters.push(words);
      this.#counterAt.push(at);
    });
    // A message is a copy: what it was made of need not be kept for a second step.
    this.#away.forEach((away, k) => {
      if (away) this.#stages[1][k] = this.#stages[0][k]!;
    });
    this.far = this.#messages.length > 0;
  }

  ready(step: number): boolean {
    const words = this.#counters;
    const at = this.#counterAt;
    for (let k = 0; k < words.length; k++) if (Atomics.load(words[k]!, at[k]!) < step) return false;
    return true;
  }

  unpack(step: number, phase: number): void {
    const accept = this.#phases.accepts[phase];
    if (!accept) return;
    const context = this.#place(step, phase);
    const { object } = this;
    const parity = (step & 1) * STAGED_WORDS;
    for (let k = 0; k < this.#theirAt.length; k++) {
      const data = readStaged(this.#heap, this.#theirWords[k]!, this.#theirAt[k]! + parity);
      if (data === undefined) continue;
      let result: unknown;
      try {
        result = accept(object as never, object.neighbours[k]!, data as never, context);
      } catch (cause) {
        throw userError(cause, 'accept', this.id, context);
      }
      if (result !== undefined) refusePromise(result, 'accept', this.id, context);
    }
  }

  publish(step: number, phase: number): void {
    const share = this.#phases.shares[phase]!;
    this.#bytes = 0;
    this.#between = 0;
    this.#betweenHosts = 0;
    this.remotePieces = 0;
    if (share) this.#stage(share, this.#place(step, phase), this.#stages[step & 1]!);
    this.#announce(step);
  }

  #announce(step: number): void {
    this.step = step;
    this.unpacked = false;
    if (this.wakes.length > 0) Atomics.store(this.#words, this.#at, step);
    else this.#words[this.#at] = step;
  }

  /** What the last step staged for each neighbour, in the order of the list; undefined for nothing. */
  staged(): unknown[] {
    return this.#stages[(this.step & 1) as 0 | 1].map((stage) => stage.read());
  }

  /**
   * Goes on after `step` steps, of which the last was of `phase`. `staged`: what it had staged, if the state is from after
   * it took in what its neighbours had; null if `share` gives the same from the state.
   */
  resume(step: number, phase: number, staged: readonly unknown[] | null): void {
    if (staged) {
      const stages = this.#stages[(step & 1) as 0 | 1];
      for (let k = 0; k < stages.length; k++) stages[k]!.write(staged[k]);
      this.#announce(step);
    } else this.publish(step, phase);
    this.unpacked = staged !== null;
  }

  send(step: number, phase: number): void {
    const shares = this.#phases.shares[phase] !== null;
    for (let m = 0; m < this.#messages.length; m++) this.#messages[m]!.send(step, shares);
  }

  bytes(): number {
    return this.#bytes;
  }

  bytesBetweenRanks(): number {
    return this.#between;
  }

  bytesBetweenHosts(): number {
    return this.#betweenHosts;
  }

  /** Gives back the blocks of what is staged: another rank stages it anew. */
  release(): void {
    for (const stages of this.#stages) for (const s of stages) s.release();
  }

  #stage(share: ShareFunction, context: ShareContext, stages: readonly Stage[]): void {
    const { object } = this;
    for (let k = 0; k < stages.length; k++) {
      let value: unknown;
      try {
        value = share(object as never, object.neighbours[k]!, context);
        const bytes = stages[k]!.write(value);
        this.#bytes += bytes;
        if (this.#remote[k]) this.#between += bytes;
        if (this.#away[k]) this.#betweenHosts += bytes;
      } catch (cause) {
        throw userError(cause, 'share', this.id, context);
      }
      if (value === undefined) continue;
      refusePromise(value, 'share', this.id, context);
      if (this.#remote[k]) this.remotePieces++;
    }
  }

  /** What is shared for a step was made by the phase before it: cycle −1 made the shares for step 0. */
  #place(step: number, phase: number): ShareContext {
    const context = this.#context;
    context.cycle = Math.floor((step - 1) / this.#phases.shares.length);
    context.phase = phase;
    return context;
  }
}
