/**
 * Which halo cells outside a non-periodic domain take which value. Periodic axes need nothing here: their
 * halos are filled by the exchange.
 */
import { require } from '../base/errors.js';
import { type Box, boxSize } from '../decomposition/box.js';
import type { AxisRule, BoundaryFunction, BoundaryRules } from './boundary.js';
import { type Centring, fieldShape, ownedBox } from './extent.js';
import { type FieldLayout, flatIndices } from './layout.js';
import { type GridGeometry, partBox } from './plan.js';

/**
 * Elements of one side that are filled alike, `value[dst[i]]` from `value[src[i]]`: `set` to `value`; `reflect`
 * to 2·value − source; `shift` to source + value; `call` a function of the source and the place.
 */
export interface BoundaryStep {
  axis: number;
  side: 'lower' | 'upper';
  kind: 'set' | 'reflect' | 'shift' | 'call';
  value: number;
  dst: Int32Array;
  /** Mirrored interior elements, one per dst; empty for `set`. */
  src: Int32Array;
  call: BoundaryCall | null;
}

/** A user's function and the places it is asked about. */
export interface BoundaryCall {
  f: BoundaryFunction;
  /** Cell of each dst in the whole field: as many numbers as axes. */
  cells: Int32Array;
  /** Extent of the whole field along the step's axis. */
  extent: number;
  components: number;
  place: { index: number[]; axis: number; side: 'lower' | 'upper' } & Record<
    'layer' | 'component' | 'cycle' | 'phase',
    number
  >;
}

interface Part {
  g: GridGeometry;
  layout: FieldLayout;
  centring: Centring;
  /** Owned values, in the field's indices. */
  box: Box;
  /** Whether the part lies at the lower and at the upper end of each axis that is not periodic. */
  atEdge: ([boolean, boolean] | null)[];
}

/**
 * Steps, to be executed in order after the halo exchange, that fill the halo cells of part `id` which lie
 * outside the domain; none for sides inside it. The values are those that `AxisBoundary` states, of a field
 * that is `centring`-centred.
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
  centring: Centring = 'cell',
): BoundaryStep[] {
  const steps: BoundaryStep[] = [];
  const h = g.halo;
  if (h === 0) return steps;
  const part = checkedPart(g, rules, id, layout, centring);
  const { atEdge } = part;
  const { size } = layout;
  for (let axis = 0; axis < size.length; axis++) {
    const edge = atEdge[axis];
    if (!edge) continue;
    const n = size[axis]!;
    require(n >= h, () =>
      `partition ${id} is ${n} cells wide along axis ${axis}, narrower than its halo of ${h}: use fewer parts along that axis`);
    const lo = size.map((_, k) => (k > axis && atEdge[k]?.[0] ? 0 : -h));
    const hi = size.map((extent, k) => (k > axis && atEdge[k]?.[1] ? extent : extent + h));
    for (const upper of [0, 1] as const) {
      const rule = rules.sides[axis]![upper];
      if (!edge[upper] || rule.kind === 'periodic') continue;
      // Every layer has its own distance from its mirror image, which counts for a derivative only.
      for (const layers of rule.kind === 'neumann' ? each(h) : [[1, h]]) {
        const [first = 1, last = h] = layers;
        lo[axis] = upper ? n - 1 + first : -last;
        hi[axis] = upper ? n + last : 1 - first;
        steps.push(...sideSteps(part, axis, upper, rule, { lo, hi }, first));
      }
    }
  }
  return steps;
}

/**
 * Steps that set the boundary vertices that part `id` owns of a vertex-centred field to the value of their
 * Dirichlet side, to be executed before the field is shared; none for cells. A vertex on several sides takes the
 * last axis' value. O(vertices set).
 */
export function boundaryVertices(
  g: GridGeometry,
  rules: BoundaryRules,
  id: number,
  layout: FieldLayout,
  centring: Centring,
): BoundaryStep[] {
  if (centring === 'cell') return [];
  const part = checkedPart(g, rules, id, layout, centring);
  const { size } = layout;
  return size.flatMap((n, axis) =>
    ([0, 1] as const).flatMap((upper) => {
      const rule = rules.sides[axis]![upper];
      if (!part.atEdge[axis]?.[upper] || rule.kind !== 'dirichlet') return [];
      const at = upper ? n - 1 : 0;
      const lo = size.map((_, k) => (k === axis ? at : 0));
      const hi = size.map((extent, k) => (k === axis ? at + 1 : extent));
      return sideSteps(part, axis, upper, { kind: 'constant', value: rule.value }, { lo, hi }, 0);
    }),
  );
}

const each = (n: number): number[][] => Array.from({ length: n }, (_, k) => [k + 1, k + 1]);

function checkedPart(
  g: GridGeometry,
  rules: BoundaryRules,
  id: number,
  layout: FieldLayout,
  centring: Centring,
): Part {
  const box = ownedBox(g, id, centring);
  const size = boxSize(box);
  require(rules.sides.length === size.length && g.periodic.every((p, k) => p === rules.periodic[k]), () =>
    `boundary rules are periodic along [${rules.periodic.join(', ')}] but the grid along [${g.periodic.join(', ')}]: derive both from one boundary`);
  require(layout.halo === g.halo &&
    size.length === layout.size.length &&
    size.every((n, k) => n === layout.size[k]), () =>
    `the layout is for ${layout.size.join('x')} cells with halo ${layout.halo}, but partition ${id} owns ${size.join('x')} with halo ${g.halo}`);
  const cells = partBox(g, id);
  const atEdge = size.map((_, k): [boolean, boolean] | null =>
    g.periodic[k] ? null : [cells.lo[k] === 0, cells.hi[k] === g.shape[k]],
  );
  return { g, layout, centring, box, atEdge };
}

/** The steps of one rule on one box of cells: one, or one a component if their values differ. */
function sideSteps(
  part: Part,
  axis: number,
  upper: 0 | 1,
  rule: Exclude<AxisRule, { kind: 'periodic' }>,
  box: Box,
  layer: number,
): BoundaryStep[] {
  const { layout, centring } = part;
  const { components } = layout;
  const side = upper ? 'upper' : 'lower';
  const dst = flatIndices(layout, box);
  let src = new Int32Array(0);
  if (rule.kind !== 'constant') {
    const stride = layout.strides[axis]!;
    const n = layout.size[axis]!;
    // Cell c mirrors to 2·face − 1 − c, the face lying at 0 or n; vertex v to 2·boundary − v, that at 0 or n − 1.
    const mirror = centring === 'cell' ? (upper ? 2 * n : 0) - 1 : upper ? 2 * (n - 1) : 0;
    src = dst.map((flat) => {
      const c = (Math.floor(flat / stride) % layout.padded[axis]!) - layout.halo;
      return flat + (mirror - 2 * c) * stride;
    });
  }
  if (rule.kind === 'function')
    return [
      { axis, side, kind: 'call', value: 0, dst, src, call: boundaryCall(part, axis, side, rule.value, dst) },
    ];
  const kind = ({ constant: 'set', dirichlet: 'reflect', neumann: 'shift' } as const)[rule.kind];
  const distance = centring === 'cell' ? 2 * layer - 1 : 2 * layer;
  // A derivative of 0 adds −0: x + −0 is x for every x, and so a mirrored −0 stays what it is.
  const term = (value: number): number => (kind === 'shift' ? distance * value || -0 : value);
  const { value } = rule;
  if (typeof value === 'number') return [{ axis, side, kind, value: term(value), dst, src, call: null }];
  require(value.length === components, () =>
    `boundary of axis ${axis}, ${side} side, has ${value.length} values for a field of ${components} components: give one per component`);
  return value.map((v, c) => {
    const mine = (_: number, k: number): boolean => k % components === c;
    return { axis, side, kind, value: term(v), dst: dst.filter(mine), src: src.filter(mine), call: null };
  });
}

function boundaryCall(
  { g, layout, centring, box }: Part,
  axis: number,
  side: 'lower' | 'upper',
  f: BoundaryFunction,
  dst: Int32Array,
): BoundaryCall {
  const d = layout.size.length;
  const shape = fieldShape(g, centring);
  const cells = new Int32Array(dst.length * d);
  dst.forEach((flat, k) => {
    for (let axis = 0; axis < d; axis++) {
      const local = (Math.floor(flat / layout.strides[axis]!) % layout.padded[axis]!) - layout.halo;
      const x = local + box.lo[axis]!;
      const n = shape[axis]!;
      cells[k * d + axis] = g.periodic[axis] ? ((x % n) + n) % n : x;
    }
  });
  const place = {
    index: new Array<number>(d).fill(0),
    axis,
    side,
    layer: 0,
    component: 0,
    cycle: 0,
    phase: 0,
  };
  return { f, cells, extent: shape[axis]!, components: layout.components, place };
}
