import { type Args, type RunOptions, type RunResult, run, StateHash } from 'haloweave';
import { describe, expect, it } from 'vitest';
import { ringStates } from '../support/graph-ring.js';
import { total } from '../support/kernel-counting.js';
import { kernelProgramFile } from '../support/kernel-programs.js';

const ways: [string, RunOptions][] = [
  ['inline', { transport: 'inline' }],
  ...[1, 2, 3, 4, 7].map((ranks): [string, RunOptions] => [`${ranks} ranks`, { ranks }]),
  ...[
    [1, 1],
    [2, 1],
    [1, 2, 1],
    [3, 4],
  ].map((apart): [string, RunOptions] => [
    `${apart.join(' + ')} ranks that share no memory`,
    { ranks: apart.reduce((a, b) => a + b, 0), apart },
  ]),
];

const program = (name: string, args: Args, options: RunOptions): Promise<RunResult> =>
  run(kernelProgramFile(`graph/${name}`), { args, ...options });

interface RingReport {
  u: number[];
  ids: number[];
  totals: number[];
  cycles: number;
}

describe('a ring in uneven pieces is the ring', () => {
  const CYCLES = 30;
  const CELLS = 20;
  const states = ringStates(CELLS, CYCLES);
  const hash = new StateHash();
  for (const [i, v] of states[CYCLES]!.entries()) hash.add(StateHash.fieldKey('u'), i, v);

  // One piece, the same neighbour on both sides, fewer pieces than ranks, many.
  const cuts: [sizes: string, self: boolean][] = [
    ['20', false],
    ['20', true],
    ['1,19', false],
    ['5,3,12', true],
    ['3,1,7,2,2,5', false],
    [Array.from({ length: 20 }, () => 1).join(), true],
  ];

  it.each(ways)('%s', async (_, options) => {
    for (const [sizes, self] of cuts) {
      const result = await program('ring', { sizes, self }, { cycles: CYCLES, ...options });
      const place = `${sizes}, its own neighbour: ${self}`;
      const report = result.results as unknown as RingReport;
      expect(report.u, place).toEqual(states[CYCLES]);
      expect(report.totals, place).toEqual(states.map(total));
      expect(report.ids).toEqual(sizes.split(',').map((_size, k) => k));
      expect(result.hash, place).toBe(hash.hex());
      expect(result.measures).toEqual({ total: total(states[CYCLES]!), most: Math.max(...states[CYCLES]!) });
      expect(result.nondeterministic).toBe(0);
    }
  });

  it('after no cycle: what setup gave, with the neighbours taken in', async () => {
    const result = await program('ring', { sizes: '4,16' }, { ranks: 2, cycles: 0 });
    expect((result.results as unknown as RingReport).u).toEqual(states[0]);
  });

  it('gives equal weights to ranks, and counts bytes and pieces', async () => {
    const result = await program('ring', { sizes: '1,1,1,1,8' }, { ranks: 2, cycles: 10 });
    expect(result.perRank.map((r) => r.partitions)).toEqual([4, 1]);
    expect(result.parts).toBe(5);
    // Two numbers over each of two edges; the large piece's neighbours are both on the other rank.
    expect(result.perRank.map((r) => r.haloBytes)).toEqual([4 * 2 * 16 * 10, 2 * 16 * 10]);
    expect(result.perRank.map((r) => r.messages)).toEqual([20, 20]);
  });
});

describe('parcels of all kinds between parts at unequal speeds', () => {
  it.each(ways)('%s', async (_, options) => {
    // The program checks every parcel; what is left to compare is how many came.
    const result = await program('parcels', { parts: 17, edges: 30, slow: 2 }, { cycles: 60, ...options });
    const reference = await program('parcels', { parts: 17, edges: 30 }, { cycles: 60, transport: 'inline' });
    expect(result.cycles).toBe(60);
    expect(result.measures.received).toBeGreaterThan(60 * 60);
    expect([result.hash, result.measures]).toEqual([reference.hash, reference.measures]);
  });

  it('many cycles of few parts on as many ranks', async () => {
    const result = await program('parcels', { parts: 5, edges: 9, slow: 1 }, { cycles: 1500, ranks: 5 });
    expect(result.cycles).toBe(1500);
  });
});
