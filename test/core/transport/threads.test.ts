import { run } from 'haloweave';
import { describe, expect, it } from 'vitest';
import { programFile } from '../../support/paths.js';
import { rankThreads } from '../../support/rank-threads.js';

const module = 'mailbox.ts';

describe('ranks that all send first', () => {
  it.each([
    { ranks: 2, cells: 2 },
    { ranks: 3, cells: 2 },
    { ranks: 4, cells: 2 },
    { ranks: 4, cells: 4 },
    { ranks: 3, cells: 256 },
  ])('do not block each other: $ranks ranks, mailboxes of $cells', async ({ ranks, cells }) => {
    const count = 1500;
    const got = await rankThreads({ module, body: 'storm', ranks, cells, args: { count } });
    expect(got).toEqual(Array(ranks).fill(count * (ranks - 1)));
  });

  it('to one rank wait for room and lose nothing', async () => {
    for (const cells of [2, 16]) {
      const got = await rankThreads({ module, body: 'flood', ranks: 4, cells, args: { count: 3000 } });
      expect(got).toEqual([9000, 3000, 3000, 3000]);
    }
  });

  it('go on copying large messages while they wait for room', async () => {
    const got = await rankThreads({
      module,
      body: 'copyWhileFull',
      ranks: 3,
      cells: 2,
      args: { rounds: 200 },
    });
    expect(got).toEqual([200, 200, 200]);
  });
});

describe('parking', () => {
  it.each([
    { ranks: 2, spins: 0 },
    { ranks: 2, spins: 30 },
    { ranks: 4, spins: 0 },
    { ranks: 4, spins: 3 },
  ])('loses no wake-up: messages among $ranks ranks, $spins looks before it', async ({ ranks, spins }) => {
    const rounds = 4000;
    const got = await rankThreads({ module, body: 'backAndForth', ranks, spins, args: { rounds } });
    expect(got[0]).toBe(rounds * ranks);
  });

  it.each([0, 10])('loses no wake-up: collectives, %i looks before it', async (spins) => {
    const got = await rankThreads({ module, body: 'meetings', ranks: 4, spins, args: { rounds: 3000 } });
    expect(got).toEqual(Array(4).fill(4 * ((3000 * 2999) / 2) + 3000 * 6));
  });

  it('uses no processor: eight ranks that wait for one that answers later', async () => {
    const result = await run(programFile('parked.ts'), { ranks: 9 });
    const { cpu, wall } = result.results as { cpu: number; wall: number };
    // One rank that looked all the time would use as much processor time as the clock shows.
    expect(cpu / wall).toBeLessThan(0.5);
  });
});
