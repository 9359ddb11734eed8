import { HaloweaveError } from '../../base/errors.js';
import { place, ranksByHost } from '../../decomposition/placement.js';
import type { NdArray } from '../../memory/ndarray.js';
import type { Hosts } from '../hosts.js';
import type { RankEnvironment, SavedState } from '../program.js';
import type { Relay } from '../relay.js';
import type { Context } from './definition.js';
import type { DomainRuntime } from './domain-runtime.js';
import { blockBytes } from './graph-block.js';
import { exchangeStates, GraphCheck } from './graph-check.js';
import { collectValues } from './graph-collect.js';
import type { GraphDefinition, ShareContext } from './graph-definition.js';
import { EmittedHash } from './graph-hash.js';
import { GraphMirrors } from './graph-mirrors.js';
import { OwnedGraphPart } from './graph-part.js';
import type { ResolvedGraph } from './graph-resolve.js';
import { restoreState, saveState } from './graph-state.js';
import type { KernelPart, PartId } from './kernel-part.js';
import { graphSignature } from './signature.js';
import type { Mutable } from './sweep.js';
import { userError } from './user-error.js';

/** A graph on one rank: its parts, their blocks in the shared heap, and the shares between them. */
export class GraphRuntime implements DomainRuntime {
  readonly state: readonly string[] = [];
  parts: readonly OwnedGraphPart[];
  collected: ReadonlyMap<PartId, unknown> = new Map();
  readonly #definition: GraphDefinition<unknown, unknown>;
  readonly #program: ResolvedGraph;
  readonly #env: RankEnvironment;
  readonly #context: Mutable<ShareContext>;
  /** Where this rank looks for a part's block: the heap address of every block of its host, and of its mirrors. */
  readonly #blocks: Float64Array;
  /** By part: its rank. */
  #owner: Int32Array;
  /** Null on one host. */
  readonly #relay: Relay | null;

  /** Cuts the parts by weight in the order of the domain, makes this rank's, and connects them to their neighbours. */
  constructor(
    definition: GraphDefinition<unknown, unknown>,
    program: ResolvedGraph,
    env: RankEnvironment,
    hosts: Hosts,
    relay: Relay | null,
  ) {
    this.#relay = relay;
    this.#definition = definition;
    this.#program = program;
    this.#env = env;
    const { comm, args, options } = env;
    const { domain } = program;
    const { owner, cuts } = place(domain.order, options.weights ?? domain.weights, ranksByHost(hosts.of));
    const heap = comm.heap;
    const context: Mutable<ShareContext> = { args, cycle: -1, phase: 0, rank: comm.rank, ranks: comm.size };
    const mine = [...domain.order.subarray(cuts[comm.rank]!, cuts[comm.rank + 1]!)];
    const addresses = mine.map((n) => heap.allocate(blockBytes(domain.neighbours[n]!.length)));
    const parts = mine.map((n, k) => new OwnedGraphPart(heap, domain, n, addresses[k]!, program, context));
    const blocks = new Float64Array(domain.parts);
    for (const [rank, theirs] of comm.allgather(pairs(mine, addresses)).entries())
      if (hosts.near(rank)) for (let k = 0; k < theirs.length; k += 2) blocks[theirs[k]!] = theirs[k + 1]!;
    if (relay) new GraphMirrors(heap, domain, mine, owner, env.endpoint, blocks);
    for (const p of parts) p.connect(domain, blocks, owner, comm.rank, relay && env.endpoint);
    this.parts = parts;
    this.#owner = owner;
    this.#context = context;
    this.#blocks = blocks;
  }

  get signature(): string {
    return graphSignature(this.#program.domain);
  }

  save(part: KernelPart): Uint8Array[] {
    return [saveState(part as OwnedGraphPart)];
  }

  async restore(saved: SavedState, step: number): Promise<void> {
    const last = this.#program.shares.length - 1;
    for (const p of this.parts) {
      restoreState(p, await saved.part(p.number), step, last);
      if (p.far) p.send(step, last);
    }
  }

  check(): GraphCheck {
    return new GraphCheck(this);
  }

  /** At the end of a cycle: parts get new owners, who stage the last shares anew. Collective. */
  move(owner: Int32Array, mine: readonly number[]): void {
    const { comm } = this.#env;
    const { domain } = this.#program;
    const step = comm.bcast(comm.rank === 0 ? this.parts[0]!.step : 0);
    const states = exchangeStates(this.parts, comm);
    for (const p of this.parts) p.release();
    comm.barrier();
    this.parts = mine.map((number) => {
      const address = this.#blocks[number]!;
      const p = new OwnedGraphPart(comm.heap, domain, number, address, this.#program, this.#context, false);
      p.object.state = states.get(number);
      p.connect(domain, this.#blocks, owner, comm.rank);
      return p;
    });
    this.#owner = Int32Array.from(owner);
    for (const p of this.parts) p.publish(step, this.#program.shares.length - 1);
    comm.barrier();
  }

  /** The state that `setup` gives for a part becomes the part's. */
  readonly setup = (object: unknown, context: Context): unknown => {
    const part = object as OwnedGraphPart['object'];
    const state = this.#definition.setup(part, context);
    if (state === undefined)
      throw new HaloweaveError('program', 'it gave no state: return it, as in setup: (part) => ({ … })');
    part.state = state;
    // The caller refuses a promise.
    return state;
  };

  /** What the last phase shares is exchanged once: the first workunit finds what it finds in every later cycle. */
  fillHalos(): void {
    const last = this.#program.shares.length - 1;
    for (const p of this.parts) {
      p.publish(0, last);
      if (p.far) p.send(0, last);
    }
    this.#env.comm.barrier();
    // What came from other hosts may have been overtaken by the barrier.
    this.#relay?.waitUntil(() => this.parts.every((p) => p.ready(0)), 'halos');
    for (const p of this.parts) p.unpack(0, last);
    this.#env.comm.barrier();
  }

  frames(): null {
    return null;
  }

  finish(context: Context): null {
    const { collect } = this.#definition;
    if (collect)
      this.collected = collectValues(
        collect,
        this.parts,
        this.#owner,
        this.#program.domain,
        this.#env,
        context,
      );
    return null;
  }

  gather(field: string): NdArray {
    throw new HaloweaveError(
      'argument',
      `gather: there is no field '${field}': partitions of a graph have none, use collect`,
    );
  }

  hash(context: Context): Uint32Array {
    const h = new EmittedHash();
    for (const p of this.parts)
      try {
        this.#definition.hash(p.object, h.emit);
      } catch (cause) {
        throw userError(cause, 'hash', p.id, context);
      }
    return h.words();
  }
}

/** Two numbers a part: its own, and its address. */
function pairs(numbers: readonly number[], addresses: readonly number[]): Float64Array {
  return Float64Array.from({ length: 2 * numbers.length }, (_, k) =>
    k % 2 === 0 ? numbers[k / 2]! : addresses[(k - 1) / 2]!,
  );
}
