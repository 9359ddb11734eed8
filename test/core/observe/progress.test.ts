import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import {
  describe as describeReading,
  formatMeasure,
  formatRate,
  formatSeconds,
  progressDisplay,
} from '../../../core/observe/progress-bar.js';
import { ProgressBoard } from '../../../core/observe/progress-board.js';

const reading = { cycles: 100, cycle: 25, seconds: 10, cellsPerSecond: 2.5e6, measures: { heat: 1.5, x: 0 } };

describe('the progress board', () => {
  it('adds up what ranks write, and counts whole cycles only', () => {
    const buffer = new SharedArrayBuffer(ProgressBoard.bytes(3));
    const ranks = [0, 1, 2].map((r) => new ProgressBoard(buffer, r));
    const names: string[][] = [];
    ranks[0]!.onNames = (n) => names.push(n);
    const host = new ProgressBoard(buffer);
    expect(host.read(3)).toMatchObject({ cycles: null, cycle: 0, cellsDone: 0 });
    ranks[0]!.plan(10, 90, 6);
    ranks.forEach((b, r) => {
      b.updated(30 * (2 + r));
    });
    ranks[2]!.updated(119);
    expect(host.read(3)).toMatchObject({ cycles: 10, cellsPerCycle: 90, parts: 6, cellsDone: 269, cycle: 2 });
    ranks[0]!.measures(2, { a: 1, b: -0 });
    ranks[0]!.measures(3, { a: 4, b: Number.NaN });
    expect(names).toEqual([['a', 'b']]);
    const p = host.read(3);
    expect([p.measuredCycle, p.values[0], p.values[1]]).toEqual([3, 4, Number.NaN]);
  });

  it('shows where ranks go on, and not that they have not begun yet', () => {
    const host = new ProgressBoard(new SharedArrayBuffer(ProgressBoard.bytes(2)));
    const theirs = new SharedArrayBuffer(ProgressBoard.bytes(2));
    host.plan(10, 90, 6);
    host.restart(2, 4);
    expect(host.read(2)).toMatchObject({ cycles: 10, cycle: 4, cellsDone: 360 });
    expect(host.merge(new Uint8Array(theirs).slice(), [0, 1], true)).toBe(true);
    expect(host.read(2)).toMatchObject({ cycles: 10, cycle: 4 });
    new ProgressBoard(theirs, 1).updated(270);
    host.merge(new Uint8Array(theirs).slice(), [1], false);
    expect(host.read(2)).toMatchObject({ cycle: 5, cellsDone: 450 });
  });

  it('holds twelve measures and leaves out the rest', () => {
    const board = new ProgressBoard(new SharedArrayBuffer(ProgressBoard.bytes(1)));
    const names: string[][] = [];
    board.onNames = (n) => names.push(n);
    board.measures(1, Object.fromEntries(Array.from({ length: 20 }, (_, k) => [`m${k}`, k])));
    expect(names[0]).toHaveLength(12);
    expect(board.read(1).values).toEqual(Array.from({ length: 12 }, (_, k) => k));
  });
});

describe('the progress display', () => {
  it('writes nothing to what is no terminal', () => {
    const stream = new PassThrough() as unknown as NodeJS.WriteStream;
    const display = progressDisplay(stream);
    display.update(reading);
    display.stop();
    expect((stream as unknown as PassThrough).read()).toBeNull();
  });

  it('shows cycle, speed, time left and measures on a terminal, and clears its line', () => {
    const chunks: string[] = [];
    const stream = Object.assign(new PassThrough(), {
      isTTY: true,
      columns: 200,
      cursorTo: () => true,
      clearLine: () => true,
      moveCursor: () => true,
    });
    stream.on('data', (c: Buffer) => chunks.push(c.toString()));
    const display = progressDisplay(stream as unknown as NodeJS.WriteStream);
    display.update({ ...reading, cellsPerSecond: 0 });
    expect(chunks).toEqual([]);
    display.update(reading);
    display.stop();
    expect(chunks.join('')).toContain('cycle 25 of 100 · 2.5 Mcell/s · 30 s left · heat 1.5 · x 0');
  });

  it('knows no time left without a number of cycles', () => {
    expect(describeReading({ ...reading, cycles: null })).toMatchObject({
      of: '',
      left: 'time left unknown',
    });
    expect(describeReading({ ...reading, cycle: 0 }).left).toBe('time left unknown');
  });
});

describe('numbers for people', () => {
  it('have a unit and few digits', () => {
    expect([5, 1500, 2.5e6, 3.21e9, 0].map(formatRate)).toEqual([
      '5 cell/s',
      '1.5 kcell/s',
      '2.5 Mcell/s',
      '3.21 Gcell/s',
      '0 cell/s',
    ]);
    expect([0.0042, 0.04, 9.94, 42, 60, 125, 3600, 7265].map(formatSeconds)).toEqual([
      '4.2 ms',
      '40 ms',
      '9.9 s',
      '42 s',
      '1 min 0 s',
      '2 min 5 s',
      '1 h 0 min',
      '2 h 1 min',
    ]);
    expect([0, 1, 100, 1.5, 1e-5, 12_345_678, -0.25, 123_456].map(formatMeasure)).toEqual([
      '0',
      '1',
      '100',
      '1.5',
      '1.0000e-5',
      '1.2346e+7',
      '-0.25',
      '123456',
    ]);
    expect([Number.NaN, Number.POSITIVE_INFINITY].map(formatMeasure)).toEqual(['NaN', 'Infinity']);
  });
});
