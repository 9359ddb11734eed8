import { HaloweaveError } from '../../base/errors.js';
import { factorParts, type PartsSpec, parseParts, resolveParts } from '../../decomposition/factor.js';
import { type Boundary, type BoundaryRules, normaliseBoundary } from '../../halo/boundary.js';
import { checkGeometry, type GridGeometry } from '../../halo/plan.js';
import { type FieldInfo, type FieldTypes, readField } from './fields.js';

export type { DTypeOf, FieldInfo, FieldSpec, FieldTypes } from './fields.js';

/** What `grid` takes. */
export interface GridSpec<F extends FieldTypes> {
  /** Cells per axis; the last axis is contiguous in memory. One to three axes. */
  shape: readonly number[];
  /** Number of parts, parts per axis, or what the context of `partition` gives. */
  parts: PartsSpec | number | readonly number[] | string;
  /** Width of the halo in cells (default 1). */
  halo?: number;
  /**
   * What lies beyond the edge: `'periodic'` (default), `{ dirichlet: g }` (the value on the face),
   * `{ neumann: q }` (the derivative outward, per cell), `{ constant: c }` (the halo holds c) or a function;
   * one for all axes, a list per axis, or `{ lower, upper }` per axis. `AxisBoundary` has the formulas. A cell
   * outside several axes takes the last one's rule, applied to what the earlier ones made.
   */
  boundary?: Boundary;
  /**
   * Name and dtype of every field, or `{ dtype, centring, components, boundary }`: see `FieldSpec`. All have the
   * grid's halo.
   */
  fields: F;
}

/** A grid cut into parts: pure data, the same on every rank. */
export interface GridDomain<F extends FieldTypes = FieldTypes> {
  /** Tells grids from graphs. */
  readonly kind: 'grid';
  /** @internal */
  readonly geometry: GridGeometry;
  /**
   * The boundary of fields that have none of their own.
   * @internal
   */
  readonly rules: BoundaryRules;
  /** @internal */
  readonly fields: readonly FieldInfo[];
  /** Number of parts. */
  readonly parts: number;
  /** Number of cells of the whole grid. */
  readonly cells: number;
  /** Carries the field names to the types of workunits; absent at run time. */
  readonly types?: F;
}

/** The curve that places parts, and the halos' directions, work in any number; more than three were not tried. */
const MAX_AXES = 3;
/** Words kept for field numbers in every part's header. */
export const MAX_FIELDS = 24;

/**
 * A regular grid, cut into a lattice of blocks whose sizes differ by at most one cell per axis. Any
 * number of parts: it is factorised so that halos are smallest. Pure and deterministic.
 * @throws HaloweaveError 'partition' for a part narrower than its halo and more parts than cells; 'argument' for
 *   numbers, boundaries, dtypes and field names that make no sense.
 */
export function grid<const F extends FieldTypes>(spec: GridSpec<F>): GridDomain<F> {
  const shape = [...spec.shape];
  if (shape.length < 1 || shape.length > MAX_AXES)
    throw new HaloweaveError('argument', `a grid of ${shape.length} axes: grids have 1 to ${MAX_AXES}`);
  for (const [axis, n] of shape.entries())
    if (!(Number.isSafeInteger(n) && n >= 1))
      throw new HaloweaveError(
        'argument',
        `grid shape [${shape.join(', ')}]: axis ${axis} has ${n} cells, use a whole number of 1 or more`,
      );
  const rules = normaliseBoundary(spec.boundary ?? 'periodic', shape.length);
  const geometry: GridGeometry = {
    shape,
    dims: dimsOf(spec.parts, shape, spec.halo ?? 1),
    halo: spec.halo ?? 1,
    periodic: rules.periodic,
  };
  checkGeometry(geometry);
  const fields = Object.entries(spec.fields).map(([name, field]) => readField(name, field, rules));
  if (fields.length < 1 || fields.length > MAX_FIELDS)
    throw new HaloweaveError('argument', `a grid of ${fields.length} fields: use 1 to ${MAX_FIELDS}`);
  return {
    kind: 'grid',
    geometry,
    rules,
    fields,
    parts: geometry.dims.reduce((a, b) => a * b, 1),
    cells: shape.reduce((a, b) => a * b, 1),
  };
}

function dimsOf(parts: GridSpec<FieldTypes>['parts'], shape: number[], halo: number): number[] {
  if (typeof parts === 'number') return factorParts(parts, shape);
  if (typeof parts === 'string') return resolveParts(parseParts(parts), shape);
  if ('kind' in parts) return resolveParts(parts, shape, halo);
  return resolveParts({ kind: 'dims', dims: [...parts] }, shape);
}
