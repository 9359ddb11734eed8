import { HaloweaveError } from '../../base/errors.js';
import type { Arrival } from '../../comm/channel.js';
import type { Endpoint } from '../../comm/endpoint.js';
import { readShape } from '../../comm/payload.js';
import { NOTHING, type Stage } from '../../comm/staged.js';
import { DTYPES, dtypeInfo } from '../../memory/dtype.js';
import { type Address, type Heap, offsetOf } from '../../memory/heap.js';
import { dtypeCodeOf, Kind, kindOf, MAX_DIMENSIONS, Mode, packKind, SHAPE_BYTES } from '../../wire/cell.js';
import { HALO_CONTEXT } from '../../wire/tags.js';
import type { GraphDomain } from './graph.js';
import { blockBytes, clearHeader, stageAt } from './graph-block.js';
import { EDGE_HEAD_WORDS, EDGES, HEAD_WORDS, padded, STEP } from './graph-messages.js';
import { partName } from './user-error.js';

const WORD = dtypeInfo('i32');
/** In a mirror's counter: nothing has come yet. */
const NEVER = -1;

/** What this rank knows of a part whose owner shares no memory with it. */
interface Mirror {
  owner: number;
  words: Int32Array;
  /** First word of the block. */
  at: number;
  /** By parity: what has come over the edges to this rank's parts, in the order of the part's list. */
  stages: readonly [readonly Stage[], readonly Stage[]];
}

/**
 * Mirrors of the neighbours that lie on ranks which share no memory with this one: a block of this rank's own for
 * each, laid out as the part's, so that whoever reads a neighbour need not know which it is. Every message of the
 * owner (see `graph-messages.ts`) is written there as it arrives, the counter last. A slot is free when it comes: the
 * owner ran step t after all its neighbours had published t, so they had taken in what it shared for t − 1.
 */
export class GraphMirrors {
  readonly #domain: GraphDomain;
  readonly #rank: number;
  readonly #mirrors = new Map<number, Mirror>();

  /**
   * Mirrors what the parts `mine` have as neighbours on ranks that share no memory, and writes the address of each into
   * `blocks`; from now on takes in what arrives.
   */
  constructor(
    heap: Heap,
    domain: GraphDomain,
    mine: readonly number[],
    owner: Int32Array,
    endpoint: Endpoint,
    blocks: Float64Array,
  ) {
    const { transport } = endpoint;
    this.#domain = domain;
    this.#rank = transport.rank;
    for (const number of mine)
      for (const n of domain.neighbours[number]!) {
        if (this.#mirrors.has(n) || transport.sharesMemory(owner[n]!)) continue;
        const address = heap.allocate(blockBytes(domain.neighbours[n]!.length));
        blocks[n] = address;
        this.#mirrors.set(n, mirrorAt(heap, address, domain, n, owner, transport.rank));
      }
    if (this.#mirrors.size > 0) endpoint.listen(HALO_CONTEXT, (arrival) => this.#take(arrival));
  }

  #take(a: Arrival): void {
    const words = a.views[WORD.code] as Int32Array;
    const head = a.offset / WORD.bytes;
    const mirror = this.#mirrors.get(a.tag);
    if (!mirror || mirror.owner !== a.source)
      throw this.#wrong(a, 'is of a partition that is no neighbour there');
    if (a.bytes < HEAD_WORDS * WORD.bytes) throw this.#wrong(a, `has ${a.bytes} bytes`);
    const step = words[head + STEP]!;
    const edges = words[head + EDGES]!;
    const last = mirror.words[mirror.at]!;
    if (step < 0 || (last !== NEVER && step !== last + 1))
      throw this.#wrong(a, `is for step ${step} after step ${last}`);
    const stages = mirror.stages[(step & 1) as 0 | 1];
    if (edges !== 0 && edges !== stages.length)
      throw this.#wrong(a, `has ${edges} edges instead of ${stages.length}`);
    let at = (HEAD_WORDS + edges * EDGE_HEAD_WORDS) * WORD.bytes;
    for (let k = 0; k < edges; k++) {
      const word = words[head + HEAD_WORDS + k * EDGE_HEAD_WORDS]!;
      const bytes = words[head + HEAD_WORDS + k * EDGE_HEAD_WORDS + 1]! >>> 0;
      if (at + padded(bytes) > a.bytes || !makesSense(word, bytes, words, head + at / WORD.bytes))
        throw this.#wrong(a, `says that edge ${k} has ${bytes} bytes of kind ${word}`);
      stages[k]!.copyFrom(word, bytes, a.views, a.offset + at);
      at += padded(bytes);
    }
    if (at !== a.bytes) throw this.#wrong(a, `has ${a.bytes} bytes instead of ${at}`);
    mirror.words[mirror.at] = step;
  }

  #wrong(a: Arrival, what: string): HaloweaveError {
    const id = this.#domain.ids[a.tag];
    const of = id === undefined ? `partition number ${a.tag}` : `partition ${partName(id)}`;
    return new HaloweaveError(
      'format',
      `a share of ${of}, from rank ${a.source} to rank ${this.#rank}, ${what}: both ranks must run the same program and release`,
      { rank: this.#rank, tag: a.tag, ...(id === undefined ? {} : { partition: id }) },
    );
  }
}

function mirrorAt(
  heap: Heap,
  address: Address,
  domain: GraphDomain,
  number: number,
  owner: Int32Array,
  rank: number,
): Mirror {
  const { words } = heap.arenaOf(address);
  const at = offsetOf(address) / WORD.bytes;
  clearHeader(words, at, NEVER);
  const edges = edgesTo(domain, number, owner, rank);
  const stages = (parity: number): Stage[] => edges.map((k) => stageAt(heap, words, at, k, parity));
  return { owner: owner[number]!, words, at, stages: [stages(0), stages(1)] };
}

/** A part's edges to the parts of a rank, in the order of its list. */
export function edgesTo(domain: GraphDomain, number: number, owner: Int32Array, rank: number): number[] {
  return Array.from(domain.neighbours[number]!.keys()).filter(
    (k) => owner[domain.neighbours[number]![k]!] === rank,
  );
}

/** Whether a record that came from elsewhere can be read: no length of it leads out of the payload at `at`. */
function makesSense(word: number, bytes: number, words: Int32Array, at: number): boolean {
  if (word === NOTHING) return bytes === 0;
  const kind = kindOf(word);
  const dtype = DTYPES[dtypeCodeOf(word)];
  if (!dtype || word !== packKind(kind, dtype.code, Mode.block)) return false;
  if (kind === Kind.object) return dtype.name === 'u8' && bytes > 0;
  if (kind === Kind.typed) return bytes % dtype.bytes === 0;
  if (kind !== Kind.ndarray || bytes < SHAPE_BYTES) return false;
  const axes = words[at]!;
  if (axes < 0 || axes > MAX_DIMENSIONS) return false;
  return readShape(words, at).reduce((n, x) => n * x, dtype.bytes) === bytes - SHAPE_BYTES;
}
