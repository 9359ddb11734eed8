import { deserialize } from 'node:v8';
import { HaloweaveError } from '../../base/errors.js';
import { cutByWeight } from '../../decomposition/cut.js';
import { arrayAt, zeros } from '../../memory/array.js';
import type { NdArray } from '../../memory/ndarray.js';
import type { RankEnvironment, SavedState } from '../program.js';
import type { Context } from './definition.js';
import type { DomainRuntime } from './domain-runtime.js';
import { bytesOfState, exchangeStates, GraphCheck } from './graph-check.js';
import { collectValues } from './graph-collect.js';
import type { GraphDefinition, ShareContext } from './graph-definition.js';
import { EmittedHash } from './graph-hash.js';
import { OwnedGraphPart } from './graph-part.js';
import type { ResolvedGraph } from './graph-resolve.js';
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
  /** Heap address of every part's block. */
  readonly #blocks: Float64Array;

  /** Cuts the parts by weight in the order of the domain, makes this rank's, and connects them to their neighbours. */
  constructor(definition: GraphDefinition<unknown, unknown>, program: ResolvedGraph, env: RankEnvironment) {
    this.#definition = definition;
    this.#program = program;
    this.#env = env;
    const { comm, args } = env;
    const { domain } = program;
    const { order } = domain;
    const cuts = cutByWeight(
      Array.from(order, (n) => domain.weights[n]!),
      comm.size,
    );
    const owner = new Int32Array(domain.parts);
    for (let r = 0; r < comm.size; r++) for (let k = cuts[r]!; k < cuts[r + 1]!; k++) owner[order[k]!] = r;
    const heap = comm.heap;
    const table = comm.bcast(comm.rank === 0 ? heap.locate(zeros(heap, domain.parts).data) : 0);
    const blocks = arrayAt(heap, table, [domain.parts], 'f64').data as Float64Array;
    const context: Mutable<ShareContext> = { args, cycle: -1, phase: 0, rank: comm.rank, ranks: comm.size };
    const parts: OwnedGraphPart[] = [];
    for (let k = cuts[comm.rank]!; k < cuts[comm.rank + 1]!; k++) {
      const number = order[k]!;
      const address = heap.allocate(OwnedGraphPart.blockBytes(domain.neighbours[number]!.length));
      blocks[number] = address;
      parts.push(new OwnedGraphPart(heap, domain, number, address, program, context));
    }
    comm.barrier();
    for (const p of parts) p.connect(domain, blocks, owner, comm.rank);
    this.parts = parts;
    this.#context = context;
    this.#blocks = blocks;
  }

  get signature(): string {
    return graphSignature(this.#program.domain);
  }

  save(part: KernelPart): Uint8Array[] {
    return [bytesOfState((part as OwnedGraphPart).object, 'checkpoint')];
  }

  async restore(saved: SavedState, step: number): Promise<void> {
    const last = this.#program.shares.length - 1;
    for (const p of this.parts) {
      p.object.state = deserialize(await saved.part(p.number));
      p.publish(step, last);
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
    for (const p of this.parts) p.publish(0, last);
    this.#env.comm.barrier();
    for (const p of this.parts) p.unpack(0, last);
    this.#env.comm.barrier();
  }

  frames(): null {
    return null;
  }

  finish(context: Context): null {
    const { collect } = this.#definition;
    if (collect)
      this.collected = collectValues(collect, this.parts, this.#program.domain, this.#env, context);
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
