import { describe, expect, it } from 'vitest';
import { onHosts } from '../../../support/hosts.js';
import { openMeshes } from '../../../support/zeromq-meshes.js';

const module = 'over-hosts.ts';

describe('the bridge between hosts', () => {
  it.each([
    { ranks: [1, 1], cells: 4, window: 300 },
    { ranks: [2, 1], cells: 4, window: 2000 },
    { ranks: [1, 2, 1], cells: 8, window: 100_000 },
    { ranks: [2, 2], cells: 2, window: 1 },
  ])('lets all send before any receives: $ranks ranks, $cells records, $window bytes', async (options) => {
    const size = options.ranks.reduce((a, b) => a + b);
    // Links of different speed, so that what one host sent first may come last.
    let k = 0;
    const delay = (): number => [0, 3, 1, 0, 7][k++ % 5]!;
    const { values, counters } = await onHosts({ ...options, module, body: 'storm', delay });
    expect(values).toEqual(new Array(size).fill(60 * (size - 1)));
    for (const c of counters) expect(c.waiting).toBe(0);
  });

  it('over sockets too', async () => {
    const meshes = await openMeshes(2);
    await onHosts({ ranks: [2, 2], cells: 4, window: 1000, module, body: 'storm', meshes });
  });

  it('a rank that reads nothing stops its senders and nobody else', async () => {
    const { counters } = await onHosts({ ranks: [2, 2], cells: 8, window: 4096, module, body: 'slowReader' });
    expect(counters[0]!.sent[1]).toBe(counters[1]!.received[0]);
    for (const c of counters) expect(c.stale).toBe(0);
  });

  it.each(['memory', 'zeromq'])('large arrays, from the heap and private, over %s', async (links) => {
    const meshes = links === 'zeromq' ? await openMeshes(2) : undefined;
    const { counters } = await onHosts({ ranks: [1, 1], module, body: 'large', meshes });
    expect(counters[0]!.receivedBytes).toBe(4 * 300_001 * 8);
  });

  it('what is ready for one host travels together', async () => {
    const { counters } = await onHosts({ ranks: [2, 2], module, body: 'storm' });
    for (const [host, c] of counters.entries())
      expect(c.messages, `host ${host}`).toBeLessThan(c.sent[1 - host]!);
  });
});
