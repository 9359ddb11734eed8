/** How many parts along each axis: `--parts 25 | 5x5 | cells=N` read and resolved against a grid's shape. */
import { HaloweaveError, require } from '../base/errors.js';
import { checkExtents, pointCount } from '../topology/cartesian.js';

/** What `--parts` asks for: a number of parts, parts per axis, or a bound on the cells of a part. */
export type PartsSpec =
  | {
      /** Exactly that many. */
      kind: 'count';
      /** Parts. */
      count: number;
    }
  | {
      /** Nobody asked: that many, or the nearest smaller number that fits the grid and its halo. */
      kind: 'default';
      /** Parts. */
      count: number;
    }
  | {
      /** So many along each axis. */
      kind: 'dims';
      /** Parts per axis. */
      dims: number[];
    }
  | {
      /** As few parts as have at most so many cells each. */
      kind: 'cells';
      /** Most cells of a part. */
      cells: number;
    };

/** Part ids are stored in Int32Array everywhere, so there can be no more parts than that holds. */
const MAX_PARTS = 2 ** 31 - 1;

/**
 * Total halo surface of a cut, in cells per layer of halo: Σ_k dims[k] · Π_{j≠k} shape[j]. Whether an
 * axis is periodic changes it by a constant only, so the best cut does not depend on the boundary.
 */
function surface(dims: readonly number[], shape: readonly number[]): number {
  let total = 0;
  for (let k = 0; k < shape.length; k++) {
    let face = dims[k];
    for (let j = 0; j < shape.length; j++) if (j !== k) face *= shape[j];
    total += face;
  }
  return total;
}

function bestFactors(parts: number, shape: readonly number[]): number[] | undefined {
  let best: number[] | undefined;
  let least = Number.POSITIVE_INFINITY;
  const dims = new Array<number>(shape.length);
  const choose = (axis: number, rest: number): void => {
    if (axis === shape.length - 1) {
      if (rest > shape[axis]) return;
      dims[axis] = rest;
      const cost = surface(dims, shape);
      if (cost < least) {
        least = cost;
        best = dims.slice();
      }
      return;
    }
    // Large factors first and strict improvement only: ties keep the most parts on the earliest axis,
    // which leaves the last, contiguous axis long.
    for (let f = Math.min(rest, shape[axis]); f >= 1; f--) {
      if (rest % f !== 0) continue;
      dims[axis] = f;
      choose(axis + 1, rest / f);
    }
  };
  choose(0, parts);
  return best;
}

/**
 * Parts per axis: the exact factorisation of `parts` into one factor per axis of `shape`, each at most
 * the axis's cells, with the least total halo surface Σ_k f_k · Π_{j≠k} shape_j. Equal surfaces: the
 * largest factor on the earliest axis. Deterministic; O(shape₀ + divisors · shape₁ …).
 * @throws HaloweaveError 'argument' when no such factorisation exists; the count is never adjusted, the
 *   message suggests the nearest smaller one that works (1 always does).
 */
export function factorParts(parts: number, shape: number[]): number[] {
  checkExtents(shape, 'shape');
  require(Number.isInteger(parts) && parts >= 1 && parts <= MAX_PARTS, () =>
    `${parts} parts: use an integer in 1..${MAX_PARTS}`);
  const dims = bestFactors(parts, shape);
  if (dims) return dims;
  let smaller = Math.min(parts - 1, pointCount(shape));
  while (!bestFactors(smaller, shape)) smaller--;
  throw new HaloweaveError(
    'argument',
    `${parts} parts cannot be laid out on a grid of ${shape.join('x')} cells: no exact factorisation of ${parts} ` +
      `has at least one cell per part along every axis. The nearest smaller count that works is ${smaller}`,
  );
}

function positive(digits: string, text: string): number {
  const bad = (why: string): never => {
    throw new HaloweaveError('usage', `--parts ${JSON.stringify(text)}: ${why}. Write 25, 5x5 or cells=1000`);
  };
  if (!/^\d+$/.test(digits)) return bad(`${JSON.stringify(digits)} is not a whole number`);
  const value = Number(digits);
  if (value === 0) return bad('a number of parts or cells cannot be zero');
  return Number.isSafeInteger(value) ? value : bad(`${digits} is too large`);
}

/**
 * Reads the command line's `25` (number of parts), `5x5` (parts per axis) or `cells=1000` (largest
 * part). A single number is always a count; `resolveParts` checks the rest against the grid.
 * @throws HaloweaveError 'usage' naming the offending text.
 */
export function parseParts(text: string): PartsSpec {
  const spec = text.trim();
  if (spec.startsWith('cells=')) return { kind: 'cells', cells: positive(spec.slice('cells='.length), text) };
  const numbers = spec.split('x').map((digits) => positive(digits, text));
  return numbers.length === 1 ? { kind: 'count', count: numbers[0] } : { kind: 'dims', dims: numbers };
}

/** Every factor that is the smallest to give its block width ⌈n/f⌉, ascending: about 2·√n of them. */
function leanFactors(n: number): number[] {
  const factors: number[] = [];
  for (let f = 1; ; ) {
    factors.push(f);
    const width = Math.ceil(n / f);
    if (width === 1) return factors;
    f = Math.ceil(n / (width - 1));
  }
}

/**
 * The fewest parts whose largest, Π ⌈shape_k/f_k⌉, has at most `cells` cells. Only lean factors need a
 * look: any other factor could shrink without widening a block, so it is never in a smallest product.
 */
function fewestParts(cells: number, shape: readonly number[]): number[] {
  let best: number[] = [];
  let bestCount = Number.POSITIVE_INFINITY;
  let least = Number.POSITIVE_INFINITY;
  const dims = new Array<number>(shape.length);
  const lean = shape.map(leanFactors);
  const choose = (axis: number, count: number, room: number): void => {
    if (axis === shape.length) {
      const cost = surface(dims, shape);
      if (count < bestCount || cost < least) {
        best = dims.slice();
        bestCount = count;
        least = cost;
      }
      return;
    }
    const factors = lean[axis];
    for (let i = factors.length - 1; i >= 0; i--) {
      const width = Math.ceil(shape[axis] / factors[i]);
      if (width > room || count * factors[i] > bestCount) continue;
      dims[axis] = factors[i];
      choose(axis + 1, count * factors[i], Math.floor(room / width));
    }
  };
  choose(0, 1, cells);
  return best;
}

/**
 * Parts per axis for a grid of `shape` cells. `count`: `factorParts`. `dims`: taken as they are, after
 * checks. `cells`: the smallest number of parts for which some layout leaves no part more than that many
 * cells; among layouts of that number, the least halo surface, then the most parts on the earliest axis.
 * `default`: the largest number up to `count` whose layout leaves no part narrower than `halo`; that number
 * is a suggestion, unlike the others, which are never adjusted. Deterministic.
 * @throws HaloweaveError 'argument' for a wrong number of axes, a non-positive number, an axis with more
 *   parts than cells, or a count without factorisation.
 */
export function resolveParts(spec: PartsSpec, shape: number[], halo = 1): number[] {
  checkExtents(shape, 'shape');
  if (spec.kind === 'default') return defaultParts(spec.count, shape, Math.max(1, halo));
  if (spec.kind === 'count') return factorParts(spec.count, shape);
  const grid = `a grid of ${shape.join('x')} cells`;
  let dims: number[];
  if (spec.kind === 'cells') {
    require(Number.isSafeInteger(spec.cells) && spec.cells >= 1, () =>
      `at most ${spec.cells} cells a part on ${grid}: use an integer ≥ 1`);
    dims = fewestParts(spec.cells, shape);
  } else {
    dims = spec.dims.slice();
    require(dims.length === shape.length, () =>
      `parts ${dims.join('x')} name ${dims.length} axes but ${grid} has ${shape.length}: give one number per axis, or one count`);
    checkExtents(dims, 'parts');
    dims.forEach((parts, k) => {
      require(parts <= shape[k], () =>
        `${parts} parts along axis ${k} of ${grid}: that axis has only ${shape[k]} cells, use at most ${shape[k]} parts`);
    });
  }
  require(pointCount(dims) <= MAX_PARTS, () =>
    `${dims.join('x')} is ${pointCount(dims)} parts on ${grid}: use at most ${MAX_PARTS}`);
  return dims;
}

function defaultParts(count: number, shape: number[], halo: number): number[] {
  for (let parts = Math.min(count, pointCount(shape)); parts > 1; parts--) {
    const dims = bestFactors(parts, shape);
    if (dims?.every((p, k) => p === 1 || Math.floor(shape[k] / p) >= halo)) return dims;
  }
  return shape.map(() => 1);
}
