import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { chromeTrace } from '../../../core/observe/chrome-trace.js';
import { type RankTrace, type TraceEvent, TraceKind } from '../../../core/observe/trace-ring.js';
import { readTrace, type Trace } from '../../support/chrome-trace.js';
import { ScratchFolder } from '../../support/paths.js';

const folder = new ScratchFolder();
afterAll(() => folder[Symbol.dispose]());

type Short = [
  kind: number,
  start: number,
  end: number,
  a?: number,
  b?: number,
  c?: number,
  d?: number,
  e?: number,
];

function rank(events: Short[], more: Partial<RankTrace> = {}): RankTrace {
  const list: TraceEvent[] = events.map(([kind, start, end, a = 0, b = 0, c = 0, d = 0, e = 0]) => ({
    ...{ kind, start, end, a, b, c, d, e },
  }));
  return {
    calls: [],
    parts: { neighbours: [], names: [] },
    dropped: 0,
    count: list.length,
    event: (k) => list[k]!,
    ...more,
  };
}

function trace(ranks: RankTrace[]): Trace {
  const path = join(folder.path, 'trace.json');
  writeFileSync(path, [...chromeTrace(ranks, { program: 'a "program".ts', transport: 'threads' })].join(''));
  return readTrace(path);
}

describe('a Chrome trace', () => {
  it('is proper when nothing has happened', () => {
    const t = trace([rank([]), rank([])]);
    expect([t.rows, t.slices, t.process]).toEqual([['rank 0', 'rank 1'], [], 'haloweave a "program".ts']);
  });

  it('puts outer slices before inner ones, though these are noted first', () => {
    const calls = ['recv', 'split'];
    const t = trace([
      rank(
        [
          [TraceKind.wait, 2, 3, 0, 1, 5],
          [TraceKind.receive, 3, 4, 1],
          // Begin together, end together: the later one is the outer.
          [TraceKind.call, 2, 4, 0, 0],
          [TraceKind.call, 2, 4, 1, 1],
          [TraceKind.wait, 5, 5, 1, -1, -1],
        ],
        { calls },
      ),
    ]);
    expect(t.slices.map((s) => [s.name, s.cat, s.ts, s.dur])).toEqual([
      ['split', 'collective', 2000, 2000],
      ['recv', 'message', 2000, 2000],
      ['wait', 'wait', 2000, 1000],
      ['message in', 'message', 3000, 1000],
      ['wait', 'wait', 5000, 0],
    ]);
    expect(t.slices.filter((s) => s.name === 'wait').map((s) => s.args)).toEqual([
      { for: 'recv', peer: 1, tag: 5 },
      { for: 'split', peer: -1, tag: -1 },
    ]);
  });

  it('writes µs with nanoseconds, and ends slices where the next begin', () => {
    const t = trace([
      rank([
        [TraceKind.unpack, 0.0000014, 0.1234566, 4, 2, 1, 5],
        [TraceKind.workunit, 0.1234566, 7e6, 4, 2, 1, 5],
      ]),
    ]);
    expect(t.slices).toEqual([
      {
        ...{ ph: 'X', name: 'unpack', cat: 'halo', pid: 1, tid: 0, ts: 0.001, dur: 123.456 },
        args: { partition: 4, cycle: 2, phase: 1 },
      },
      {
        ...{ ph: 'X', name: 'workunit', cat: 'compute', pid: 1, tid: 0, ts: 123.457 },
        ...{ dur: 7e9 - 123.457, args: { partition: 4, cycle: 2, phase: 1 } },
      },
    ]);
  });

  it('draws an arrow for every message whose two ends are there', () => {
    const t = trace([
      rank([
        [TraceKind.send, 0, 1, 1, 7, 0, 24, 0],
        [TraceKind.send, 1, 2, 1, 7, 0, -16, 1],
        // Sent, never taken.
        [TraceKind.send, 2, 3, 1, 7, 0, 24, 2],
        [TraceKind.send, 3, 4, 2, 7, 0, 24, 0],
      ]),
      rank([
        [TraceKind.receive, 5, 6, 0, 7, 0, 24, 0],
        [TraceKind.receive, 6, 7, 0, 7, 0, -16, 1],
      ]),
      // The sending of the second was overwritten.
      rank(
        [
          [TraceKind.receive, 4, 5, 0, 7, 0, 24, 0],
          [TraceKind.receive, 5, 6, 1, 7, 0, 24, 0],
        ],
        { dropped: 3 },
      ),
    ]);
    expect(t.arrows.map(({ from, to }) => [from.tid, from.ts, to.tid, to.ts])).toEqual([
      [0, 0, 1, 5000],
      [0, 1000, 1, 6000],
      [0, 3000, 2, 4000],
    ]);
    // Byte counts go up to 4 GiB.
    expect(t.arrows[1]!.to.args!.bytes).toBe(2 ** 32 - 16);
    expect(t.other.droppedEvents).toEqual([0, 0, 3]);
    expect(t.rows[2]).toBe('rank 2 (the last 2 events, 3 dropped)');
  });

  it('draws an arrow from a part’s publishing to every unpacking on another rank', () => {
    const t = trace([
      rank([
        [TraceKind.publish, 0, 1, 10, 0, 0, 1],
        [TraceKind.publish, 1, 2, 11, 0, 0, 1],
        [TraceKind.publish, 3, 4, 10, 1, 0, 2],
      ]),
      rank(
        [
          [TraceKind.unpack, 5, 6, 20, 1, 0, 1],
          [TraceKind.unpack, 6, 7, 21, 1, 0, 1],
          [TraceKind.unpack, 7, 8, 20, 2, 0, 2],
        ],
        { parts: { neighbours: [20, 10, 20, 11, 21, 10], names: [[21, 'north']] } },
      ),
    ]);
    expect(t.arrows.map(({ name, from, to }) => [name, from.ts, to.ts])).toEqual([
      ['halo', 0, 5000],
      ['halo', 1000, 5000],
      ['halo', 0, 6000],
      ['halo', 3000, 7000],
    ]);
    expect(t.arrows.map(({ to }) => to.args!.partition)).toEqual([20, 20, 'north', 20]);
  });

  it('hands out long texts in pieces', () => {
    const many = rank(Array.from({ length: 9000 }, (_, k): Short => [TraceKind.publish, k, k + 0.5]));
    const pieces = [...chromeTrace([many, many], { program: 'p', transport: 'inline' })];
    expect(pieces.length).toBeGreaterThan(3);
    expect(Math.max(...pieces.map((p) => p.length))).toBeLessThan(300_000);
    expect((JSON.parse(pieces.join('')) as { traceEvents: unknown[] }).traceEvents).toHaveLength(18_005);
  });
});
