import { type Box, boxVolume } from '../decomposition/box.js';
import type { DTypeInfo, TypedArray } from '../memory/dtype.js';
import { type FieldLayout, flatIndices, flatRuns } from './layout.js';
import type { HaloEdge } from './plan.js';

/** Rows of at least this many elements are copied as blocks; below, a plain loop is as fast. */
const RUN = 192;

/** A field that a phase shares: what a cell takes, and the part's edges in the field's centring. */
export interface SharedField {
  dtype: DTypeInfo;
  components: number;
  edges: readonly HaloEdge[];
}

/**
 * Where the pieces of a share lie in a part's slot: pure arithmetic of the part's edges and the fields
 * that one phase shares, so that both sides compute it alike. Fields one after the other, 8-byte aligned;
 * within a field one piece an edge, in edge order.
 */
export class SlotLayout {
  readonly bytes: number;
  readonly #starts: number[] = [];
  /** By position: byte position of the piece of each edge, by the edge's number. */
  readonly #pieces: Map<number, number>[];

  constructor(shared: readonly SharedField[]) {
    let at = 0;
    this.#pieces = shared.map(({ dtype, components, edges }) => {
      this.#starts.push(at);
      const pieces = new Map<number, number>();
      for (const e of edges) {
        pieces.set(e.index, at);
        at += boxVolume(e.send) * components * dtype.bytes;
      }
      at = Math.ceil(at / 8) * 8;
      return pieces;
    });
    this.bytes = at;
  }

  /** Byte position of the piece that goes over edge `edge`, for the shared field at `position`. */
  piece(position: number, edge: number): number {
    return this.#pieces[position]!.get(edge)!;
  }
  /** Byte position of a field's first piece. */
  start(position: number): number {
    return this.#starts[position]!;
  }
}

/**
 * The cells that a part of one size sends and receives, as flat element indices, whole vectors at a time:
 * computed once and used by all parts of that size with the same edges. Stateless.
 */
export class HaloPlan {
  readonly edges: number;
  /** Elements an edge. */
  readonly counts: Int32Array;
  /** Elements of all edges together. */
  readonly total: number;
  /** First entry of each edge in the index lists. */
  readonly #first: Int32Array;
  readonly #send: Int32Array;
  readonly #receive: Int32Array;
  /** For edges made of long rows: row length, else 0; and the rows' starts. */
  readonly #row: Int32Array;
  readonly #sendRows: Int32Array[] = [];
  readonly #receiveRows: Int32Array[] = [];
  readonly #anyRows: boolean;

  constructor(layout: FieldLayout, edges: readonly HaloEdge[]) {
    this.edges = edges.length;
    this.counts = Int32Array.from(edges, (e) => boxVolume(e.send) * layout.components);
    this.total = this.counts.reduce((a, b) => a + b, 0);
    this.#first = new Int32Array(edges.length);
    this.#row = new Int32Array(edges.length);
    this.#send = new Int32Array(this.total);
    this.#receive = new Int32Array(this.total);
    let at = 0;
    edges.forEach((e, k) => {
      this.#first[k] = at;
      this.#send.set(flatIndices(layout, e.send), at);
      this.#receive.set(flatIndices(layout, e.receive), at);
      const rows = flatRuns(layout, e.send);
      if (rows.length >= RUN) {
        this.#row[k] = rows.length;
        this.#sendRows[k] = rows.starts;
        this.#receiveRows[k] = flatRuns(layout, e.receive).starts;
      }
      at += this.counts[k]!;
    });
    this.#anyRows = this.#row.some((r) => r > 0);
  }

  /** Copies what goes over all edges from a field at `base` to consecutive elements at `slot`, in one memory. */
  pack(memory: TypedArray, base: number, slot: number): void {
    if (this.#anyRows) {
      this.#packRows(memory, base, slot);
      return;
    }
    const send = this.#send;
    const n = send.length;
    for (let k = 0; k < n; k++) memory[slot + k] = memory[base + send[k]!] as never;
  }

  /** Copies one edge's piece, consecutive elements at `piece` of memory `from`, into the halo of a field at `base`. */
  unpack(edge: number, from: TypedArray, piece: number, memory: TypedArray, base: number): void {
    const count = this.counts[edge]!;
    const first = this.#first[edge]!;
    const row = this.#row[edge]!;
    if (row > 0) {
      const starts = this.#receiveRows[edge]!;
      for (let r = 0; r < starts.length; r++) copyRun(from, piece + r * row, memory, base + starts[r]!, row);
      return;
    }
    const receive = this.#receive;
    for (let k = 0; k < count; k++) memory[base + receive[first + k]!] = from[piece + k] as never;
  }

  /** Copies one edge's cells straight from the neighbour's field at `start`, for a moment when nobody writes. */
  copyDirect(
    edge: number,
    from: TypedArray,
    start: number,
    theirs: FieldLayout,
    source: Box,
    memory: TypedArray,
    base: number,
  ): void {
    const cells = flatIndices(theirs, source);
    const first = this.#first[edge]!;
    for (let k = 0; k < cells.length; k++)
      memory[base + this.#receive[first + k]!] = from[start + cells[k]!] as never;
  }

  #packRows(memory: TypedArray, base: number, slot: number): void {
    let to = slot;
    for (let e = 0; e < this.edges; e++) {
      const count = this.counts[e]!;
      const row = this.#row[e]!;
      if (row > 0) {
        const starts = this.#sendRows[e]!;
        for (let r = 0; r < starts.length; r++)
          memory.copyWithin(to + r * row, base + starts[r]!, base + starts[r]! + row);
      } else {
        const first = this.#first[e]!;
        for (let k = 0; k < count; k++) memory[to + k] = memory[base + this.#send[first + k]!] as never;
      }
      to += count;
    }
  }
}

function copyRun(from: TypedArray, at: number, to: TypedArray, start: number, count: number): void {
  if (from === to) to.copyWithin(start, at, at + count);
  else to.set(from.subarray(at, at + count) as never, start);
}
