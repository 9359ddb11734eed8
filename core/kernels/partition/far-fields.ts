import { HaloweaveError } from '../../base/errors.js';
import { type Arrival, type Fill, sendRaw } from '../../comm/channel.js';
import { dtypeInfo } from '../../memory/dtype.js';
import { type Heap, offsetOf } from '../../memory/heap.js';
import { GATHER_CONTEXT } from '../../wire/tags.js';
import type { Relay } from '../relay.js';
import { fieldLayouts, fieldPlaces, MEMORIES } from './blocks.js';
import type { GridDomain } from './grid.js';
import { OwnedCells } from './owned-cells.js';
import type { OwnedPart } from './owned-part.js';

const F64 = dtypeInfo('f64').code;
/** Bytes before a part's cells: as doubles, the number of the field, and of the part's message with it. */
const HEADER = 16;

/**
 * The final state's fields on their way to rank 0's host, field by field, when rank 0 wants one: it asks every rank there
 * is on other hosts, which answers with messages of up to 1 MiB. What has come lies in copies of the parts' blocks without
 * slots, so that it is gathered as if it had been computed here.
 */
export class FarFields {
  readonly #domain: GridDomain;
  readonly #owner: Int32Array;
  readonly #relay: Relay;
  readonly #heap: Heap;
  readonly #parts: readonly OwnedPart[];
  /** Ranks of other hosts that own parts, and parts of other hosts. */
  readonly #ranks: readonly number[];
  readonly #away: readonly number[];
  /** On rank 0: fields that are here; parts that are missing of the one asked for. */
  readonly #here = new Set<number>();
  #missing = 0;
  /** On rank 0, by part and field: first byte in the copy, and elements. */
  readonly #copies = new Map<number, { at: number; length: number }[]>();
  /** On other ranks: fields asked for, in order; the number of fields when no more will be. */
  readonly #asked: number[] = [];
  /** By part: address of its block, or of the copy of it. */
  readonly blocks: Float64Array;

  constructor(
    domain: GridDomain,
    blocks: Float64Array,
    owner: Int32Array,
    parts: readonly OwnedPart[],
    heap: Heap,
    relay: Relay,
  ) {
    this.#domain = domain;
    this.#owner = owner;
    this.#relay = relay;
    this.#heap = heap;
    this.#parts = parts;
    const { hosts, endpoint } = relay;
    this.#ranks = [...new Set(owner)].filter((rank) => !hosts.near(rank));
    this.#away = [...owner.keys()].filter((part) => !hosts.near(owner[part]!));
    this.blocks = blocks.slice();
    if (endpoint.transport.rank === 0) {
      for (const part of this.#away) this.blocks[part] = this.#copyOf(part);
      endpoint.listen(GATHER_CONTEXT, (a) => this.#take(a));
    } else
      endpoint.listen(GATHER_CONTEXT, (a) => {
        this.#asked.push(a.tag);
      });
  }

  /** On rank 0: brings a field here, unless it is. Waits for those who answer. */
  bring(field: number): void {
    if (this.#here.has(field)) return;
    this.#missing = this.#away.length;
    this.#ask(field);
    this.#relay.waitUntil(() => this.#missing === 0, 'gather');
    this.#here.add(field);
  }

  /** Rank 0 will ask no more, and says so; the others answer until then. */
  end(): void {
    const { rank } = this.#relay.endpoint.transport;
    const last = this.#domain.fields.length;
    if (rank === 0) this.#ask(last);
    else if (this.#ranksAsked(rank)) {
      let ended = false;
      this.#relay.waitUntil(() => {
        for (let f = this.#asked.shift(); f !== undefined; f = this.#asked.shift())
          if (f === last) ended = true;
          else this.#answer(f);
        return ended;
      }, 'gather');
    }
  }

  /** Whether rank 0 asks a rank: one of another host that has parts. */
  #ranksAsked(rank: number): boolean {
    return !this.#relay.hosts.near(0) && this.#owner.includes(rank);
  }

  #ask(tag: number): void {
    for (const rank of this.#ranks) sendRaw(this.#relay.endpoint, rank, tag, GATHER_CONTEXT, 0, () => {});
  }

  #answer(field: number): void {
    for (const part of this.#parts) {
      const cells = new OwnedCells(this.#domain, part.id, [field]);
      let message = 0;
      const fill: Fill = (views, offset) => {
        views[F64]![offset / 8] = field;
        views[F64]![offset / 8 + 1] = message;
        cells.pack(message, part.object._arrays[field]!.data, views, offset + HEADER);
      };
      for (; message < cells.bytes.length; message++)
        sendRaw(this.#relay.endpoint, 0, part.id, GATHER_CONTEXT, HEADER + cells.bytes[message]!, fill);
    }
  }

  #take(a: Arrival): void {
    const whole = a.bytes >= HEADER;
    const field = whole ? (a.views[F64]![a.offset / 8] as number) : -1;
    const message = whole ? (a.views[F64]![a.offset / 8 + 1] as number) : -1;
    const part = a.tag;
    const info = this.#domain.fields[field];
    const known = info !== undefined && part < this.#owner.length && this.#owner[part] === a.source;
    const cells = known ? new OwnedCells(this.#domain, part, [field]) : null;
    if (!cells || a.bytes !== HEADER + (cells.bytes[message] ?? -1))
      throw new HaloweaveError(
        'format',
        `rank ${a.source} sent ${a.bytes} bytes as field ${field} of partition ${part}, which is not its part of it`,
        { partition: part },
      );
    const address = this.blocks[part]!;
    const { create } = info!.dtype;
    const { buffer } = this.#heap.arenaOf(address);
    const { at, length } = this.#copies.get(part)![field]!;
    const to = new create(buffer, offsetOf(address) + at, length);
    cells.unpack(message, a.views, a.offset + HEADER, to);
    // Messages of a part come in order.
    if (message === cells.bytes.length - 1) this.#missing--;
  }

  /** A block for a part's fields, each in the memory of its own number. */
  #copyOf(part: number): number {
    const { geometry, fields } = this.#domain;
    const layouts = fieldLayouts(geometry, part, fields);
    const { fieldAt, end } = fieldPlaces(layouts, fields);
    this.#copies.set(
      part,
      layouts.map(({ length }, f) => ({ at: fieldAt[f]!, length })),
    );
    const address = this.#heap.allocate(end);
    const { words } = this.#heap.arenaOf(address);
    for (let f = 0; f < fields.length; f++) words[offsetOf(address) / 4 + MEMORIES + f] = f;
    return address;
  }
}
