import { HaloweaveError } from '../../base/errors.js';
import { boxVolume } from '../../decomposition/box.js';
import { applyBoundary, BoundaryFailure, type NumberArray } from '../../halo/boundary-apply.js';
import type { BoundaryStep } from '../../halo/boundary-plan.js';
import type { HaloPlan } from '../../halo/exchange.js';
import { partBox } from '../../halo/plan.js';
import { fillData } from '../../memory/array.js';
import type { CopyBox } from '../../memory/copy-box.js';
import type { TypedArray } from '../../memory/dtype.js';
import { type Address, type Heap, offsetOf } from '../../memory/heap.js';
import { ndarray } from '../../memory/ndarray.js';
import { copyBoxOn } from '../../wasm/box-copy.js';
import { type BlockLayout, MEMORIES, PUBLISHED } from './blocks.js';
import type { FarShare } from './far-share.js';
import { boundarySteps, fieldExtents } from './field-plans.js';
import type { GridDomain } from './grid.js';
import type { KernelPart } from './kernel-part.js';
import type { Neighbours } from './neighbours.js';
import type { PartConstructor, PartObject } from './part.js';
import type { PlanCache } from './plan-cache.js';
import { userError } from './user-error.js';

/** A part on the rank that owns it: its memory, its neighbours' slots, and how far it is. */
export class OwnedPart implements KernelPart {
  readonly id: number;
  readonly number: number;
  readonly cells: number;
  readonly object: PartObject;
  /** Steps done; equal to the published counter. */
  step = 0;
  /** True if the halos for `step` have been unpacked already. */
  unpacked = false;
  /** The next step at whose beginning the state is measured or put out. */
  event = 0;
  /** Step up to which measures have been collected, so that an event that must wait is not collected twice. */
  measured = -1;
  /** Ranks of this host, other than the owner, that have neighbours of this part. */
  readonly wakes: number[] = [];
  /** Halo pieces that go to other ranks at a step. */
  remotePieces = 0;
  far = false;
  readonly #layout: BlockLayout;
  /** By field; alike fields have the same plan. */
  readonly #plans: readonly HaloPlan[];
  /** By field: what fills the halo beyond the grid, and what sets its boundary vertices. */
  readonly #boundary: readonly BoundaryStep[][];
  readonly #vertices: readonly BoundaryStep[][];
  readonly #shared: readonly (readonly number[])[];
  /** By field: the whole arena as the field's dtype. */
  readonly #memory: TypedArray[];
  /** Copies boxes within the arena. */
  readonly #copyBox: CopyBox | null;
  /** By phase: bytes of all pieces. */
  readonly #bytes: readonly number[];
  readonly #words: Int32Array;
  readonly #at: number;
  // By neighbouring part, itself excluded: where its counter is.
  readonly #counters: Int32Array[] = [];
  readonly #counterAt: number[] = [];
  // By [parity][phase][position][edge]: element of the piece in the neighbour's arena (past 2^31 for bytes).
  readonly #pieces: number[][][][] = [[], []];
  readonly #froms: TypedArray[][] = [];
  // By [parity][phase][position]: element of the first own piece.
  readonly #slots: number[][][] = [[], []];
  /** By phase: bytes of the pieces that other ranks read. */
  #between: number[] = [];
  /** By phase: bytes of those that ranks of other hosts read. */
  #betweenHosts: number[] = [];
  /** By edge: whether the neighbour's memory is shared. */
  readonly #near: boolean[] = [];
  #farShares: FarShare[] = [];

  constructor(
    heap: Heap,
    domain: GridDomain,
    cache: PlanCache,
    id: number,
    address: Address,
    Class: PartConstructor,
    shared: readonly (readonly number[])[],
    fresh = true,
  ) {
    this.id = id;
    this.number = id;
    this.#shared = shared;
    this.#layout = cache.layout(id);
    this.#plans = domain.fields.map((_, f) => cache.plan(this.#layout, f));
    const steps = boundarySteps(domain, this.#layout, id);
    this.#boundary = steps.map((s) => s.halo);
    this.#vertices = steps.map((s) => s.vertices);
    const arena = heap.arenaOf(address);
    const offset = offsetOf(address);
    const box = partBox(domain.geometry, id);
    this.cells = boxVolume(box);
    this.#words = arena.words;
    this.#copyBox = copyBoxOn(arena.buffer);
    this.#at = elementIndex(offset / 4);
    if (fresh) this.#words.fill(0, this.#at, this.#at + this.#layout.fieldAt[0]! / 4);
    this.#memory = domain.fields.map((f) => arena.views[f.dtype.code]!);
    this.#bytes = shared.map((list) =>
      list.reduce((n, f) => n + this.#plans[f]!.total * domain.fields[f]!.dtype.bytes, 0),
    );
    const arrays = domain.fields.map((f, k) => {
      const { size, strides, origin, length } = this.#layout.fields[k]!;
      const data = new f.dtype.create(arena.buffer, offset + this.#layout.fieldAt[k]!, length);
      if (fresh) fillData(data, 0);
      return f.vector
        ? ndarray(data, [...size, f.components], [...strides, 1], origin)
        : ndarray(data, size, strides, origin);
    });
    const bases = domain.fields.map((f, k) =>
      elementIndex((offset + this.#layout.fieldAt[k]!) / f.dtype.bytes),
    );
    const { shape, dims, halo } = domain.geometry;
    const index: Record<string, number> = Object.create(null);
    domain.fields.forEach((f, k) => {
      index[f.name] = k;
    });
    const extents = fieldExtents(domain, this.#layout, id);
    // What a program hung on a part would be lost when the part moves: refused from the start.
    this.object = Object.preventExtensions(
      new Class(id, box, { shape, parts: dims, halo }, arrays, bases, index, extents),
    );
    for (const parity of [0, 1])
      this.#slots[parity] = shared.map((list, phase) =>
        list.map((f, position) =>
          elementIndex(
            (offset + this.#layout.slotAt(parity) + this.#layout.slots[phase]!.start(position)) /
              domain.fields[f]!.dtype.bytes,
          ),
        ),
      );
  }

  /** Finds the neighbours' counters and slots, once all blocks have addresses. */
  connect(domain: GridDomain, cache: PlanCache, neighbours: Neighbours): void {
    const { owner, rank, hosts } = neighbours;
    const known = new Set<number>([this.id]);
    const remote: number[] = [];
    const places = this.#layout.edges.map((e) => neighbours.place(e.neighbour));
    for (const [k, e] of this.#layout.edges.entries()) {
      const { arena, counter } = places[k]!;
      const theirs = owner[e.neighbour]!;
      this.#near[k] = hosts.near(theirs);
      if (theirs !== rank) {
        this.remotePieces++;
        remote.push(k);
      }
      if (known.has(e.neighbour)) continue;
      known.add(e.neighbour);
      this.#counters.push(arena.words);
      this.#counterAt.push(elementIndex(counter / 4));
      if (theirs !== rank && this.#near[k] && !this.wakes.includes(theirs)) this.wakes.push(theirs);
    }
    this.#between = this.#shared.map((list) =>
      list.reduce((n, f) => {
        const { counts } = this.#plans[f]!;
        return n + remote.reduce((m, edge) => m + counts[edge]!, 0) * domain.fields[f]!.dtype.bytes;
      }, 0),
    );
    domain.fields.forEach((f, k) => {
      this.#froms[k] = places.map(({ arena }) => arena.views[f.dtype.code]!);
    });
    for (const parity of [0, 1] as const)
      this.#pieces[parity] = this.#shared.map((list, phase) =>
        list.map((f, position) =>
          this.#layout.edges.map((e, k) => {
            const their = cache.layout(e.neighbour);
            const byte = places[k]!.slots[parity] + their.slots[phase]!.piece(position, e.opposite);
            return elementIndex(byte / domain.fields[f]!.dtype.bytes);
          }),
        ),
      );
    this.#farShares = neighbours.farShares(this.id);
    this.far = this.#farShares.length > 0;
    this.#betweenHosts = this.#shared.map((_, phase) =>
      this.#farShares.reduce((n, share) => n + share.bytes(phase), 0),
    );
  }

  send(step: number, phase: number): void {
    const shares = this.#farShares;
    for (let k = 0; k < shares.length; k++) shares[k]!.send(step, phase);
  }

  bytesBetweenHosts(phase: number): number {
    return this.#betweenHosts[phase]!;
  }

  /** True if all neighbours have published their share for `step`. */
  ready(step: number): boolean {
    const words = this.#counters;
    const at = this.#counterAt;
    for (let k = 0; k < words.length; k++) if (Atomics.load(words[k]!, at[k]!) < step) return false;
    return true;
  }

  /** Brings the halos of the fields that `phase` shared at the end of step − 1 up to date. */
  unpack(step: number, phase: number): void {
    const list = this.#shared[phase]!;
    const pieces = this.#pieces[step & 1]![phase]!;
    const bases = this.object._bases;
    for (let p = 0; p < list.length; p++) {
      const f = list[p]!;
      const base = bases[f]!;
      const memory = this.#memory[f]!;
      const from = this.#froms[f]!;
      const at = pieces[p]!;
      const plan = this.#plans[f]!;
      const edges = plan.edges;
      for (let e = 0; e < edges; e++) plan.unpack(e, from[e]!, at[e]!, memory, base, this.#copyBox);
      if (this.#boundary[f]!.length > 0) this.#fillBeyond(f, memory, base, step);
    }
  }

  /** Fills the halo of a field beyond the grid, for the workunit of a step. */
  #fillBeyond(f: number, memory: TypedArray, base: number, step: number): void {
    const phases = this.#shared.length;
    const phase = step % phases;
    const cycle = (step - phase) / phases;
    try {
      applyBoundary(this.#boundary[f]!, memory as NumberArray, base, cycle, phase);
    } catch (error) {
      if (!(error instanceof BoundaryFailure)) throw error;
      const field = Object.keys(this.object._index)[f]!;
      const what = `boundary function (axis ${error.axis}, ${error.side} side, field '${field}')`;
      throw userError(error.cause, what, this.id, { cycle, phase });
    }
  }

  /** Sets the boundary vertices of a field on Dirichlet sides, in place. */
  setBoundaryVertices(f: number): void {
    const steps = this.#vertices[f]!;
    if (steps.length > 0) applyBoundary(steps, this.#memory[f] as NumberArray, this.object._bases[f]!);
  }

  /** Stages what `phase` shares for step `step`, and publishes the step. */
  publish(step: number, phase: number): void {
    const list = this.#shared[phase]!;
    const slots = this.#slots[step & 1]![phase]!;
    const bases = this.object._bases;
    for (let p = 0; p < list.length; p++) {
      const f = list[p]!;
      if (this.#vertices[f]!.length > 0) this.setBoundaryVertices(f);
      this.#plans[f]!.pack(this.#memory[f]!, bases[f]!, slots[p]!, this.#copyBox);
    }
    this.step = step;
    this.unpacked = false;
    if (this.wakes.length > 0) Atomics.store(this.#words, this.#at + PUBLISHED, step);
    else this.#words[this.#at + PUBLISHED] = step;
  }

  /** Halo bytes that a phase publishes. */
  bytes(phase: number): number {
    return this.#bytes[phase]!;
  }

  /** Those of them that parts of other ranks read. */
  bytesBetweenRanks(phase: number): number {
    return this.#between[phase]!;
  }

  /** Notes in the block which memory each field has, for whoever gathers. */
  noteMemories(): void {
    this.object._memories.forEach((m, f) => {
      this.#words[this.#at + MEMORIES + f] = m;
    });
  }

  /** Everything that the part is between two cycles, as it lies: the head of its block with steps and memories, all fields. */
  saved(): Uint8Array {
    this.noteMemories();
    return this.#state();
  }

  /** Makes the part what it was when these bytes were taken from it, on whichever rank. */
  restore(bytes: Uint8Array): void {
    const state = this.#state();
    if (bytes.length !== state.length)
      throw new HaloweaveError(
        'format',
        `the saved state of partition ${this.id} has ${bytes.length} bytes, and the partition ${state.length}`,
        { partition: this.id, operation: 'resume' },
      );
    state.set(bytes);
    this.adopt();
  }

  #state(): Uint8Array {
    return new Uint8Array(this.#words.buffer, this.#at * 4, this.#layout.fieldsEnd);
  }

  /** Takes the part over as its last owner has left it: its step, and with `noteMemories` its memories. */
  adopt(): void {
    this.step = this.#words[this.#at + PUBLISHED]!;
    const { _arrays, _bases, _memories } = this.object;
    const [arrays, bases] = [[..._arrays], [..._bases]];
    for (let f = 0; f < _memories.length; f++) {
      const m = this.#words[this.#at + MEMORIES + f]!;
      _arrays[f] = arrays[m]!;
      _bases[f] = bases[m]!;
      _memories[f] = m;
    }
  }

  /** Copies the cells of a field that go over an edge, by its place in the list, for `unpackEdge` on another host. */
  packEdge(field: number, edge: number, to: TypedArray): void {
    this.#plans[field]!.packEdge(edge, this.#memory[field]!, this.object._bases[field]!, to);
  }

  /** Fills the halo of a field over the edge in direction `index`. */
  unpackEdge(field: number, index: number, from: TypedArray): void {
    const edge = this.#layout.edges.findIndex((e) => e.index === index);
    this.#plans[field]!.unpack(edge, from, 0, this.#memory[field]!, this.object._bases[field]!, null);
  }

  /**
   * Fills the halo of a field straight from the cells of neighbours on this host, and the boundary: between two
   * barriers, before the first cycle, for fields whose memories nobody has swapped yet.
   */
  fillHalo(
    field: number,
    domain: GridDomain,
    cache: PlanCache,
    blocks: Float64Array,
    memories: Int32Array,
    withBoundary = true,
  ): void {
    const bytes = domain.fields[field]!.dtype.bytes;
    const base = this.object._bases[field]!;
    this.#layout.fieldEdges[field]!.forEach((e, k) => {
      if (!this.#near[k]) return;
      const their = cache.layout(e.neighbour);
      const at =
        (offsetOf(blocks[e.neighbour]!) +
          their.fieldAt[memories[e.neighbour * domain.fields.length + field]!]!) /
        bytes;
      this.#plans[field]!.copyDirect(
        k,
        this.#froms[field]![k]!,
        at,
        their.fields[field]!,
        e.source,
        this.#memory[field]!,
        base,
      );
    });
    if (withBoundary && this.#boundary[field]!.length > 0)
      this.#fillBeyond(field, this.#memory[field]!, base, 0);
  }
}

/**
 * The same number as the engine's small integer wherever it is one. What comes out of a division is kept as a
 * double, and a copy loop whose base is a double converts every index again: halos took a third longer.
 */
function elementIndex(n: number): number {
  return n <= 0x3fff_ffff ? n | 0 : n;
}
