import { HaloweaveError } from '../../base/errors.js';
import { CELL_WORDS } from '../../wire/cell.js';
import { boardSlotBytes } from '../shared-board.js';

/** Records a mailbox: enough that a burst of small messages never blocks, small enough to stay in a cache. */
export const DEFAULT_CELLS = 256;
/** Most ranks of a run: the bits of a waiter mask. */
export const MAX_RANKS = 1024;
/** Two cache lines: adjacent-line prefetch makes neighbouring lines one for false sharing. */
const LINE_WORDS = 32;

// Words of the common header, a line each where ranks write them.
export const ABORT_AT = 0;
export const EPOCH_AT = 1;
/** 1 while a rank writes what its program prints. */
export const PRINT_AT = 2;
/** Rank + 1 whose printed line has not ended yet; 0 if none. */
export const OPEN_LINE_AT = 3;
const ARRIVED_AT = LINE_WORDS;
const GENERATION_AT = 2 * LINE_WORDS;
/** What a rank's park word is for a rank, this is for the host's main thread where ranks are on several hosts. */
export const DOORBELL_AT = 3 * LINE_WORDS;
const COMMON_WORDS = 4 * LINE_WORDS;

// Lines of a mailbox header.
const TAIL = 0;
const HEAD = LINE_WORDS;
const PARK = 2 * LINE_WORDS;
const WAITING = 3 * LINE_WORDS;
const MASK = WAITING + 1;
const WAIT = 3 * LINE_WORDS + Math.ceil((1 + MAX_RANKS / 32) / LINE_WORDS) * LINE_WORDS;
const BOX_HEADER_WORDS = WAIT + LINE_WORDS;

/** Most records of all mailboxes of a host whose run is on several hosts: 8 MiB. */
const NETWORK_RECORDS = 65_536;

/** Where a run's ranks are, as one of its hosts sees it. */
export interface Placement {
  /** By rank: its host. */
  readonly hostOf: Int32Array;
  /** The host whose memory this is. */
  readonly host: number;
}

/** Records a mailbox when ranks are on several hosts, each of which has one for every rank: fewer when these are many. */
export function cellsFor(ranks: number): number {
  let cells = DEFAULT_CELLS;
  while (cells * ranks > NETWORK_RECORDS) cells /= 2;
  return cells;
}

/**
 * Word positions in the memory that the ranks of one host share for control; arithmetic only. It has a mailbox for
 * every rank of the run. That of a rank of another host is its proxy: the host's main thread empties it, and is woken
 * by one word for all of them.
 */
export class ControlLayout {
  readonly ranks: number;
  readonly cells: number;
  readonly placement: Placement | null;
  readonly arrived = ARRIVED_AT;
  readonly generation = GENERATION_AT;
  /** First word of the collectives' slots. */
  readonly slots: number;
  readonly #boxWords: number;

  constructor(ranks: number, cells: number = DEFAULT_CELLS, placement: Placement | null = null) {
    if (!(Number.isInteger(ranks) && ranks >= 1 && ranks <= MAX_RANKS))
      throw new HaloweaveError(
        'usage',
        `${ranks} ranks on one host: use a whole number from 1 to ${MAX_RANKS}`,
      );
    if (!(Number.isInteger(cells) && cells >= 2 && (cells & (cells - 1)) === 0))
      throw new HaloweaveError('argument', `a mailbox of ${cells} records: use a power of two, 2 or more`);
    this.ranks = ranks;
    this.cells = cells;
    this.placement = placement;
    this.#boxWords = BOX_HEADER_WORDS + cells * CELL_WORDS;
    this.slots = COMMON_WORDS + ranks * this.#boxWords;
  }

  get bytes(): number {
    return this.slots * 4 + boardSlotBytes(this.ranks);
  }

  tail(rank: number): number {
    return this.#box(rank) + TAIL;
  }
  head(rank: number): number {
    return this.#box(rank) + HEAD;
  }
  /** The word through which a rank, or whoever empties its proxy, is woken. */
  park(rank: number): number {
    return this.isLocal(rank) ? this.#box(rank) + PARK : DOORBELL_AT;
  }
  /** False for a rank whose mailbox is a proxy. */
  isLocal(rank: number): boolean {
    const { placement } = this;
    return placement === null || placement.hostOf[rank] === placement.host;
  }
  /** 1 while any bit of the waiter mask may be set. */
  waiting(rank: number): number {
    return this.#box(rank) + WAITING;
  }
  mask(rank: number): number {
    return this.#box(rank) + MASK;
  }
  /** Where a rank says what it waits for (see waits.ts): one line. */
  wait(rank: number): number {
    return this.#box(rank) + WAIT;
  }
  firstCell(rank: number): number {
    return this.#box(rank) + BOX_HEADER_WORDS;
  }

  #box(rank: number): number {
    return COMMON_WORDS + rank * this.#boxWords;
  }
}

/** Fresh control memory: empty mailboxes, generation 0. */
export function createControl(ranks: number, cells: number = DEFAULT_CELLS, epoch = 1): SharedArrayBuffer {
  const layout = new ControlLayout(ranks, cells);
  const buffer = new SharedArrayBuffer(layout.bytes);
  const i32 = new Int32Array(buffer);
  i32[EPOCH_AT] = epoch;
  for (let r = 0; r < ranks; r++)
    for (let c = 0; c < cells; c++) i32[layout.firstCell(r) + c * CELL_WORDS] = c;
  return buffer;
}
