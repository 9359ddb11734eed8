/**
 * Who exchanges which cells with whom, for a grid cut into blocks. Stateless: everything follows from the
 * geometry and a part's id, so every rank works out its own edges without asking another.
 */
import { HaloweaveError, require } from '../base/errors.js';
import { blockBox, blockNeighbour, blockSize } from '../decomposition/block.js';
import { type Box, boxSize } from '../decomposition/box.js';
import { type Centring, ownedBox } from './extent.js';

export interface GridGeometry {
  /** Cells per axis of the whole grid. */
  shape: number[];
  /** Parts per axis; part ids are row-major over them. */
  dims: number[];
  /** Halo width in cells, the same on every side; 0 for none. */
  halo: number;
  /** Whether an axis wraps around. */
  periodic: boolean[];
}

/** The halo region that one part fills from one neighbour. */
export interface HaloEdge {
  /** Where the neighbour lies: −1, 0 or 1 per axis, not all zero. */
  direction: number[];
  /** Number of the direction, 0..3^d − 2. */
  index: number;
  /** Number of −direction: under it the neighbour holds the matching edge. */
  opposite: number;
  /** Part that owns the cells: may be this part itself, or the same part in several directions. */
  neighbour: number;
  /** The halo cells, in this part's local coordinates ((0, …, 0) is its first owned cell). */
  receive: Box;
  /** The same cells in the neighbour's local coordinates, where they are owned. */
  source: Box;
  /** The owned cells of this part, local, that the neighbour receives over its `opposite` edge. */
  send: Box;
}

/** Number of parts is bounded by the Int32Array that ids are stored in. */
const MAX_PARTS = 2 ** 31 - 1;

/**
 * Refuses a geometry whose halos cannot be filled from direct neighbours alone. O(d); every part is
 * covered because the last block of an axis is its narrowest.
 * @throws HaloweaveError 'argument' for numbers that are not proper, 'partition' naming the part, axis and
 *   width when an axis has more parts than cells or a part is narrower than the halo.
 */
export function checkGeometry(g: GridGeometry): void {
  const d = g.shape.length;
  require(d >= 1, 'the grid has no axis: shape must hold one positive integer per axis');
  require(g.dims.length === d && g.periodic.length === d, () =>
    `a grid of ${d} axes got ${g.dims.length} part counts and ${g.periodic.length} periodic flags: give one of each per axis`);
  require(Number.isSafeInteger(g.halo) && g.halo >= 0, () => `halo is ${g.halo}: use an integer ≥ 0`);
  let parts = 1;
  for (let k = 0; k < d; k++) {
    const n = g.shape[k];
    const p = g.dims[k];
    require(Number.isSafeInteger(n) && n >= 1, () => `shape[${k}] is ${n}: use a positive integer`);
    require(Number.isSafeInteger(p) && p >= 1, () => `dims[${k}] is ${p}: use a positive integer`);
    parts *= p;
  }
  require(parts <= MAX_PARTS, () => `${g.dims.join('x')} is ${parts} parts: use at most ${MAX_PARTS}`);
  let stride = 1;
  for (let k = d - 1; k >= 0; k--) {
    const n = g.shape[k];
    const p = g.dims[k];
    const width = blockSize(n, p, p - 1);
    const partition = (p - 1) * stride;
    stride *= p;
    if (width >= Math.max(1, g.halo)) continue;
    if (p > n) {
      throw new HaloweaveError(
        'partition',
        `partition ${partition} would own no cell: axis ${k} has ${n} cells for ${p} parts; use at most ${n} parts along axis ${k}`,
        { partition },
      );
    }
    const cures = [`a halo of at most ${width}`, `a grid of at least ${g.halo * p} cells along axis ${k}`];
    if (n >= g.halo) cures.unshift(`at most ${Math.floor(n / g.halo)} parts along axis ${k} (now ${p})`);
    throw new HaloweaveError(
      'partition',
      `partition ${partition} is ${width} cells wide along axis ${k}, narrower than its halo of ${g.halo}: use ${cures.join(', or ')}`,
      { partition },
    );
  }
}

/** Global cells that part `id` owns. @throws HaloweaveError 'argument' when there is no such part. */
export function partBox(g: GridGeometry, id: number): Box {
  return blockBox(g.shape, g.dims, id);
}

/** The box of direction `e`: along each axis the span given for −1, 0 or 1. */
function pick(direction: readonly number[], span: (k: number, e: number) => [number, number]): Box {
  const spans = direction.map((e, k) => span(k, e));
  return { lo: spans.map((s) => s[0]), hi: spans.map((s) => s[1]) };
}

/**
 * All edges of part `id`, corners and edges of the cube included: directions in row-major order of
 * (−1, 0, 1)^d without the centre, those that leave a non-periodic axis left out (no halo, no edges).
 * Together the `receive` boxes cover each halo cell inside the wrapped domain exactly once. Symmetric:
 * an edge of p to q in direction e has its match of q to p in direction −e, with boxes of equal sizes.
 * Cells and vertices have the same edges; only the boxes differ. Deterministic; O(3^d · d).
 * @throws HaloweaveError as `checkGeometry`, and 'argument' when there is no such part.
 */
export function haloEdges(g: GridGeometry, id: number, centring: Centring = 'cell'): HaloEdge[] {
  checkGeometry(g);
  const size = boxSize(ownedBox(g, id, centring));
  const h = g.halo;
  const d = size.length;
  const edges: HaloEdge[] = [];
  if (h === 0) return edges;
  const directions = 3 ** d;
  const centre = (directions - 1) / 2;
  for (let raw = 0; raw < directions; raw++) {
    if (raw === centre) continue;
    const direction = new Array<number>(d);
    for (let k = d - 1, rest = raw; k >= 0; k--, rest = Math.floor(rest / 3)) direction[k] = (rest % 3) - 1;
    const neighbour = blockNeighbour(g.dims, g.periodic, id, direction);
    if (neighbour < 0) continue;
    const theirs = boxSize(ownedBox(g, neighbour, centring));
    const index = raw < centre ? raw : raw - 1;
    edges.push({
      direction,
      index,
      // Reversing every axis reverses the row-major order.
      opposite: directions - 2 - index,
      neighbour,
      receive: pick(direction, (k, e) => (e < 0 ? [-h, 0] : e > 0 ? [size[k], size[k] + h] : [0, size[k]])),
      source: pick(direction, (k, e) =>
        e < 0 ? [theirs[k] - h, theirs[k]] : e > 0 ? [0, h] : [0, theirs[k]],
      ),
      send: pick(direction, (k, e) => (e < 0 ? [0, h] : e > 0 ? [size[k] - h, size[k]] : [0, size[k]])),
    });
  }
  return edges;
}
