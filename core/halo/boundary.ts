/** What lies beyond the sides of a grid: what a user writes, as one rule per side of each axis. */
import { HaloweaveError, require } from '../base/errors.js';

/** One number, or one for each component of a vector field. */
export type BoundaryValue = number | readonly number[];

/** Where a boundary function is asked for a value. One object, changed from call to call: copy what you keep. */
export interface BoundaryPlace {
  /**
   * Cell (or vertex) of the halo in the field's indices: below 0 or beyond the end along `axis`; wrapped into
   * the grid along periodic axes; along an axis before `axis` it may lie outside as well (corners).
   */
  readonly index: readonly number[];
  /** The axis beyond whose end the place lies. */
  readonly axis: number;
  /** Which of its ends. */
  readonly side: 'lower' | 'upper';
  /** 1 for the layer next to the grid, up to the width of the halo. */
  readonly layer: number;
  /** Component of a vector field, 0 for a scalar. */
  readonly component: number;
  /** The cycle whose workunit reads the value. */
  readonly cycle: number;
  /** The phase whose workunit reads it. */
  readonly phase: number;
}

/**
 * The value of one halo cell. `inside` is what lies at its mirror image in the grid: for layer k the k-th cell
 * from the face, or the k-th vertex from the boundary vertex. Must be pure and depend on nothing that differs
 * between ranks or parts. For fields of 64-bit integers `inside` is a bigint, and so must the result be.
 */
export type BoundaryFunction = (inside: number, place: BoundaryPlace) => number | bigint;

/**
 * What lies beyond a side, u_k being the halo's layer k = 1 … halo and m_k its mirror image in the grid:
 *
 * - `{ dirichlet: g }`: u_k = 2g − m_k. The value g lies on the face of a cell-centred field; of a vertex-centred
 *   field it is the value of the boundary vertex itself, which is set whenever the field is shared.
 * - `{ neumann: q }`: u_k = m_k + s·q, s being the distance of the two in cells: 2k − 1 for cells, 2k for
 *   vertices. q is the derivative along the outward normal, per cell: multiply by the spacing yourself.
 *   0 mirrors.
 * - `{ constant: c }`: u_k = c.
 * - a function: u_k = f(m_k, place).
 * - `'periodic'`: the other end of the grid; must hold for both sides of an axis.
 */
export type AxisBoundary =
  | 'periodic'
  | {
      /** g, the value on the boundary. */
      readonly dirichlet: BoundaryValue;
    }
  | {
      /** q, the derivative along the outward normal, per cell. */
      readonly neumann: BoundaryValue;
    }
  | {
      /** c, what the halo holds. */
      readonly constant: BoundaryValue;
    }
  | BoundaryFunction;

/** Different rules on the two sides of an axis. */
export interface SidedBoundary {
  /** Below index 0. */
  readonly lower: AxisBoundary;
  /** Beyond the last index. */
  readonly upper: AxisBoundary;
}

/** One rule for every axis, or a list with one entry per axis. */
export type Boundary = AxisBoundary | SidedBoundary | readonly (AxisBoundary | SidedBoundary)[];

export type AxisRule =
  | { kind: 'periodic' }
  | { kind: 'dirichlet' | 'neumann' | 'constant'; value: BoundaryValue }
  | { kind: 'function'; value: BoundaryFunction };

export interface BoundaryRules {
  periodic: boolean[];
  /** Rules of the lower and upper side of each axis. */
  sides: [AxisRule, AxisRule][];
}

const KINDS = ['dirichlet', 'neumann', 'constant'] as const;

function readRule(rule: unknown, where: string): AxisRule {
  if (rule === 'periodic') return { kind: 'periodic' };
  if (typeof rule === 'function') return { kind: 'function', value: rule as BoundaryFunction };
  if (typeof rule === 'object' && rule !== null) {
    const entries = Object.entries(rule);
    const [name, value] = entries[0] ?? [];
    const kind = KINDS.find((k) => k === name);
    if (entries.length === 1 && kind) {
      const list: unknown[] = Array.isArray(value) ? value : [value];
      require(list.length > 0, () =>
        `boundary of ${where}: ${kind} is an empty list, give one value per component`);
      // An infinite constant is a legitimate "no neighbour" for minima; on a face it would only make NaN.
      for (const v of list)
        require(typeof v === 'number' && (kind === 'constant' ? !Number.isNaN(v) : Number.isFinite(v)), () =>
          `boundary of ${where}: ${kind} is ${String(v)}, give a ${kind === 'constant' ? 'number' : 'finite number'}`);
      return { kind, value: Array.isArray(value) ? [...(value as number[])] : (value as number) };
    }
  }
  throw new HaloweaveError(
    'argument',
    `boundary of ${where} is ${JSON.stringify(rule)}: use 'periodic', { dirichlet: value }, { neumann: value }, { constant: value } or a function`,
  );
}

/**
 * One rule per side of each of `d` axes, from what a user wrote. Pure, O(d).
 * @throws HaloweaveError 'argument' naming the axis, for a list that is not one entry per axis, an
 *   unknown rule, a value that is not a number, or an axis periodic on one side only.
 */
export function normaliseBoundary(b: Boundary, d: number): BoundaryRules {
  require(Number.isInteger(d) && d >= 1, () => `a boundary for ${d} axes: use an integer ≥ 1`);
  const list: readonly unknown[] | null = Array.isArray(b) ? b : null;
  require(list === null || list.length === d, () =>
    `boundary lists ${list?.length} axes but the grid has ${d}: give one entry per axis, or one for all`);
  const sides: [AxisRule, AxisRule][] = [];
  for (let axis = 0; axis < d; axis++) {
    const entry = list ? list[axis] : b;
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
