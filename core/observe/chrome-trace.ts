import { type RankTrace, type TraceEvent, TraceKind } from './trace-ring.js';

/** What the file says about itself. */
export interface TraceHead {
  program: string;
  transport: string;
}

/** Slices of a rank in the order of their beginning, the outer before the inner. */
interface Row {
  rank: number;
  trace: RankTrace;
  order: Uint32Array;
}

/** Text that is handed out at once. */
const CHUNK = 1 << 18;

/**
 * A run as a Chrome trace (Trace Event Format, JSON object form), which Perfetto and chrome://tracing open: one
 * row a rank, slices in µs since the run began. Arrows ("flow events") go from a message's sending to its being taken out
 * of the mailbox, and from a part's publishing to the unpacking by a neighbour on another rank. An arrow whose
 * other end has been overwritten, or has not happened, is left out. Gives the text in pieces.
 */
export function* chromeTrace(ranks: readonly RankTrace[], head: TraceHead): Generator<string> {
  const dropped = ranks.map((r) => r.dropped);
  const other = { ...head, ranks: ranks.length, droppedEvents: dropped };
  let text = `{"displayTimeUnit":"ms","otherData":${JSON.stringify(other)},"traceEvents":[\n`;
  text += JSON.stringify({
    ph: 'M',
    name: 'process_name',
    pid: 1,
    args: { name: `haloweave ${head.program}` },
  });
  for (let r = 0; r < ranks.length; r++) {
    const lost = dropped[r]! > 0 ? ` (the last ${ranks[r]!.count} events, ${dropped[r]} dropped)` : '';
    text += `,\n${JSON.stringify({ ph: 'M', name: 'thread_name', pid: 1, tid: r, args: { name: `rank ${r}${lost}` } })}`;
    text += `,\n${JSON.stringify({ ph: 'M', name: 'thread_sort_index', pid: 1, tid: r, args: { sort_index: r } })}`;
  }
  const rows = ranks.map((trace, rank) => ({ rank, trace, order: inOrder(trace) }));
  for (const events of [slices(rows), arrows(rows)])
    for (const e of events) {
      text += `,\n${e}`;
      if (text.length < CHUNK) continue;
      yield text;
      text = '';
    }
  yield `${text}\n]}\n`;
}

function inOrder(trace: RankTrace): Uint32Array {
  const events = Array.from({ length: trace.count }, (_, k) => trace.event(k));
  // Of two that begin together the longer is the outer one; of two that also end together the one that was noted later.
  return Uint32Array.from(events.keys()).sort(
    (x, y) => events[x]!.start - events[y]!.start || events[y]!.end - events[x]!.end || y - x,
  );
}

function* slices(rows: readonly Row[]): Generator<string> {
  for (const { rank, trace, order } of rows) {
    const names = new Map(trace.parts.names);
    for (const k of order) {
      const e = trace.event(k);
      const { name, cat, args } = describe(e, trace.calls, names);
      yield `{"ph":"X","name":${JSON.stringify(name)},"cat":"${cat}","pid":1,"tid":${rank},"ts":${microseconds(e.start)},"dur":${duration(e)}${args ? `,"args":${JSON.stringify(args)}` : ''}}`;
    }
  }
}

type Args = Record<string, string | number>;

function describe(
  e: TraceEvent,
  calls: readonly string[],
  parts: ReadonlyMap<number, string | number>,
): { name: string; cat: string; args?: Args } {
  const part: Args = { partition: parts.get(e.a) ?? e.a, cycle: e.b, phase: e.c };
  const message = (end: string): Args => ({ [end]: e.a, tag: e.b, context: e.c, bytes: e.d >>> 0 });
  switch (e.kind) {
    case TraceKind.workunit:
      return { name: 'workunit', cat: 'compute', args: part };
    case TraceKind.unpack:
      return { name: 'unpack', cat: 'halo', args: part };
    case TraceKind.publish:
      return { name: 'publish', cat: 'halo', args: part };
    case TraceKind.wait:
      return { name: 'wait', cat: 'wait', args: { for: calls[e.a]!, peer: e.b, tag: e.c } };
    case TraceKind.send:
      return { name: 'message out', cat: 'message', args: message('to') };
    case TraceKind.receive:
      return { name: 'message in', cat: 'message', args: message('from') };
    default:
      return { name: calls[e.a]!, cat: e.b === 1 ? 'collective' : 'message' };
  }
}

/** Pairs of a beginning and an end, each in the middle of its slice, so that a viewer finds the slice. */
function* arrows(rows: readonly Row[]): Generator<string> {
  let id = 0;
  const pair = function* (name: string, from: Found, to: Found): Generator<string> {
    id++;
    const common = (ph: string, { rank, at }: Found): string =>
      `{"ph":"${ph}","name":"${name}","cat":"${name}","id":${id},"pid":1,"tid":${rank},"ts":${microseconds(at)}`;
    yield `${common('s', from)}}`;
    yield `${common('f', to)},"bp":"e"}`;
  };
  const sent = index(
    rows,
    TraceKind.send,
    (rank, e) => `${rank} ${e.a}`,
    (e) => e.e,
  );
  const published = index(
    rows,
    TraceKind.publish,
    (_, e) => `${e.a}`,
    (e) => e.d,
  );
  for (const { rank, trace } of rows) {
    const neighbours = new Map<number, number[]>();
    const pairs = trace.parts.neighbours;
    for (let k = 0; k < pairs.length; k += 2) {
      const [part, neighbour] = [pairs[k]!, pairs[k + 1]!];
      neighbours.set(part, [...(neighbours.get(part) ?? []), neighbour]);
    }
    for (let k = 0; k < trace.count; k++) {
      const e = trace.event(k);
      const to = { rank, at: middle(e) };
      if (e.kind === TraceKind.receive) {
        const from = sent.get(`${e.a} ${rank}`)?.get(e.e);
        if (from) yield* pair('message', from, to);
      } else if (e.kind === TraceKind.unpack)
        for (const neighbour of neighbours.get(e.a) ?? []) {
          const from = published.get(`${neighbour}`)?.get(e.d);
          if (from) yield* pair('halo', from, to);
        }
    }
  }
}

interface Found {
  rank: number;
  at: number;
}

/** Events of one kind by a key and a number. */
function index(
  rows: readonly Row[],
  kind: number,
  key: (rank: number, e: TraceEvent) => string,
  number: (e: TraceEvent) => number,
): Map<string, Map<number, Found>> {
  const all = new Map<string, Map<number, Found>>();
  for (const { rank, trace } of rows)
    for (let k = 0; k < trace.count; k++) {
      const e = trace.event(k);
      if (e.kind !== kind) continue;
      const name = key(rank, e);
      const list = all.get(name) ?? new Map<number, Found>();
      all.set(name, list);
      list.set(number(e), { rank, at: middle(e) });
    }
  return all;
}

function middle(e: TraceEvent): number {
  return (e.start + e.end) / 2;
}

/** Nanoseconds are kept: an empty workunit takes less than a microsecond. */
function microseconds(ms: number): string {
  return (Math.round(ms * 1e6) / 1e3).toFixed(3);
}

/** The difference of two rounded times, so that a slice ends where the next begins and never after its outer one. */
function duration(e: TraceEvent): string {
  return ((Math.round(e.end * 1e6) - Math.round(e.start * 1e6)) / 1e3).toFixed(3);
}
