import { type Heap, offsetOf } from '../memory/heap.js';

/** What an event of a trace is. */
export const TraceKind = {
  /** A workunit: part, cycle, phase, step. */
  workunit: 0,
  /** Bringing a part's halos up to date for a step: part, cycle, phase, step. */
  unpack: 1,
  /** Publishing a part's share for a step: part, cycle, phase, step. */
  publish: 2,
  /** Parked until woken: number of the name of the call, rank waited for, tag (−1 for any, or none). */
  wait: 3,
  /** A message put into a mailbox: destination, tag, context, bytes, its number among those of this pair. */
  send: 4,
  /** A message taken out of the mailbox: source, tag, context, bytes, its number among those of this pair. */
  receive: 5,
  /** A call of the communicator: number of its name, 1 for a collective. */
  call: 6,
} as const;

/** One thing that a rank did, in ms since the trace began. */
export interface TraceEvent {
  kind: number;
  start: number;
  end: number;
  a: number;
  b: number;
  c: number;
  d: number;
  e: number;
}

/** Doubles of a record: start, end, and six integers. */
const RECORD = 5;
const NAMES = 128;
const NAME_BYTES = 32;
// Doubles of the header, then the table of names.
const COUNT = 0;
// Where in the heap the table of parts lies, as JSON.
const PARTS_ADDRESS = 1;
const PARTS_BYTES = 2;
const NAMED = 3;
const NAMES_AT = 8;
const HEADER = NAMES_AT + (NAMES * NAME_BYTES) / 8;

/** Events a rank keeps by default: 10 MiB, and about 40 MB in the file; a viewer opens some hundreds of MB. */
export const DEFAULT_EVENTS = 2 ** 18;

/**
 * One rank's events in memory that it shares with the host, so that they are there however the rank ends. Bounded:
 * the newest stay, and the rest is counted. One writer; a reader comes when the writer has ended.
 *
 * Times are of the machine's monotonic clock, which all threads share. `performance.timeOrigin` is not enough: each
 * thread takes its own from the wall clock, and arrows between ranks could point backwards.
 */
export class TraceRing {
  readonly capacity: number;
  readonly #f64: Float64Array;
  readonly #i32: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #heap: Heap;
  readonly #shift: number;
  readonly #known = new Map<string, number>();
  #count: number;
  #at: number;

  /** `origin`: where the trace's time begins, by `monotonic()`. */
  constructor(buffer: SharedArrayBuffer, heap: Heap, origin: number) {
    this.#f64 = new Float64Array(buffer);
    this.#i32 = new Int32Array(buffer);
    this.#bytes = new Uint8Array(buffer);
    this.#heap = heap;
    this.capacity = (this.#f64.length - HEADER) / RECORD;
    this.#count = this.#f64[COUNT]!;
    this.#at = this.#count % this.capacity;
    this.#shift = clockShift() - origin;
  }

  static create(events: number): SharedArrayBuffer {
    return new SharedArrayBuffer((HEADER + events * RECORD) * 8);
  }

  /** The time, in ms since the trace began. */
  now(): number {
    return performance.now() + this.#shift;
  }

  /** Notes what went on from `start` until now. */
  note(kind: number, start: number, a = 0, b = 0, c = 0, d = 0, e = 0): void {
    const f = this.#f64;
    const w = this.#i32;
    const at = HEADER + this.#at * RECORD;
    const ints = (at + 2) * 2;
    f[at] = start;
    f[at + 1] = performance.now() + this.#shift;
    w[ints] = kind;
    w[ints + 1] = a;
    w[ints + 2] = b;
    w[ints + 3] = c;
    w[ints + 4] = d;
    w[ints + 5] = e;
    this.#at = this.#at + 1 === this.capacity ? 0 : this.#at + 1;
    // Last: what is counted is whole, also when this thread is ended from outside.
    f[COUNT] = ++this.#count;
  }

  workunit(start: number, part: number, cycle: number, phase: number, step: number): void {
    this.note(TraceKind.workunit, start, part, cycle, phase, step);
  }
  unpacked(start: number, part: number, cycle: number, phase: number, step: number): void {
    this.note(TraceKind.unpack, start, part, cycle, phase, step);
  }
  published(start: number, part: number, cycle: number, phase: number, step: number): void {
    this.note(TraceKind.publish, start, part, cycle, phase, step);
  }

  /** The number under which events refer to a name; the first 128 have one, the others share "others". */
  name(text: string): number {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const k = this.#known.size;
    // The last place is for the name that all further ones share.
    if (k >= NAMES - 1 && text !== OTHERS) return this.name(OTHERS);
    new TextEncoder().encodeInto(text, this.#bytes.subarray(nameAt(k), nameAt(k + 1)));
    this.#known.set(text, k);
    this.#f64[NAMED] = k + 1;
    return k;
  }

  /** Pairs of a part of this rank and a neighbour of it on another rank; names of parts that are not called by their numbers. */
  parts(neighbours: readonly number[], names: readonly [number, string | number][]): void {
    const table: PartsTable = { neighbours, names: names.filter(([n, name]) => n !== name) };
    const bytes = new TextEncoder().encode(JSON.stringify(table));
    const address = this.#heap.allocate(bytes.length);
    new Uint8Array(this.#heap.arenaOf(address).buffer, offsetOf(address), bytes.length).set(bytes);
    this.#f64[PARTS_ADDRESS] = address;
    this.#f64[PARTS_BYTES] = bytes.length;
  }

  /** What the host reads when the rank has ended. */
  read(): RankTrace {
    const count = this.#f64[COUNT]!;
    const kept = Math.min(count, this.capacity);
    const decoder = new TextDecoder();
    // A decoder refuses shared memory: copied first.
    const calls = Array.from({ length: this.#f64[NAMED]! }, (_, k) =>
      decoder.decode(this.#bytes.slice(nameAt(k), nameAt(k + 1))).replace(/\0+$/, ''),
    );
    const bytes = this.#f64[PARTS_BYTES]!;
    const address = this.#f64[PARTS_ADDRESS]!;
    const parts: PartsTable =
      bytes === 0
        ? { neighbours: [], names: [] }
        : (JSON.parse(
            decoder.decode(
              new Uint8Array(this.#heap.arenaOf(address).buffer, offsetOf(address), bytes).slice(),
            ),
          ) as PartsTable);
    return {
      calls,
      parts,
      dropped: count - kept,
      count: kept,
      event: (k) => this.#event((count - kept + k) % this.capacity),
    };
  }

  #event(record: number): TraceEvent {
    const at = HEADER + record * RECORD;
    const [kind = 0, a = 0, b = 0, c = 0, d = 0, e = 0] = this.#i32.subarray((at + 2) * 2, (at + RECORD) * 2);
    return { kind, start: this.#f64[at]!, end: this.#f64[at + 1]!, a, b, c, d, e };
  }
}

interface PartsTable {
  /** Pairs of an own part and a neighbour of it on another rank. */
  neighbours: readonly number[];
  /** Numbers and names of parts that have a name. */
  names: readonly [number, string | number][];
}

/** One rank's part of a trace. */
export interface RankTrace {
  /** Names of calls. */
  calls: string[];
  parts: PartsTable;
  /** Events that were overwritten by newer ones. */
  dropped: number;
  count: number;
  /** Event k of those kept, in the order in which they ended. */
  event(k: number): TraceEvent;
}

/** The machine's monotonic clock in ms, the same in all threads. */
export function monotonic(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** Looks at both clocks; the first few run in the interpreter. */
const LOOKS = 32;

/**
 * What to add to this thread's `performance.now()` for the monotonic clock. A thread that is put aside between two looks
 * would be wrong by as much: of many tries the one counts whose looks lie closest together.
 */
function clockShift(): number {
  let best = Number.POSITIVE_INFINITY;
  let shift = 0;
  for (let k = 0; k < LOOKS; k++) {
    const before = performance.now();
    const there = monotonic();
    const after = performance.now();
    if (after - before >= best) continue;
    best = after - before;
    shift = there - (before + after) / 2;
  }
  return shift;
}

const OTHERS = 'others';

function nameAt(k: number): number {
  return NAMES_AT * 8 + k * NAME_BYTES;
}
