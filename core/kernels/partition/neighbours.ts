import type { Endpoint } from '../../comm/endpoint.js';
import type { Heap } from '../../memory/heap.js';
import { HALO_CONTEXT } from '../../wire/tags.js';
import type { Hosts } from '../hosts.js';
import { FarShare } from './far-share.js';
import type { GridDomain } from './grid.js';
import { Mirror, Mirrors, type Published, publishedAt } from './mirror.js';
import type { PlanCache } from './plan-cache.js';
import { type ShareRuns, shareRuns } from './share-runs.js';

/** Where the parts of one rank find their neighbours, whichever rank and host owns them. */
export class Neighbours {
  readonly owner: Int32Array;
  readonly hosts: Hosts;
  readonly rank: number;
  readonly mirrors = new Mirrors();
  readonly #heap: Heap;
  readonly #endpoint: Endpoint;
  readonly #domain: GridDomain;
  readonly #cache: PlanCache;
  readonly #shared: readonly (readonly number[])[];
  readonly #blocks: Float64Array;

  /** `blocks`: by part, the address of its block if its owner is on this host. */
  constructor(
    heap: Heap,
    endpoint: Endpoint,
    domain: GridDomain,
    cache: PlanCache,
    shared: readonly (readonly number[])[],
    blocks: Float64Array,
    owner: Int32Array,
    hosts: Hosts,
  ) {
    this.#heap = heap;
    this.#endpoint = endpoint;
    this.#domain = domain;
    this.#cache = cache;
    this.#shared = shared;
    this.#blocks = blocks;
    this.owner = owner;
    this.hosts = hosts;
    this.rank = endpoint.transport.rank;
  }

  /** Where a part that is a neighbour of this rank's publishes: its block, or a mirror of it that is made when first asked for. */
  place(part: number): Published {
    const owner = this.owner[part]!;
    const layout = this.#cache.layout(part);
    if (this.hosts.near(owner)) return publishedAt(this.#heap, this.#blocks[part]!, layout);
    let mirror = this.mirrors.get(part);
    if (!mirror) {
      mirror = new Mirror(this.#heap, layout, part, owner, this.#runs(part, this.rank));
      this.mirrors.add(part, mirror);
    }
    return mirror;
  }

  /** One for each rank of another host that has neighbours of one of this rank's parts. */
  farShares(part: number): FarShare[] {
    const layout = this.#cache.layout(part);
    const ranks = new Set(layout.edges.map((e) => this.owner[e.neighbour]!));
    const from = publishedAt(this.#heap, this.#blocks[part]!, layout);
    return [...ranks]
      .filter((rank) => !this.hosts.near(rank))
      .map((rank) => new FarShare(this.#endpoint, rank, part, this.#runs(part, rank), from));
  }

  /** From now on shares from other hosts are taken in; all parts are connected. */
  listen(): void {
    if (this.hosts.count > 1) this.#endpoint.listen(HALO_CONTEXT, this.mirrors.take);
  }

  /** By phase: what of a part's share the parts of a rank read, by message. */
  #runs(part: number, rank: number): ShareRuns[][] {
    const layout = this.#cache.layout(part);
    return this.#shared.map((list, phase) =>
      shareRuns(this.#domain, layout, phase, list, (reader) => this.owner[reader] === rank),
    );
  }
}
