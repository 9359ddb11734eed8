import { HaloweaveError } from '../../base/errors.js';
import {
  type AxisRule,
  type Boundary,
  type BoundaryRules,
  type BoundaryValue,
  normaliseBoundary,
} from '../../halo/boundary.js';
import type { Centring } from '../../halo/extent.js';
import { type DType, type DTypeInfo, dtypeInfo } from '../../memory/dtype.js';

/** A field: its dtype, for one number in every cell, or more about it. */
export type FieldSpec =
  | DType
  | {
      /** The element type. */
      readonly dtype: DType;
      /**
       * Values in the cells (default) or at the vertices: along an axis of n cells there are n + 1 vertices, n if
       * it is periodic. Vertex i lies below cell i; of two parts that share one the lower owns it.
       */
      readonly centring?: Centring;
      /**
       * A vector of so many components in place of a number: the field's array has one more axis of this length,
       * contiguous. Absent: a number.
       */
      readonly components?: number;
      /** What lies beyond the edge, if not what the grid says. Periodic along the same axes. */
      readonly boundary?: Boundary;
    };

/** The fields of a grid by name. */
export type FieldTypes = Record<string, FieldSpec>;

/** The dtype of a field's specification. */
export type DTypeOf<S extends FieldSpec> = S extends DType
  ? S
  : S extends { readonly dtype: infer D extends DType }
    ? D
    : never;

export interface FieldInfo {
  readonly name: string;
  readonly dtype: DTypeInfo;
  readonly centring: Centring;
  /** Elements of a cell. */
  readonly components: number;
  /** Whether the arrays have an axis of components. */
  readonly vector: boolean;
  readonly rules: BoundaryRules;
}

/** What a part has for itself. */
const RESERVED = [
  ...['id', 'lo', 'hi', 'shape', 'grid', 'fill', 'load', 'swap', 'each', 'owned', 'place'],
  'constructor',
];

/**
 * A field as the kernel knows it. `rules` and `periodic` are the grid's.
 * @throws HaloweaveError 'argument' for a name that a part has for itself, an unknown dtype or centring, a number
 *   of components that is none, and a boundary whose values the field cannot hold.
 */
export function readField(name: string, spec: FieldSpec, rules: BoundaryRules): FieldInfo {
  if (RESERVED.includes(name) || name.startsWith('_'))
    throw new HaloweaveError(
      'argument',
      `a field cannot be called '${name}': a part has that name for itself`,
    );
  const full = typeof spec === 'object' && spec !== null ? spec : { dtype: spec };
  const { dtype, centring = 'cell', components, boundary } = full;
  for (const key of Object.keys(full))
    if (!['dtype', 'centring', 'components', 'boundary'].includes(key))
      fail(name, `has an unknown property '${key}'; known are dtype, centring, components and boundary`);
  if (centring !== 'cell' && centring !== 'vertex')
    fail(name, `has centring '${String(centring)}': use 'cell' or 'vertex'`);
  if (components !== undefined && !(Number.isSafeInteger(components) && components >= 1))
    fail(name, `has ${components} components: use a whole number of 1 or more`);
  const field: FieldInfo = {
    name,
    dtype: dtypeInfo(dtype),
    centring,
    components: components ?? 1,
    vector: components !== undefined,
    rules: boundary === undefined ? rules : ownRules(name, boundary, rules),
  };
  field.rules.sides.forEach((sides, axis) => {
    for (const rule of sides) checkValue(field, axis, rule);
  });
  return field;
}

function ownRules(name: string, boundary: Boundary, grid: BoundaryRules): BoundaryRules {
  const rules = normaliseBoundary(boundary, grid.periodic.length);
  rules.periodic.forEach((p, axis) => {
    if (p === grid.periodic[axis]) return;
    const [mine, its] = p ? ['periodic', 'is not'] : ['not periodic', 'is'];
    fail(
      name,
      `is ${mine} along axis ${axis}, but the grid ${its}: an axis is periodic for all fields or for none`,
    );
  });
  return rules;
}

function checkValue(field: FieldInfo, axis: number, rule: AxisRule): void {
  if (rule.kind === 'periodic' || rule.kind === 'function') return;
  const { name, dtype, components } = field;
  const values: BoundaryValue = rule.value;
  if (typeof values !== 'number' && values.length !== components)
    throw new HaloweaveError(
      'argument',
      `boundary of axis ${axis} has ${values.length} values, but the field '${name}' has ${components} ${components === 1 ? 'component' : 'components'}: give one number, or give the field a boundary of its own`,
    );
  // 64-bit integers cannot hold every boundary value; smaller ones store what JavaScript makes of it.
  if (!dtype.name.endsWith('64') || dtype.name === 'f64') return;
  for (const value of typeof values === 'number' ? [values] : values)
    if (!Number.isSafeInteger(value))
      throw new HaloweaveError(
        'argument',
        `boundary of axis ${axis} is ${value}, which the ${dtype.name} field '${name}' cannot hold: use a whole number`,
      );
}

function fail(name: string, message: string): never {
  throw new HaloweaveError('argument', `the field '${name}' ${message}`);
}
