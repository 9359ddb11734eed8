import { type Box, boxSize, boxVolume } from '../decomposition/box.js';
import type { CopyBox } from '../memory/copy-box.js';
import type { DTypeInfo, TypedArray } from '../memory/dtype.js';
import { type FieldLayout, flatIndices } from './layout.js';
import type { HaloEdge } from './plan.js';

/**
 * Edges of at least this many elements are copied by `CopyBox`: its call costs as much as some thirty turns of the plain
 * loop.
 */
const WORTH = 40;

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
  /** For edges worth it: the boxes that are sent and received, as `CopyBox` takes them; null for the others. */
  readonly #boxes: (EdgeBox | null)[];
  readonly #anyBoxes: boolean;

  constructor(layout: FieldLayout, edges: readonly HaloEdge[], bytes: number) {
    this.edges = edges.length;
    this.counts = Int32Array.from(edges, (e) => boxVolume(e.send) * layout.components);
    this.total = this.counts.reduce((a, b) => a + b, 0);
    this.#first = new Int32Array(edges.length);
    this.#send = new Int32Array(this.total);
    this.#receive = new Int32Array(this.total);
    let at = 0;
    edges.forEach((e, k) => {
      this.#first[k] = at;
      this.#send.set(flatIndices(layout, e.send), at);
      this.#receive.set(flatIndices(layout, e.receive), at);
      at += this.counts[k]!;
    });
    this.#boxes = edges.map((e) => edgeBox(layout, e, bytes));
    this.#anyBoxes = this.#boxes.some((box) => box !== null);
  }

  /**
   * Copies what goes over all edges from a field at `base` to consecutive elements at `slot`, in one memory, with the
   * memory's `copyBox` where it pays.
   */
  pack(memory: TypedArray, base: number, slot: number, copyBox: CopyBox | null): void {
    if (this.#anyBoxes && copyBox) {
      this.#packBoxes(memory, base, slot, copyBox);
      return;
    }
    const send = this.#send;
    const n = send.length;
    for (let k = 0; k < n; k++) memory[slot + k] = memory[base + send[k]!] as never;
  }

  /**
   * Copies one edge's piece, consecutive elements at `piece` of memory `from`, into the halo of a field at `base`.
   * `copyBox` is that of `memory`.
   */
  unpack(
    edge: number,
    from: TypedArray,
    piece: number,
    memory: TypedArray,
    base: number,
    copyBox: CopyBox | null,
  ): void {
    const box = this.#boxes[edge]!;
    if (box !== null && from === memory && copyBox) {
      const { planes, rows, row, plane, stride, receive, bytes } = box;
      const to = base * bytes + receive;
      copyBox(piece * bytes, to, planes, rows, row, rows * row, row, plane, stride);
      return;
    }
    const count = this.counts[edge]!;
    const first = this.#first[edge]!;
    const receive = this.#receive;
    for (let k = 0; k < count; k++) memory[base + receive[first + k]!] = from[piece + k] as never;
  }

  /** Copies what goes over one edge from a field at `base` to the begin of `to`. */
  packEdge(edge: number, memory: TypedArray, base: number, to: TypedArray): void {
    const count = this.counts[edge]!;
    const first = this.#first[edge]!;
    for (let k = 0; k < count; k++) to[k] = memory[base + this.#send[first + k]!] as never;
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

  #packBoxes(memory: TypedArray, base: number, slot: number, copyBox: CopyBox): void {
    let to = slot;
    for (let e = 0; e < this.edges; e++) {
      const count = this.counts[e]!;
      const box = this.#boxes[e]!;
      if (box !== null) {
        const { planes, rows, row, plane, stride, send, bytes } = box;
        copyBox(base * bytes + send, to * bytes, planes, rows, row, plane, stride, rows * row, row);
      } else {
        const first = this.#first[e]!;
        for (let k = 0; k < count; k++) memory[to + k] = memory[base + this.#send[first + k]!] as never;
      }
      to += count;
    }
  }
}

/** An edge's cells as planes of rows: how many, bytes of a row, and strides and first bytes within the field. */
interface EdgeBox {
  planes: number;
  rows: number;
  row: number;
  plane: number;
  stride: number;
  send: number;
  receive: number;
  bytes: number;
}

function edgeBox(layout: FieldLayout, edge: HaloEdge, bytes: number): EdgeBox | null {
  const size = boxSize(edge.send);
  const d = size.length;
  const elements = boxVolume(edge.send) * layout.components;
  const row = size[d - 1]! * layout.components * bytes;
  if (elements < WORTH || row % 4 !== 0 || d > 3) return null;
  const start = (box: Box): number =>
    bytes * box.lo.reduce((at, lo, k) => at + lo * layout.strides[k]!, layout.origin);
  return {
    planes: d > 2 ? size[0]! : 1,
    rows: d > 1 ? size[d - 2]! : 1,
    row,
    plane: d > 2 ? layout.strides[0]! * bytes : 0,
    stride: d > 1 ? layout.strides[d - 2]! * bytes : 0,
    send: start(edge.send),
    receive: start(edge.receive),
    bytes,
  };
}
