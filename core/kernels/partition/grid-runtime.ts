import { boxVolume } from '../../decomposition/box.js';
import { curveOrder } from '../../decomposition/curve.js';
import { place, ranksByHost } from '../../decomposition/placement.js';
import { partBox } from '../../halo/plan.js';
import type { NdArray } from '../../memory/ndarray.js';
import type { Hosts } from '../hosts.js';
import type { GatherTable, RankEnvironment, SavedState } from '../program.js';
import type { Relay } from '../relay.js';
import type { PartitionDefinition } from './definition.js';
import type { DomainRuntime, FrameSink } from './domain-runtime.js';
import { FarFields } from './far-fields.js';
import { FarFrames } from './far-frames.js';
import { exchangeAll } from './first-exchange.js';
import { Frames, outputFields } from './frames.js';
import { gatherField, gatherTable } from './gather.js';
import type { FieldTypes } from './grid.js';
import { GridCheck } from './grid-check.js';
import { hashOf } from './hash.js';
import type { KernelPart } from './kernel-part.js';
import type { Mirrors } from './mirror.js';
import { Neighbours } from './neighbours.js';
import { OwnedPart } from './owned-part.js';
import { type PartConstructor, partClass } from './part.js';
import { PlanCache } from './plan-cache.js';
import type { ResolvedProgram } from './resolve.js';
import { gridSignature } from './signature.js';

/** A grid on one rank: its parts along the curve, their blocks in the shared heap, and the halos between them. */
export class GridRuntime implements DomainRuntime {
  parts: readonly OwnedPart[];
  readonly #output: PartitionDefinition<FieldTypes>['output'];
  readonly #program: ResolvedProgram;
  readonly #env: RankEnvironment;
  readonly #hosts: Hosts;
  readonly #relay: Relay | null;
  /** After the end: what lies on other hosts. */
  #away: FarFields | null = null;
  readonly #cache: PlanCache;
  readonly #Class: PartConstructor;
  /** Address of the block of every part that a rank of this host owns. */
  readonly #blocks: Float64Array;
  #owner: Int32Array;
  #mirrors: Mirrors | null = null;
  #table: GatherTable | null = null;

  /** Places the parts along the curve, makes the blocks of this rank's, and connects them to their neighbours. */
  constructor(
    output: PartitionDefinition<FieldTypes>['output'],
    program: ResolvedProgram,
    env: RankEnvironment,
    hosts: Hosts,
    relay: Relay | null,
  ) {
    this.#output = output;
    this.#program = program;
    this.#env = env;
    this.#hosts = hosts;
    this.#relay = relay;
    const { comm } = env;
    const { domain, shared } = program;
    const order = curveOrder(domain.geometry.dims);
    const weights =
      env.options.weights ??
      Float64Array.from({ length: domain.parts }, (_, id) => boxVolume(partBox(domain.geometry, id)));
    const { owner, cuts } = place(order, weights, ranksByHost(hosts.of));
    const cache = new PlanCache(domain, shared);
    const Class = partClass(domain);
    const heap = comm.heap;
    const blocks = hosts.zeros<Float64Array>(domain.parts, 'f64');
    const parts: OwnedPart[] = [];
    for (let k = cuts[comm.rank]!; k < cuts[comm.rank + 1]!; k++) {
      const id = order[k]!;
      const address = heap.allocate(cache.layout(id).bytes);
      blocks[id] = address;
      parts.push(new OwnedPart(heap, domain, cache, id, address, Class, shared));
    }
    comm.barrier();
    this.parts = parts;
    this.#owner = owner;
    this.#cache = cache;
    this.#Class = Class;
    this.#blocks = blocks;
    this.#connect();
  }

  #connect(): void {
    const { comm, endpoint } = this.#env;
    const { domain, shared } = this.#program;
    const cache = this.#cache;
    const at = new Neighbours(
      comm.heap,
      endpoint,
      domain,
      cache,
      shared,
      this.#blocks,
      this.#owner,
      this.#hosts,
    );
    for (const p of this.parts) p.connect(domain, cache, at);
    at.listen();
    this.#mirrors = at.mirrors;
  }

  /** Before the first cycle every halo of every field is exchanged once, so that constant fields need no share. */
  fillHalos(): void {
    const { domain } = this.#program;
    const memories = this.#allMemories();
    if (this.#hosts.count > 1)
      exchangeAll(this.parts, domain, this.#cache, this.#owner, this.#hosts, this.#env.comm);
    for (const p of this.parts)
      for (let f = 0; f < domain.fields.length; f++)
        p.fillHalo(f, domain, this.#cache, this.#blocks, memories);
    this.#env.comm.barrier();
  }

  /** Which memory each field of each part has: programs swap fields. Collective. */
  #allMemories(): Int32Array {
    const { comm } = this.#env;
    const { domain } = this.#program;
    const { parts } = this;
    const fields = domain.fields.length;
    for (const p of parts) for (let f = 0; f < fields; f++) p.setBoundaryVertices(f);
    const mine = new Int32Array(parts.length * (fields + 1));
    parts.forEach((p, k) => {
      mine.set([p.id, ...p.object._memories], k * (fields + 1));
    });
    const memories = new Int32Array(domain.parts * fields);
    for (const theirs of comm.allgather(mine))
      for (let at = 0; at < theirs.length; at += fields + 1)
        memories.set(theirs.subarray(at + 1, at + 1 + fields), theirs[at]! * fields);
    return memories;
  }

  get signature(): string {
    return gridSignature(this.#program.domain);
  }

  save(part: KernelPart): Uint8Array[] {
    return [(part as OwnedPart).saved()];
  }

  async restore(saved: SavedState, step: number): Promise<void> {
    const last = this.#program.shared.length - 1;
    this.#mirrors?.restart(step - 1);
    // From here on others may send what they have published.
    this.#env.comm.barrier();
    for (const p of this.parts) {
      p.restore(await saved.part(p.number));
      p.publish(step, last);
      if (p.far) p.send(step, last);
    }
  }

  check(): GridCheck {
    return new GridCheck(this, this.#program);
  }

  /**
   * When all parts have done the same step: gives a function that fills the halo of a field of one of this
   * rank's parts from the neighbours' cells, as they are until `settle`. Collective.
   */
  refill(): (part: OwnedPart, field: number) => void {
    const { domain } = this.#program;
    const memories = this.#allMemories();
    return (part, field) => part.fillHalo(field, domain, this.#cache, this.#blocks, memories, false);
  }

  /** Ends what `refill` began. Collective. */
  settle(): void {
    this.#env.comm.barrier();
  }

  /** At the end of a cycle: parts get new owners, blocks stay where they are. Collective. */
  move(owner: Int32Array, mine: readonly number[]): void {
    const { comm } = this.#env;
    const { domain, shared } = this.#program;
    for (const p of this.parts) p.noteMemories();
    comm.barrier();
    this.parts = mine.map((id) => {
      const p = new OwnedPart(
        comm.heap,
        domain,
        this.#cache,
        id,
        this.#blocks[id]!,
        this.#Class,
        shared,
        false,
      );
      p.adopt();
      return p;
    });
    this.#owner = owner;
    this.#connect();
    comm.barrier();
  }

  frames(): FrameSink | null {
    const { args, comm, endpoint } = this.#env;
    const { domain } = this.#program;
    const output = this.#output;
    if (!output) return null;
    const places = Frames.allocate(output, domain, comm);
    return this.#hosts.near(0)
      ? new Frames(output, domain, args, this.#owner, this.#hosts, endpoint, comm.heap, places)
      : new FarFrames(output.every, outputFields(output, domain), domain, endpoint);
  }

  finish(): GatherTable {
    const { comm, options } = this.#env;
    const { domain } = this.#program;
    for (const p of this.parts) p.noteMemories();
    if (this.#relay)
      this.#away = new FarFields(domain, this.#blocks, this.#owner, this.parts, comm.heap, this.#relay);
    comm.barrier();
    this.#table = gatherTable(domain, this.#away?.blocks ?? this.#blocks);
    if (options.keep && comm.rank === 0) for (let f = 0; f < domain.fields.length; f++) this.#away?.bring(f);
    return this.#table;
  }

  gather(field: string): NdArray {
    const f = this.#program.domain.fields.findIndex((x) => x.name === field);
    if (f >= 0) this.#away?.bring(f);
    return gatherField(this.#env.comm.heap, this.#table!, field);
  }

  endGather(): void {
    this.#away?.end();
  }

  get state(): string[] {
    return this.#program.state.map((f) => this.#program.domain.fields[f]!.name);
  }

  hash(): Uint32Array {
    return hashOf(this.#program, this.parts);
  }
}
