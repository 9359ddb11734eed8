import { boxVolume } from '../../decomposition/box.js';
import { applyBoundary, type BoundaryStep, boundaryPlan, type NumberArray } from '../../halo/boundary.js';
import { HaloPlan } from '../../halo/exchange.js';
import { partBox } from '../../halo/plan.js';
import { fillData } from '../../memory/array.js';
import type { TypedArray } from '../../memory/dtype.js';
import { type Address, type Heap, offsetOf } from '../../memory/heap.js';
import { ndarray } from '../../memory/ndarray.js';
import { BlockLayout, MEMORIES, PUBLISHED } from './blocks.js';
import type { GridDomain } from './grid.js';
import type { KernelPart } from './kernel-part.js';
import type { PartConstructor, PartObject } from './part.js';

/** Layouts and plans by part, shared by the parts of a rank that are alike. */
export class PlanCache {
  readonly #domain: GridDomain;
  readonly #shared: readonly (readonly number[])[];
  readonly #layouts = new Map<number, BlockLayout>();
  readonly #plans = new Map<string, HaloPlan>();

  constructor(domain: GridDomain, shared: readonly (readonly number[])[]) {
    this.#domain = domain;
    this.#shared = shared;
  }

  layout(id: number): BlockLayout {
    let l = this.#layouts.get(id);
    if (!l) {
      l = new BlockLayout(this.#domain, id, this.#shared);
      this.#layouts.set(id, l);
    }
    return l;
  }

  plan(layout: BlockLayout): HaloPlan {
    const key = `${layout.field.size.join('x')}:${layout.edges.map((e) => e.index).join(',')}`;
    let p = this.#plans.get(key);
    if (!p) {
      p = new HaloPlan(layout.field, layout.edges);
      this.#plans.set(key, p);
    }
    return p;
  }
}

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
  /** Ranks, other than the owner, that have neighbours of this part. */
  readonly wakes: number[] = [];
  /** Halo pieces that go to other ranks at a step. */
  remotePieces = 0;
  readonly #layout: BlockLayout;
  readonly #plan: HaloPlan;
  readonly #boundary: BoundaryStep[];
  readonly #shared: readonly (readonly number[])[];
  /** By field: the whole arena as the field's dtype. */
  readonly #memory: TypedArray[];
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
    this.#plan = cache.plan(this.#layout);
    this.#boundary = boundaryPlan(domain.geometry, domain.rules, id, this.#layout.field);
    const arena = heap.arenaOf(address);
    const offset = offsetOf(address);
    const box = partBox(domain.geometry, id);
    this.cells = boxVolume(box);
    this.#words = arena.words;
    this.#at = elementIndex(offset / 4);
    if (fresh) this.#words.fill(0, this.#at, this.#at + this.#layout.fieldAt[0]! / 4);
    this.#memory = domain.fields.map((f) => arena.views[f.dtype.code]!);
    this.#bytes = shared.map((list) =>
      list.reduce((n, f) => n + this.#plan.total * domain.fields[f]!.dtype.bytes, 0),
    );
    const { field } = this.#layout;
    const arrays = domain.fields.map((f, k) => {
      const data = new f.dtype.create(arena.buffer, offset + this.#layout.fieldAt[k]!, field.length);
      if (fresh) fillData(data, 0);
      return ndarray(data, field.size, field.strides, field.origin);
    });
    const bases = domain.fields.map((f, k) =>
      elementIndex((offset + this.#layout.fieldAt[k]!) / f.dtype.bytes),
    );
    const { shape, dims, halo } = domain.geometry;
    const index: Record<string, number> = Object.create(null);
    domain.fields.forEach((f, k) => {
      index[f.name] = k;
    });
    // What a program hung on a part would be lost when the part moves: refused from the start.
    this.object = Object.preventExtensions(
      new Class(id, box, { shape, parts: dims, halo }, arrays, bases, index),
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
  connect(
    heap: Heap,
    domain: GridDomain,
    cache: PlanCache,
    blocks: Float64Array,
    owner: Int32Array,
    rank: number,
  ): void {
    const known = new Set<number>([this.id]);
    let remote = 0;
    for (const [k, e] of this.#layout.edges.entries()) {
      const address = blocks[e.neighbour]!;
      const arena = heap.arenaOf(address);
      const theirs = owner[e.neighbour]!;
      if (theirs !== rank) {
        this.remotePieces++;
        remote += this.#plan.counts[k]!;
      }
      if (known.has(e.neighbour)) continue;
      known.add(e.neighbour);
      this.#counters.push(arena.words);
      this.#counterAt.push(elementIndex(offsetOf(address) / 4 + PUBLISHED));
      if (theirs !== rank && !this.wakes.includes(theirs)) this.wakes.push(theirs);
    }
    this.#between = this.#shared.map((list) =>
      list.reduce((n, f) => n + remote * domain.fields[f]!.dtype.bytes, 0),
    );
    domain.fields.forEach((f, k) => {
      this.#froms[k] = this.#layout.edges.map((e) => heap.arenaOf(blocks[e.neighbour]!).views[f.dtype.code]!);
    });
    for (const parity of [0, 1])
      this.#pieces[parity] = this.#shared.map((list, phase) =>
        list.map((f, position) =>
          this.#layout.edges.map((e) => {
            const their = cache.layout(e.neighbour);
            const byte =
              offsetOf(blocks[e.neighbour]!) +
              their.slotAt(parity) +
              their.slots[phase]!.piece(position, e.opposite);
            return elementIndex(byte / domain.fields[f]!.dtype.bytes);
          }),
        ),
      );
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
    const edges = this.#plan.edges;
    for (let p = 0; p < list.length; p++) {
      const f = list[p]!;
      const base = bases[f]!;
      const memory = this.#memory[f]!;
      const from = this.#froms[f]!;
      const at = pieces[p]!;
      for (let e = 0; e < edges; e++) this.#plan.unpack(e, from[e]!, at[e]!, memory, base);
      if (this.#boundary.length > 0) applyBoundary(this.#boundary, memory as NumberArray, base);
    }
  }

  /** Stages what `phase` shares for step `step`, and publishes the step. */
  publish(step: number, phase: number): void {
    const list = this.#shared[phase]!;
    const slots = this.#slots[step & 1]![phase]!;
    const bases = this.object._bases;
    for (let p = 0; p < list.length; p++) {
      const f = list[p]!;
      this.#plan.pack(this.#memory[f]!, bases[f]!, slots[p]!);
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

  /**
   * Fills the halo of a field straight from the neighbours' cells, and the boundary: between two
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
    this.#layout.edges.forEach((e, k) => {
      const their = cache.layout(e.neighbour);
      const at =
        (offsetOf(blocks[e.neighbour]!) +
          their.fieldAt[memories[e.neighbour * domain.fields.length + field]!]!) /
        bytes;
      this.#plan.copyDirect(
        k,
        this.#froms[field]![k]!,
        at,
        their.field,
        e.source,
        this.#memory[field]!,
        base,
      );
    });
    if (withBoundary && this.#boundary.length > 0)
      applyBoundary(this.#boundary, this.#memory[field] as NumberArray, base);
  }
}

/**
 * The same number as the engine's small integer wherever it is one. What comes out of a division is kept as a
 * double, and a copy loop whose base is a double converts every index again: halos took a third longer.
 */
function elementIndex(n: number): number {
  return n <= 0x3fff_ffff ? n | 0 : n;
}
