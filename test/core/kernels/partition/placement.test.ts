import { run } from 'haloweave';
import { describe, expect, it } from 'vitest';
import { curveOrder } from '../../../../core/decomposition/curve.js';
import { place } from '../../../../core/decomposition/placement.js';
import { dealtAtRandom, haloVolumes } from '../../../support/halo-volumes.js';
import { exampleFile, kernelProgramFile } from '../../../support/kernel-programs.js';

const total = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0);

describe('halo bytes of 8 × 8 × 8 parts over 4 hosts, counted in a run', () => {
  it.each([
    [1, 1, 1, 1],
    [2, 2, 2, 2],
  ])('%i, %i, %i and %i ranks', async (...apart) => {
    const cycles = 3;
    const ranks = total(apart);
    const hostOf = apart.flatMap((n, host) => new Array<number>(n).fill(host));
    const result = await run(exampleFile('heat-3d'), {
      args: { shape: '32x32x32' },
      parts: [8, 8, 8],
      cycles,
      ranks,
      apart,
    });
    const geometry = { shape: [32, 32, 32], dims: [8, 8, 8], halo: 1, periodic: [true, false, false] };
    const { owner } = place(curveOrder([8, 8, 8]), new Float64Array(512).fill(1), apart);
    const expected = haloVolumes(geometry, owner, hostOf);
    const of = (key: 'haloBytes' | 'haloBytesBetweenRanks' | 'haloBytesBetweenHosts'): number =>
      total(result.perRank.map((r) => r[key])) / cycles;
    expect([of('haloBytes'), of('haloBytesBetweenRanks'), of('haloBytesBetweenHosts')]).toEqual([
      expected.all,
      expected.ranks,
      expected.hosts,
    ]);
    for (const seed of [1, 2, 3])
      expect(haloVolumes(geometry, dealtAtRandom(512, ranks, seed), hostOf).hosts).toBeGreaterThan(
        3 * of('haloBytesBetweenHosts'),
      );
  });
});

describe('halo bytes of a graph', () => {
  it('are counted by where they go', async () => {
    // A ring of pieces of equal weight, each with 16 bytes for either neighbour, two on a rank.
    const result = await run(kernelProgramFile('graph/ring'), {
      args: { sizes: '3,3,3,3,3,3,3,3' },
      cycles: 10,
      ranks: 4,
      apart: [2, 2],
    });
    const counts = result.perRank.map((r) => [r.haloBytes, r.haloBytesBetweenRanks, r.haloBytesBetweenHosts]);
    // Each rank has an edge inside it, both ways, and one to either side, of which one leads to the other host.
    expect(counts).toEqual(new Array(4).fill([4 * 160, 2 * 160, 160]));
  });
});
