import { Worker } from 'node:worker_threads';
import { Heap } from 'haloweave';
import { afterAll, describe, expect, it } from 'vitest';
import { monotonic, TraceKind, TraceRing } from '../../../core/observe/trace-ring.js';
import { compiledUrl } from '../../support/paths.js';

const heap = Heap.create();
afterAll(() => heap.close());
const ring = (events: number): TraceRing => new TraceRing(TraceRing.create(events), heap, monotonic());

describe('a rank’s events', () => {
  it('are kept with their times and numbers', () => {
    const buffer = TraceRing.create(10);
    const r = new TraceRing(buffer, heap, monotonic());
    const start = r.now();
    r.note(TraceKind.send, start, 1, 2_147_483_647, -1, -2, 5);
    r.workunit(r.now(), 7, 8, 1, 17);
    const t = new TraceRing(buffer, heap, 0).read();
    expect([t.count, t.dropped, t.calls]).toEqual([2, 0, []]);
    const [first, second] = [t.event(0), t.event(1)];
    expect(first).toMatchObject({ kind: TraceKind.send, start, a: 1, b: 2_147_483_647, c: -1, d: -2, e: 5 });
    expect(first.end).toBeGreaterThanOrEqual(start);
    expect(second).toMatchObject({ kind: TraceKind.workunit, a: 7, b: 8, c: 1, d: 17 });
    expect(second.start).toBeGreaterThanOrEqual(first.end);
  });

  it.each([1, 2, 5])('are the newest ones once there are more than %i', (events) => {
    const r = ring(events);
    for (let k = 0; k < 13; k++) {
      r.note(TraceKind.wait, 0, k);
      const t = r.read();
      expect([t.count, t.dropped]).toEqual([Math.min(k + 1, events), Math.max(0, k + 1 - events)]);
      expect(Array.from({ length: t.count }, (_, i) => t.event(i).a)).toEqual(
        Array.from({ length: t.count }, (_, i) => k + 1 - t.count + i),
      );
    }
  });

  it('have names: as many as fit, then one for all others, and no longer than fits', () => {
    const r = ring(1);
    expect([r.name('barrier'), r.name('send'), r.name('barrier')]).toEqual([0, 1, 0]);
    const long = 'a name that is longer than the place for it';
    expect(r.name(long)).toBe(2);
    for (let k = 3; k < 127; k++) expect(r.name(`call ${k}`)).toBe(k);
    expect([r.name('one more'), r.name('another'), r.name('send')]).toEqual([127, 127, 1]);
    const { calls } = r.read();
    expect(calls).toHaveLength(128);
    expect([calls[0], calls[2], calls[126], calls[127]]).toEqual([
      'barrier',
      long.slice(0, 32),
      'call 126',
      'others',
    ]);
  });

  it('come with the neighbours of the parts, and with their names if these are not their numbers', () => {
    const r = ring(1);
    expect(r.read().parts).toEqual({ neighbours: [], names: [] });
    r.parts(
      [3, 4, 3, 5],
      [
        [3, 3],
        [6, 'north “6”'],
        [7, 8],
      ],
    );
    expect(r.read().parts).toEqual({
      neighbours: [3, 4, 3, 5],
      names: [
        [6, 'north “6”'],
        [7, 8],
      ],
    });
  });

  it('have times that all threads share: what one does after another is later', async () => {
    const origin = monotonic();
    const mine = new TraceRing(TraceRing.create(1), heap, origin);
    // A thread whose own time began earlier or later than this one's answers between two looks at the clock.
    const worker = new Worker(
      `const { parentPort, workerData } = require('node:worker_threads');
       import(workerData.url).then(({ TraceRing }) => {
         const ring = new TraceRing(TraceRing.create(1), null, workerData.origin);
         parentPort.on('message', () => parentPort.postMessage(ring.now()));
         parentPort.postMessage(0);
       });`,
      { eval: true, workerData: { url: compiledUrl('core/observe/trace-ring.ts'), origin } },
    );
    const answer = (): Promise<number> => new Promise((resolve) => worker.once('message', resolve));
    await answer();
    for (let k = 0; k < 20; k++) {
      const before = mine.now();
      const got = answer();
      worker.postMessage('now');
      const theirs = await got;
      expect(theirs).toBeGreaterThan(before);
      expect(theirs).toBeLessThan(mine.now());
    }
    await worker.terminate();
  });
});
