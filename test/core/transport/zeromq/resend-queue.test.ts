import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Parcel, ResendQueue } from '../../../../core/transport/zeromq/resend-queue.js';
import { Freight } from '../../../../core/wire/network.js';
import { memoryInUse } from '../../../support/memory.js';

describe('messages kept until they are acknowledged', () => {
  it('behave as a list with a cursor, whatever the order of calls', () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('push' as const), n: fc.integer({ min: 0, max: 1000 }) }),
      fc.record({ do: fc.constant('advance' as const), n: fc.integer({ min: 1, max: 9 }) }),
      fc.record({ do: fc.constant('rewind' as const), n: fc.integer({ min: 0, max: 1500 }) }),
      fc.record({ do: fc.constant('release' as const), n: fc.integer({ min: 0, max: 1500 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 2000, size: 'max' }), (steps) => {
        const queue = new ResendQueue();
        let kept: [number, number][] = [];
        let last = 0;
        let next = 1;
        for (const s of steps) {
          if (s.do === 'push') {
            queue.push(Freight.piece, 0, [], s.n, null);
            kept.push([++last, s.n]);
          } else if (s.do === 'advance') {
            for (let k = 0; k < s.n && queue.peek(); k++) {
              queue.advance();
              next++;
            }
          } else if (s.do === 'rewind') {
            queue.rewind(s.n);
            next = Math.min(next, Math.max(s.n, last - kept.length + 1));
          } else {
            const taken: Parcel[] = [];
            queue.release(s.n, taken);
            expect(taken.map((p) => [p.sequence, p.bytes])).toEqual(kept.filter(([k]) => k <= s.n));
            kept = kept.filter(([k]) => k > s.n);
            next = Math.max(next, last - kept.length + 1);
          }
          const bytes = (list: [number, number][]): number => list.reduce((n, [, b]) => n + b, 0);
          expect([queue.oldest, queue.next, queue.last]).toEqual([last - kept.length + 1, next, last]);
          expect(queue.bytes).toBe(bytes(kept));
          expect(queue.flyingBytes).toBe(bytes(kept.filter(([k]) => k < next)));
          expect(queue.peek()?.sequence).toBe(next <= last ? next : undefined);
        }
      }),
      { numRuns: 20, endOnFailure: true },
    );
  });

  it('are let go once they are', async () => {
    const queue = new ResendQueue();
    const frames: WeakRef<Uint8Array>[] = [];
    const pass = (): void => {
      for (let k = 1; k <= 2000; k++) {
        const frame = new Uint8Array(1000);
        frames.push(new WeakRef(frame));
        queue.push(Freight.piece, 0, [frame], 1000, null);
        queue.advance();
        if (k % 10 === 0) queue.release(k - 5, []);
      }
    };
    pass();
    // A reference that was just made holds until the turn is over.
    await turn();
    memoryInUse();
    expect(queue.flying).toBe(5);
    expect(queue.bytes).toBe(5000);
    expect(frames.filter((f) => f.deref()).length).toBe(5);
  });
});
