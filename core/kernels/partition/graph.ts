import { HaloweaveError } from '../../base/errors.js';
import { pointOrder } from '../../decomposition/points.js';
import type { PartId } from './kernel-part.js';
import { partName } from './user-error.js';

/** One partition of a graph, as `graph` takes it. */
export interface GraphPartSpec {
  /** A string or a whole number, the partition's own. */
  id: PartId;
  /** Ids of the partitions that it exchanges data with, each once; the partition itself may be one of them. */
  neighbours: readonly PartId[];
  /** Vertices (or whatever a cycle updates) of the partition, for the summary (default 1). */
  cells?: number;
  /** What a cycle of it costs, relative to the others: ranks get equal shares (default: its cells). */
  weight?: number;
  /** Where it lies, one coordinate an axis: parts that lie together are placed together. */
  position?: readonly number[];
}

/** What `graph` takes. */
export interface GraphSpec {
  /** All partitions, each once. */
  parts: readonly GraphPartSpec[];
}

/** Partitions and who is whose neighbour: pure data, the same on every rank. Parts are numbered as they were listed. */
export interface GraphDomain {
  /** Tells it from a grid. */
  readonly kind: 'graph';
  /** Number of partitions. */
  readonly parts: number;
  /** Vertices of all partitions together. */
  readonly cells: number;
  /** By part: its id. */
  readonly ids: readonly PartId[];
  /** By part: its vertices. */
  readonly cellsOf: readonly number[];
  /** By part: what a cycle of it costs. */
  readonly weights: readonly number[];
  /** By part: the numbers of its neighbours, in the order of its list. */
  readonly neighbours: readonly Int32Array[];
  /** By part and neighbour: the part's place in that neighbour's list. */
  readonly places: readonly Int32Array[];
  /** The order in which parts are handed to ranks. */
  readonly order: Int32Array;
}

/**
 * A domain of any form: partitions with ids, and for each the ids of its neighbours. Parts may be listed
 * in any order; ranks get consecutive parts of equal weight, along a Hilbert curve through the positions
 * if all parts have one, else in the order of the list. Neighbourship is symmetric. Pure and deterministic,
 * O(parts + edges); every rank holds the whole list.
 * @throws HaloweaveError 'partition' for an id given twice, a neighbour that does not exist, is named twice
 *   or does not name the part in return; 'argument' for a weight, cell count, id or position that is none.
 */
export function graph(spec: GraphSpec): GraphDomain {
  const list = spec?.parts;
  if (!Array.isArray(list) || list.length === 0)
    throw new HaloweaveError(
      'argument',
      "graph needs at least one partition: graph({ parts: [{ id: 'a', neighbours: [] }, …] })",
    );
  const parts = list as readonly GraphPartSpec[];
  const numbers = numbered(parts);
  const neighbours = parts.map((p) => neighboursOf(p, numbers));
  const listed = neighbours.map((those) => new Map(Array.from(those, (n, k) => [n, k])));
  const places = neighbours.map((those, me) => those.map((n) => placeIn(listed[n]!, me, n, parts)));
  const cellsOf = parts.map((p) => {
    const cells = p.cells ?? 1;
    if (Number.isSafeInteger(cells) && cells >= 0) return cells;
    throw wrong(p.id, `has ${cells} cells: use a whole number of 0 or more`);
  });
  const weights = parts.map((p, k) => {
    const weight = p.weight ?? cellsOf[k]!;
    if (Number.isFinite(weight) && weight >= 0) return weight;
    throw wrong(p.id, `has the weight ${weight}: use a finite number of 0 or more`);
  });
  return {
    kind: 'graph',
    parts: parts.length,
    cells: cellsOf.reduce((a, b) => a + b, 0),
    ids: parts.map((p) => p.id),
    cellsOf,
    weights,
    neighbours,
    places,
    order: placement(parts),
  };
}

function wrong(id: PartId, what: string): HaloweaveError {
  return new HaloweaveError('argument', `partition ${partName(id)} ${what}`, { partition: id });
}

function numbered(parts: readonly GraphPartSpec[]): Map<PartId, number> {
  const numbers = new Map<PartId, number>();
  parts.forEach((p, k) => {
    const id = p?.id;
    if (typeof id !== 'string' && !Number.isSafeInteger(id))
      throw new HaloweaveError(
        'argument',
        `entry ${k} of graph's parts has the id ${String(id)}: use a string or a whole number`,
      );
    const before = numbers.get(id);
    if (before !== undefined)
      throw new HaloweaveError(
        'partition',
        `partition ${partName(id)} is given twice, as entries ${before} and ${k} of graph's parts: every id has one owner`,
        { partition: id },
      );
    numbers.set(id, k);
  });
  return numbers;
}

function neighboursOf({ id, neighbours }: GraphPartSpec, numbers: Map<PartId, number>): Int32Array {
  if (!Array.isArray(neighbours))
    throw wrong(id, 'has no list of neighbours: give neighbours: [ids …], empty if it has none');
  const seen = new Set<PartId>();
  return Int32Array.from(neighbours as readonly PartId[], (n) => {
    const number = numbers.get(n);
    if (number === undefined)
      throw new HaloweaveError(
        'partition',
        `partition ${partName(id)} names ${partName(n)} as neighbour, but there is no partition ${partName(n)}${otherType(n, numbers)}`,
        { partition: id },
      );
    if (seen.has(n))
      throw new HaloweaveError(
        'partition',
        `partition ${partName(id)} names ${partName(n)} twice as neighbour: name it once, and share everything for it at once`,
        { partition: id },
      );
    seen.add(n);
    return number;
  });
}

/** The commonest cause of an unknown id: 3 is not '3'. */
function otherType(id: PartId, numbers: Map<PartId, number>): string {
  const other = typeof id === 'string' ? Number(id) : String(id);
  return numbers.has(other) ? `; there is ${partName(other)}, a ${typeof other}` : '';
}

function placeIn(
  theirs: Map<number, number>,
  me: number,
  neighbour: number,
  parts: readonly GraphPartSpec[],
): number {
  const place = theirs.get(me);
  if (place !== undefined) return place;
  const [a, b] = [partName(parts[me]!.id), partName(parts[neighbour]!.id)];
  throw new HaloweaveError(
    'partition',
    `partition ${a} names ${b} as neighbour, but ${b} does not name ${a}: list it on both sides`,
    { partition: parts[me]!.id },
  );
}

function placement(parts: readonly GraphPartSpec[]): Int32Array {
  const first = parts[0]!;
  for (const p of parts) {
    if ((p.position === undefined) !== (first.position === undefined)) {
      const [has, none] = p.position === undefined ? [first, p] : [p, first];
      throw wrong(none.id, `has no position, but ${partName(has.id)} has: give one to all or to none`);
    }
    if (p.position === undefined) continue;
    if (p.position.length < 1 || !p.position.every(Number.isFinite))
      throw wrong(p.id, `has the position [${p.position.join(', ')}]: use finite numbers, one an axis`);
    if (p.position.length !== first.position!.length)
      throw wrong(
        p.id,
        `has a position of ${p.position.length} axes, but that of ${partName(first.id)} has ${first.position!.length}`,
      );
  }
  if (first.position === undefined) return Int32Array.from(parts, (_, k) => k);
  return pointOrder(parts.map((p) => p.position!));
}
