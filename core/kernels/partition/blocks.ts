import { boxSize } from '../../decomposition/box.js';
import { SlotLayout } from '../../halo/exchange.js';
import { type Centring, ownedBox } from '../../halo/extent.js';
import { type FieldLayout, fieldLayout } from '../../halo/layout.js';
import { type GridGeometry, type HaloEdge, haloEdges } from '../../halo/plan.js';
import { type FieldInfo, type GridDomain, MAX_FIELDS } from './grid.js';

/** Alignment of everything in a block: a cache line. */
const ALIGN = 64;

// Words of a block's header.
/** Steps (cycle × phases + phase) that the part has finished and published. */
export const PUBLISHED = 0;
/** From here, one word a field: which of the block's field memories it has (written when the run ends). */
export const MEMORIES = 32;
/** Two lines for the counter that other ranks poll, then the memories. */
const HEADER_BYTES = Math.ceil(((MEMORIES + MAX_FIELDS) * 4) / ALIGN) * ALIGN;

/**
 * How the memory of one part is laid out, as pure arithmetic of the domain, so that every rank can find
 * its neighbours' slots: header, the fields with their halos, then two slots for shares, used in turn.
 */
export class BlockLayout {
  /** Edges in terms of cells; vertices have the same ones in the same order, with boxes of their own. */
  readonly edges: readonly HaloEdge[];
  /** By field; fields that are alike share a layout and edges. */
  readonly fields: readonly FieldLayout[];
  readonly fieldEdges: readonly (readonly HaloEdge[])[];
  /** Byte offset of each field's memory. */
  readonly fieldAt: readonly number[];
  /** Layout of the share of each phase. */
  readonly slots: readonly SlotLayout[];
  readonly bytes: number;
  /** One past the fields. */
  readonly fieldsEnd: number;
  readonly #slotAt: readonly [number, number];

  constructor(domain: GridDomain, id: number, shared: readonly (readonly number[])[]) {
    const { geometry, fields } = domain;
    const edges: Partial<Record<Centring, HaloEdge[]>> = {};
    const edgesOf = (centring: Centring): HaloEdge[] => {
      edges[centring] ??= haloEdges(geometry, id, centring);
      return edges[centring];
    };
    this.edges = edgesOf('cell');
    this.fieldEdges = fields.map((f) => edgesOf(f.centring));
    this.fields = fieldLayouts(geometry, id, fields);
    const { fieldAt, end } = fieldPlaces(this.fields, fields);
    this.fieldAt = fieldAt;
    this.slots = shared.map(
      (list) => new SlotLayout(list.map((f) => ({ ...fields[f]!, edges: this.fieldEdges[f]! }))),
    );
    const slot = align(Math.max(0, ...this.slots.map((s) => s.bytes)));
    this.fieldsEnd = end;
    this.#slotAt = [end, end + slot];
    this.bytes = end + 2 * slot;
  }

  /** Byte offset of the slot that holds the share for a step. */
  slotAt(step: number): number {
    return this.#slotAt[step & 1]!;
  }
}

/** Layout of every field of part `id`. */
export function fieldLayouts(
  geometry: GridGeometry,
  id: number,
  fields: readonly Pick<FieldInfo, 'centring' | 'components'>[],
): FieldLayout[] {
  const known = new Map<string, FieldLayout>();
  return fields.map(({ centring, components }) => {
    const key = `${centring} ${components}`;
    let layout = known.get(key);
    if (!layout) {
      layout = fieldLayout(boxSize(ownedBox(geometry, id, centring)), geometry.halo, components);
      known.set(key, layout);
    }
    return layout;
  });
}

/** Byte offset of each field's memory in a block, and of what follows them. */
export function fieldPlaces(
  layouts: readonly FieldLayout[],
  fields: readonly Pick<FieldInfo, 'dtype'>[],
): { fieldAt: number[]; end: number } {
  let end = HEADER_BYTES;
  const fieldAt = fields.map((f, k) => {
    const mine = end;
    end += align(layouts[k]!.length * f.dtype.bytes);
    return mine;
  });
  return { fieldAt, end };
}

function align(bytes: number): number {
  return Math.ceil(bytes / ALIGN) * ALIGN;
}
