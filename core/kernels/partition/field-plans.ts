import { type BoundaryStep, boundaryPlan, boundaryVertices } from '../../halo/boundary-plan.js';
import { fieldShape, ownedBox } from '../../halo/extent.js';
import type { BlockLayout } from './blocks.js';
import type { GridDomain } from './grid.js';
import type { FieldExtent } from './part.js';

/** By field: layout and extent, one object for fields that can be swapped if their dtypes agree. */
export function fieldExtents(domain: GridDomain, block: BlockLayout, id: number): FieldExtent[] {
  const known = new Map<string, FieldExtent>();
  return domain.fields.map(({ centring, components, vector }, f) => {
    const kind = `${centring}-centred, ${vector ? `a vector of ${components}` : 'a number'}`;
    let extent = known.get(kind);
    if (!extent) {
      const { lo, hi } = ownedBox(domain.geometry, id, centring);
      extent = { layout: block.fields[f]!, lo, hi, shape: fieldShape(domain.geometry, centring), kind };
      known.set(kind, extent);
    }
    return extent;
  });
}

/** By field: the steps of its boundary, calculated once for fields of one layout and boundary. */
export function boundarySteps(
  { geometry, fields }: GridDomain,
  block: BlockLayout,
  id: number,
): { halo: BoundaryStep[]; vertices: BoundaryStep[] }[] {
  const steps: { halo: BoundaryStep[]; vertices: BoundaryStep[] }[] = [];
  fields.forEach(({ rules, centring }, f) => {
    const layout = block.fields[f]!;
    const like = fields.findIndex((o, k) => k < f && o.rules === rules && block.fields[k] === layout);
    steps.push(
      steps[like] ?? {
        halo: boundaryPlan(geometry, rules, id, layout, centring),
        vertices: boundaryVertices(geometry, rules, id, layout, centring),
      },
    );
  });
  return steps;
}
