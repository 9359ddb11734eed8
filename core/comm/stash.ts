import { HaloweaveError } from '../base/errors.js';
import { formatBytes } from '../base/format.js';
import { cellViews } from '../transport/cell-views.js';
import type { CellViews } from '../transport/transport.js';
import { BYTES, CELL_BYTES, CELL_WORDS, CONTEXT, SOURCE, TAG } from '../wire/cell.js';
import { ANY_SOURCE, ANY_TAG } from '../wire/tags.js';
import type { Held } from '../wire/wait.js';

const FIRST_CELLS = 64;
const NONE = -1;

/**
 * The messages that arrived before anyone asked for them, in order of arrival. Records are copied to
 * private memory so that the mailbox has room again; payloads in the heap stay where they are.
 */
export class Stash {
  views: CellViews;
  /** Bytes held: records, and payloads that wait in the heap. */
  bytes = 0;
  count = 0;
  #capacity: number;
  #first = NONE;
  #last = NONE;
  #free = NONE;
  readonly #next: number[] = [];
  readonly #previous: number[] = [];
  readonly #held: number[] = [];

  constructor() {
    this.#capacity = 0;
    this.views = cellViews(new ArrayBuffer(0));
    this.#enlarge(FIRST_CELLS);
  }

  get isEmpty(): boolean {
    return this.#first === NONE;
  }

  /** A free record to fill; `append` or `discard` it. */
  take(): number {
    if (this.#free === NONE) this.#enlarge(this.#capacity * 2);
    const k = this.#free;
    this.#free = this.#next[k]!;
    return k * CELL_WORDS;
  }

  /** Puts a filled record at the end; `held` counts payload bytes outside the record. */
  append(cell: number, held: number): void {
    const k = cell / CELL_WORDS;
    this.#next[k] = NONE;
    this.#previous[k] = this.#last;
    if (this.#last === NONE) this.#first = k;
    else this.#next[this.#last] = k;
    this.#last = k;
    this.#held[k] = held;
    this.bytes += CELL_BYTES + held;
    this.count++;
  }

  discard(cell: number): void {
    const k = cell / CELL_WORDS;
    this.#next[k] = this.#free;
    this.#free = k;
  }

  /** The oldest record that matches, or −1. It stays in the list. */
  find(source: number, tag: number, context: number): number {
    const i32 = this.views.i32;
    for (let k = this.#first; k !== NONE; k = this.#next[k]!) {
      if (matches(i32, k * CELL_WORDS, source, tag, context)) return k * CELL_WORDS;
    }
    return -1;
  }

  /** Shows every record of a context, oldest first. */
  visit(context: number, look: (cell: number) => void): void {
    for (let k = this.#first; k !== NONE; k = this.#next[k]!)
      if (this.views.i32[k * CELL_WORDS + CONTEXT] === context) look(k * CELL_WORDS);
  }

  /** Takes a record out of the list; its words stay readable until the next `take`. */
  remove(cell: number): void {
    const k = cell / CELL_WORDS;
    const before = this.#previous[k]!;
    const after = this.#next[k]!;
    if (before === NONE) this.#first = after;
    else this.#next[before] = after;
    if (after === NONE) this.#last = before;
    else this.#previous[after] = before;
    this.bytes -= CELL_BYTES + this.#held[k]!;
    this.count--;
    this.discard(cell);
  }

  /** Who sent what is held: messages and bytes by source, largest first (for errors). */
  senders(): { source: number; messages: number; bytes: number }[] {
    const by = new Map<number, { source: number; messages: number; bytes: number }>();
    for (let k = this.#first; k !== NONE; k = this.#next[k]!) {
      const source = this.views.i32[k * CELL_WORDS + SOURCE]!;
      const s = by.get(source) ?? { source, messages: 0, bytes: 0 };
      s.messages++;
      s.bytes += this.views.u32[k * CELL_WORDS + BYTES]!;
      by.set(source, s);
    }
    return [...by.values()].sort((a, b) => b.bytes - a.bytes);
  }

  /** How many messages wait, and who sent the oldest. */
  held(): Held {
    if (this.#first === NONE) return { messages: 0, source: -1, tag: -1 };
    const cell = this.#first * CELL_WORDS;
    return { messages: this.count, source: this.views.i32[cell + SOURCE]!, tag: this.views.i32[cell + TAG]! };
  }

  /** Throws, naming the senders, if more than `limit` bytes are held. */
  refuseAbove(limit: number, rank: number): void {
    if (this.bytes <= limit) return;
    const who = this.senders()
      .slice(0, 4)
      .map((s) => `rank ${s.source} (${s.messages} messages, ${formatBytes(s.bytes)})`)
      .join(', ');
    throw new HaloweaveError(
      'unexpected-full',
      `rank ${rank} holds ${formatBytes(this.bytes)} of messages that nobody has received, more than its limit of ${formatBytes(limit)}: from ${who}; receive them, or send less ahead`,
      { rank },
    );
  }

  #enlarge(capacity: number): void {
    const views = cellViews(new ArrayBuffer(capacity * CELL_BYTES));
    views.i32.set(this.views.i32);
    this.views = views;
    for (let k = capacity - 1; k >= this.#capacity; k--) {
      this.#next[k] = this.#free;
      this.#previous[k] = NONE;
      this.#held[k] = 0;
      this.#free = k;
    }
    this.#capacity = capacity;
  }
}

/** Whether a record fits what a receive or probe asks for. */
export function matches(
  i32: Int32Array,
  cell: number,
  source: number,
  tag: number,
  context: number,
): boolean {
  return (
    i32[cell + CONTEXT] === context &&
    (source === ANY_SOURCE || i32[cell + SOURCE] === source) &&
    (tag === ANY_TAG || i32[cell + TAG] === tag)
  );
}
