import { createHash } from 'node:crypto';
import type { GraphDomain } from './graph.js';
import type { GridDomain } from './grid.js';

/** What of a grid decides how its parts' states lie in memory, as text for people. */
export function gridSignature({ geometry, fields }: GridDomain): string {
  const { shape, dims, halo, periodic } = geometry;
  const list = fields.map((f) => `${f.name} ${f.dtype.name} ${f.centring} ${f.components}`);
  return `grid ${shape.join('x')} in ${dims.join('x')} parts, halo ${halo}, periodic ${periodic.map(Number).join('')}, fields ${list.join('; ')}`;
}

/** How many parts a graph has, and a hash of their names and edges in order. */
export function graphSignature({ ids, neighbours }: GraphDomain): string {
  const text = JSON.stringify(ids.map((id, n) => [id, [...neighbours[n]!]]));
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 16);
  return `graph of ${ids.length} parts with names and edges ${hash}`;
}
