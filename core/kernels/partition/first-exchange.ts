import type { Communicator } from '../../comm/communicator.js';
import { boxVolume } from '../../decomposition/box.js';
import type { TypedArray } from '../../memory/dtype.js';
import type { Hosts } from '../hosts.js';
import type { BlockLayout } from './blocks.js';
import type { GridDomain } from './grid.js';
import type { OwnedPart } from './owned-part.js';
import type { PlanCache } from './plan-cache.js';

/** No other message of a kernel program has a tag. */
const TAG = 0;

/**
 * Fills the halos of all fields from parts on other hosts: one message to and from each rank there that owns neighbours
 * of this rank's parts, with the cells of all fields. Between two moments when nobody writes; before what lies beyond
 * the grid is filled. Collective.
 */
export function exchangeAll(
  parts: readonly OwnedPart[],
  domain: GridDomain,
  cache: PlanCache,
  owner: Int32Array,
  hosts: Hosts,
  comm: Communicator,
): void {
  const mine = new Map([...parts].sort((a, b) => a.id - b.id).map((p) => [p.id, p]));
  /** By rank: its parts that have neighbours here. Neighbourship is symmetric. */
  const theirs = new Map<number, Set<number>>();
  for (const p of parts)
    for (const { neighbour } of cache.layout(p.id).edges) {
      const rank = owner[neighbour]!;
      if (hosts.near(rank)) continue;
      theirs.set(rank, (theirs.get(rank) ?? new Set<number>()).add(neighbour));
    }
  const sends = [...theirs.keys()].map((rank) => {
    const bytes = new Uint8Array(
      [...mine.keys()].reduce((n, id) => n + sizeFor(domain, cache.layout(id), owner, rank), 0),
    );
    let at = 0;
    for (const [id, part] of mine)
      at = eachPiece(domain, cache.layout(id), owner, rank, at, (field, edge, from, count) =>
        part.packEdge(field, edge, view(domain, field, bytes, from, count)),
      );
    return comm.isend(bytes, rank, TAG);
  });
  for (const [rank, ids] of theirs) {
    const sorted = [...ids].sort((a, b) => a - b);
    const bytes = new Uint8Array(
      sorted.reduce((n, id) => n + sizeFor(domain, cache.layout(id), owner, comm.rank), 0),
    );
    comm.recvInto(bytes, rank, TAG);
    let at = 0;
    for (const id of sorted) {
      const { edges } = cache.layout(id);
      at = eachPiece(domain, cache.layout(id), owner, comm.rank, at, (field, edge, from, count) => {
        const { neighbour, opposite } = edges[edge]!;
        mine.get(neighbour)!.unpackEdge(field, opposite, view(domain, field, bytes, from, count));
      });
    }
  }
  for (const s of sends) s.wait();
}

/**
 * Visits what a part sends to a rank, in the order in which it travels: pieces begin at multiples of 8 bytes. Gives the
 * byte after them.
 */
function eachPiece(
  domain: GridDomain,
  layout: BlockLayout,
  owner: Int32Array,
  rank: number,
  start: number,
  visit: (field: number, edge: number, at: number, count: number) => void,
): number {
  let at = start;
  domain.fields.forEach(({ dtype, components }, f) => {
    layout.fieldEdges[f]!.forEach((e, k) => {
      if (owner[e.neighbour] !== rank) return;
      const count = boxVolume(e.send) * components;
      visit(f, k, at, count);
      at += Math.ceil((count * dtype.bytes) / 8) * 8;
    });
  });
  return at;
}

function sizeFor(domain: GridDomain, layout: BlockLayout, owner: Int32Array, rank: number): number {
  return eachPiece(domain, layout, owner, rank, 0, () => {});
}

function view(domain: GridDomain, field: number, bytes: Uint8Array, at: number, count: number): TypedArray {
  return new domain.fields[field]!.dtype.create(bytes.buffer as ArrayBuffer, at, count);
}
