/**
 * Values of the halo cells outside a non-periodic domain. Periodic axes need nothing here: their halos
 * are filled by the exchange.
 */
import { HaloweaveError, require } from '../base/errors.js';
import { boxSize } from '../decomposition/box.js';
import { type FieldLayout, flatIndices } from './layout.js';
import { type GridGeometry, partBox } from './plan.js';

/**
 * What lies beyond a side. `dirichlet: g` puts the value g on the face between the last cell and the
 * first halo cell; `constant: c` fills the halo with c; `'periodic'` must hold for both sides of an axis.
 */
export type AxisBoundary = 'periodic' | { dirichlet: number } | { constant: number };

/** Different rules on the two sides of an axis. */
export interface SidedBoundary {
  lower: AxisBoundary;
  upper: AxisBoundary;
}

/** One rule for every axis, or a list with one entry per axis. */
export type Boundary = AxisBoundary | SidedBoundary | (AxisBoundary | SidedBoundary)[];

export type AxisRule =
  | { kind: 'periodic' }
  | { kind: 'dirichlet'; value: number }
  | { kind: 'constant'; value: number };

export interface BoundaryRules {
  periodic: boolean[];
  /** Rules of the lower and upper side of each axis. */
  sides: [AxisRule, AxisRule][];
}

/** One side's halo: value[dst[i]] becomes the rule's function of value[src[i]]. */
export interface BoundaryStep {
  axis: number;
  side: 'lower' | 'upper';
  rule: Exclude<AxisRule, { kind: 'periodic' }>;
  dst: Int32Array;
  /** Mirrored interior cells, one per dst; empty for a constant. */
  src: Int32Array;
}

/** The typed arrays whose elements are numbers; 64-bit integers are told apart when a boundary is applied. */
export type NumberArray =
  | Float64Array
  | Float32Array
  | Int32Array
  | Uint32Array
  | Int16Array
  | Uint16Array
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray;

function readRule(rule: unknown, where: string): AxisRule {
  if (rule === 'periodic') return { kind: 'periodic' };
  if (typeof rule === 'object' && rule !== null) {
    const entries = Object.entries(rule);
    const [kind, value] = entries[0] ?? [];
    if (entries.length === 1 && (kind === 'dirichlet' || kind === 'constant')) {
      // An infinite constant is a legitimate "no neighbour" for minima; on a face it would only make NaN.
      require(typeof value === 'number' &&
        (kind === 'constant' ? !Number.isNaN(value) : Number.isFinite(value)), () =>
        `boundary of ${where}: ${kind} is ${String(value)}, give a ${kind === 'constant' ? 'number' : 'finite number'}`);
      return { kind, value };
    }
  }
  throw new HaloweaveError(
    'argument',
    `boundary of ${where} is ${JSON.stringify(rule)}: use 'periodic', { dirichlet: value } or { constant: value }`,
  );
}

/**
 * One rule per side of each of `d` axes, from what a user wrote. Pure, O(d).
 * @throws HaloweaveError 'argument' naming the axis, for a list that is not one entry per axis, an
 *   unknown rule, a value that is not a number, or an axis periodic on one side only.
 */
export function normaliseBoundary(b: Boundary, d: number): BoundaryRules {
  require(Number.isInteger(d) && d >= 1, () => `a boundary for ${d} axes: use an integer ≥ 1`);
  require(!Array.isArray(b) || b.length === d, () =>
    `boundary lists ${Array.isArray(b) ? b.length : 1} axes but the grid has ${d}: give one entry per axis, or one for all`);
  const sides: [AxisRule, AxisRule][] = [];
  for (let axis = 0; axis < d; axis++) {
    const entry: AxisBoundary | SidedBoundary = Array.isArray(b) ? b[axis] : b;
    const sided = typeof entry === 'object' && entry !== null && ('lower' in entry || 'upper' in entry);
    const lower = readRule(
      sided ? (entry as SidedBoundary).lower : entry,
      sided ? `axis ${axis}, lower side` : `axis ${axis}`,
    );
    const upper = readRule(
      sided ? (entry as SidedBoundary).upper : entry,
      sided ? `axis ${axis}, upper side` : `axis ${axis}`,
    );
    require((lower.kind === 'periodic') === (upper.kind === 'periodic'), () =>
      `boundary of axis ${axis} is periodic on one side only: make both sides periodic, or neither`);
    sides.push([lower, upper]);
  }
  return { periodic: sides.map(([lower]) => lower.kind === 'periodic'), sides };
}

/**
 * Steps, to be executed in order after the halo exchange, that fill the halo cells of part `id` which lie
 * outside the domain; none for sides inside it. Layer k = 1..halo of a Dirichlet face holds
 * 2·g − (k-th interior layer), so that the mean of the two is g.
 *
 * Corners: axis 0 first, over the owned range and those halos of later axes that neighbours filled; then
 * axis 1, over all of axis 0's range, its halos included; and so on. A cell outside several axes thus takes
 * the last one's rule, applied to what the earlier ones made. Each value depends on global position alone,
 * so no cut changes it; but the exchange must include the diagonal neighbours, as `haloEdges` does.
 * Deterministic; O(cells filled).
 * @throws HaloweaveError 'argument' when rules or layout do not belong to the geometry.
 */
export function boundaryPlan(
  g: GridGeometry,
  rules: BoundaryRules,
  id: number,
  layout: FieldLayout,
): BoundaryStep[] {
  const d = g.shape.length;
  const box = partBox(g, id);
  const size = boxSize(box);
  require(rules.sides.length === d && g.periodic.every((p, k) => p === rules.periodic[k]), () =>
    `boundary rules are periodic along [${rules.periodic.join(', ')}] but the grid along [${g.periodic.join(', ')}]: derive both from one boundary`);
  require(layout.halo === g.halo &&
    size.length === layout.size.length &&
    size.every((n, k) => n === layout.size[k]), () =>
    `the layout is for ${layout.size.join('x')} cells with halo ${layout.halo}, but partition ${id} owns ${size.join('x')} with halo ${g.halo}`);
  const steps: BoundaryStep[] = [];
  const h = g.halo;
  if (h === 0) return steps;
  const atEdge = size.map((_, k) => !g.periodic[k] && [box.lo[k] === 0, box.hi[k] === g.shape[k]]);
  for (let axis = 0; axis < d; axis++) {
    const edge = atEdge[axis];
    if (!edge) continue;
    const n = size[axis];
    require(n >= h, () =>
      `partition ${id} is ${n} cells wide along axis ${axis}, narrower than its halo of ${h}: use fewer parts along that axis`);
    const lo = size.map((_, k) => (k > axis && atEdge[k] && atEdge[k][0] ? 0 : -h));
    const hi = size.map((extent, k) => (k > axis && atEdge[k] && atEdge[k][1] ? extent : extent + h));
    for (const upper of [0, 1]) {
      const rule = rules.sides[axis][upper];
      if (!edge[upper] || rule.kind === 'periodic') continue;
      lo[axis] = upper ? n : -h;
      hi[axis] = upper ? n + h : 0;
      const dst = flatIndices(layout, { lo, hi });
      let src = new Int32Array(0);
      if (rule.kind === 'dirichlet') {
        // Cell c mirrors to 2·face − 1 − c, the face lying at 0 or n.
        const stride = layout.strides[axis];
        const mirror = 2 * (upper ? n : 0) - 1;
        src = dst.map((flat) => {
          const c = (Math.floor(flat / stride) % layout.padded[axis]) - h;
          return flat + (mirror - 2 * c) * stride;
        });
      }
      steps.push({ axis, side: upper ? 'upper' : 'lower', rule, dst, src });
    }
  }
  return steps;
}

/**
 * Executes the steps on a field whose element 0 is values[base]. Arithmetic is in f64 and rounds once, on
 * store; integer arrays store as JavaScript does, and those of 64 bits calculate in their own. In place,
 * O(cells filled).
 */
export function applyBoundary(steps: readonly BoundaryStep[], values: NumberArray, base: number): void {
  if (typeof (values[base] as unknown) === 'bigint') {
    applyBigBoundary(steps, values as unknown as BigInt64Array, base);
    return;
  }
  for (const { rule, dst, src } of steps) {
    if (rule.kind === 'constant') {
      for (let i = 0; i < dst.length; i++) values[base + dst[i]] = rule.value;
    } else {
      const twice = 2 * rule.value;
      for (let i = 0; i < dst.length; i++) values[base + dst[i]] = twice - values[base + src[i]];
    }
  }
}

/** The same on 64-bit integers, whose rules hold whole numbers. */
function applyBigBoundary(steps: readonly BoundaryStep[], values: BigInt64Array, base: number): void {
  for (const { rule, dst, src } of steps) {
    const value = BigInt(rule.value);
    if (rule.kind === 'constant') for (let i = 0; i < dst.length; i++) values[base + dst[i]] = value;
    else for (let i = 0; i < dst.length; i++) values[base + dst[i]] = 2n * value - values[base + src[i]];
  }
}
