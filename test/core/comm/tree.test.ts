import { expect, it } from 'vitest';
import { treePlace } from '../../../core/topology/tree.js';
import type { Seen } from '../../programs/comm/tree.js';
import { rankThreads } from '../../support/rank-threads.js';

const RANKS = 32;

it('no rank of 32 real ones receives more than its two children’s messages in a reduction by messages', async () => {
  const seen = (await rankThreads({ module: 'tree.ts', body: 'reductions', ranks: RANKS })) as Seen[];
  for (const [rank, { received, agreed }] of seen.entries()) {
    const { left, right } = treePlace(rank, RANKS);
    const children = [left, right].filter((child) => child >= 0).length;
    expect(children).toBeLessThanOrEqual(2);
    expect(received, `rank ${rank}`).toEqual([children, children, children, children]);
    // That all make the same call takes ⌈log₂ 32⌉ messages beside.
    expect(agreed, `rank ${rank}`).toEqual([5, 5, 5, 5]);
  }
  const ranks = Array.from({ length: RANKS }, (_, r) => r);
  // Correctly rounded: the terms are doubles, their sum is taken exactly in units of 2^−60.
  const exact = ranks.reduce((n, r) => n + BigInt(0.1 * r * 2 ** 60), 0n);
  expect(seen[0]!.results).toEqual([
    Number(exact) / 2 ** 60,
    ranks.map((r) => `(${r})`).join(''),
    RANKS * (RANKS - 1),
    (RANKS * (RANKS - 1)) / 2,
  ]);
  for (const { results } of seen.slice(1))
    expect(results).toEqual([undefined, undefined, undefined, undefined]);
});
