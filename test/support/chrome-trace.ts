import { readFileSync } from 'node:fs';

export interface Slice {
  ph: 'X';
  name: string;
  cat: string;
  pid: number;
  tid: number;
  ts: number;
  dur: number;
  args?: Record<string, string | number>;
}

export interface Arrow {
  ph: 's' | 'f';
  name: string;
  cat: string;
  id: number;
  pid: number;
  tid: number;
  ts: number;
  bp?: string;
}

export interface Trace {
  rows: string[];
  process: string;
  other: Record<string, unknown>;
  slices: Slice[];
  /** From the slice in which it begins to the one in which it ends. */
  arrows: { name: string; from: Slice; to: Slice }[];
}

/** µs: times are written with three decimals. */
const ROUNDING = 0.0006;

/**
 * Reads a Chrome trace and holds it against the rules of the Trace Event Format that viewers rely on: every event
 * has what its kind needs, slices of a row are in order and nest, every arrow has both ends in slices.
 */
export function readTrace(path: string): Trace {
  const file = JSON.parse(readFileSync(path, 'utf8')) as {
    displayTimeUnit: string;
    otherData: Record<string, unknown>;
    traceEvents: Record<string, unknown>[];
  };
  check(Object.keys(file).join() === 'displayTimeUnit,otherData,traceEvents', 'the keys of the file');
  check(file.displayTimeUnit === 'ms', 'the unit');
  const rows: string[] = [];
  const order: number[] = [];
  let process = '';
  const slices: Slice[] = [];
  const starts = new Map<number, Arrow>();
  const ends = new Map<number, Arrow>();
  for (const e of file.traceEvents) {
    check(e.pid === 1 && typeof e.name === 'string', e);
    if (e.ph === 'M') {
      const args = e.args as { name: string; sort_index: number };
      if (e.name === 'process_name') process = args.name;
      else if (e.name === 'thread_name') rows[e.tid as number] = args.name;
      else {
        check(e.name === 'thread_sort_index', e);
        order[e.tid as number] = args.sort_index;
      }
      continue;
    }
    check(
      [e.tid, e.ts].every((n) => typeof n === 'number' && Number.isFinite(n) && n >= 0),
      e,
    );
    check(rows[e.tid as number] !== undefined && typeof e.cat === 'string', e);
    if (e.ph === 'X') {
      check(typeof e.dur === 'number' && e.dur >= 0, e);
      slices.push(e as unknown as Slice);
    } else {
      check(e.ph === 's' || (e.ph === 'f' && e.bp === 'e'), e);
      const list = e.ph === 's' ? starts : ends;
      check(!list.has(e.id as number), e);
      list.set(e.id as number, e as unknown as Arrow);
    }
  }
  check(order.every((n, k) => n === k) && order.length === rows.length, 'rows are sorted by rank');
  const byRow = rows.map((_, tid) => slices.filter((s) => s.tid === tid));
  byRow.forEach(nest);
  check(starts.size === ends.size, 'as many arrows begin as end');
  const arrows = [...starts].map(([id, s]) => {
    const f = ends.get(id);
    check(f !== undefined && f.name === s.name && f.cat === s.cat, s);
    return { name: s.name, from: slice(byRow[s.tid]!, s), to: slice(byRow[f!.tid]!, f!) };
  });
  return { rows, process, other: file.otherData, slices, arrows };
}

/** Slices of one row come in the order of their beginning, and each lies in the open one or after it. */
function nest(row: readonly Slice[]): void {
  const open: Slice[] = [];
  let last = 0;
  for (const s of row) {
    check(s.ts >= last, s);
    last = s.ts;
    while (open.length > 0 && s.ts >= end(open.at(-1)!) - ROUNDING) open.pop();
    if (open.length > 0)
      check(end(s) <= end(open.at(-1)!) + ROUNDING, `${text(s)} overlaps with ${text(open.at(-1)!)}`);
    open.push(s);
  }
}

/** The innermost slice around an arrow's end. */
function slice(row: readonly Slice[], a: Arrow): Slice {
  const around = row.filter((s) => s.ts <= a.ts + ROUNDING && end(s) >= a.ts - ROUNDING);
  const inner = around.filter((s) => /message|publish|unpack/.test(s.name)).at(-1);
  check(inner !== undefined, a);
  return inner!;
}

function end(s: Slice): number {
  return s.ts + s.dur;
}

function text(what: unknown): string {
  return typeof what === 'string' ? what : JSON.stringify(what);
}

function check(condition: boolean, what: unknown): void {
  if (!condition) throw new Error(`not a proper trace: ${text(what)}`);
}
