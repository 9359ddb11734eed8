import { HaloweaveError } from '../../base/errors.js';
import { factorParts, type PartsSpec, parseParts, resolveParts } from '../../decomposition/factor.js';
import { type Boundary, type BoundaryRules, normaliseBoundary } from '../../halo/boundary.js';
import { checkGeometry, type GridGeometry } from '../../halo/plan.js';
import { type DType, type DTypeInfo, dtypeInfo } from '../../memory/dtype.js';

/** The fields of a grid: the dtype of each by name. */
export type FieldTypes = Record<string, DType>;

/** What `grid` takes. */
export interface GridSpec<F extends FieldTypes> {
  /** Cells per axis; the last axis is contiguous in memory. One or two axes. */
  shape: readonly number[];
  /** Number of parts, parts per axis, or what the context of `partition` gives. */
  parts: PartsSpec | number | readonly number[] | string;
  /** Width of the halo in cells (default 1). */
  halo?: number;
  /**
   * What lies beyond the edge: `'periodic'` (default), `{ dirichlet: g }` (the value on the face, cell
   * centres lying half a cell inside: halo = 2g − mirrored cell), `{ constant: v }` (halo cells hold v);
   * one for all axes, a list per axis, or `{ lower, upper }` per axis.
   */
  boundary?: Boundary;
  /** Name and dtype of every field. All have the grid's shape and halo. */
  fields: F;
}

export interface FieldInfo {
  name: string;
  dtype: DTypeInfo;
}

/** A grid cut into parts: pure data, the same on every rank. */
export interface GridDomain<F extends FieldTypes = FieldTypes> {
  /** Tells grids from graphs. */
  readonly kind: 'grid';
  /** @internal */
  readonly geometry: GridGeometry;
  /** @internal */
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

const MAX_AXES = 2;
/** Words kept for field numbers in every part's header. */
export const MAX_FIELDS = 24;
const RESERVED = ['id', 'lo', 'hi', 'shape', 'grid', 'fill', 'load', 'swap', 'each', 'constructor'];

/**
 * A regular grid, cut into a lattice of blocks whose sizes differ by at most one cell per axis. Any
 * number of parts: it is factorised so that halos are smallest. Pure and deterministic; throws on a part
 * narrower than its halo, on more parts than cells, and on field names that a part has for itself.
 */
export function grid<const F extends FieldTypes>(spec: GridSpec<F>): GridDomain<F> {
  const shape = [...spec.shape];
  if (shape.length < 1 || shape.length > MAX_AXES)
    throw new HaloweaveError('argument', `a grid of ${shape.length} axes: this version has grids of 1 and 2`);
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
  const fields = Object.entries(spec.fields).map(([name, dtype]) => fieldInfo(name, dtype));
  if (fields.length < 1 || fields.length > MAX_FIELDS)
    throw new HaloweaveError('argument', `a grid of ${fields.length} fields: use 1 to ${MAX_FIELDS}`);
  for (const { name, dtype } of fields)
    if (dtype.name.endsWith('64') && dtype.name !== 'f64') wholeRules(rules, name, dtype.name);
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

/** 64-bit integers cannot hold every boundary value; smaller ones store what JavaScript makes of it. */
function wholeRules(rules: BoundaryRules, name: string, dtype: DType): void {
  for (const [axis, sides] of rules.sides.entries())
    for (const rule of sides)
      if (rule.kind !== 'periodic' && !Number.isSafeInteger(rule.value))
        throw new HaloweaveError(
          'argument',
          `boundary of axis ${axis} is ${rule.value}, which the ${dtype} field '${name}' cannot hold: use a whole number`,
        );
}

function fieldInfo(name: string, dtype: DType): FieldInfo {
  if (RESERVED.includes(name) || name.startsWith('_'))
    throw new HaloweaveError(
      'argument',
      `a field cannot be called '${name}': a part has that name for itself`,
    );
  return { name, dtype: dtypeInfo(dtype) };
}
