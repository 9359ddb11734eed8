import { beforeAll, describe, expect, it } from 'vitest';
import { conformance } from '../programs/comm/cases/all.js';
import { CALLS } from '../programs/comm/properties/scenario.js';
import { type HostsOutcome, onHosts } from '../support/hosts.js';
import { openMeshes } from '../support/zeromq-meshes.js';

/** Ranks of each host, and whether the links are sockets or memory. A host may have no rank. */
const configurations: { ranks: number[]; links: 'memory' | 'zeromq' }[] = [
  { ranks: [1, 0], links: 'memory' },
  { ranks: [1, 1], links: 'zeromq' },
  { ranks: [1, 2], links: 'memory' },
  { ranks: [1, 1, 1], links: 'zeromq' },
  { ranks: [2, 2], links: 'zeromq' },
  { ranks: [1, 2, 1], links: 'memory' },
  { ranks: [4, 3], links: 'memory' },
  { ranks: [2, 3, 2], links: 'zeromq' },
];

const named = configurations.map((c) => ({ ...c, name: `${c.ranks.join(' + ')} ranks over ${c.links}` }));

/** What was sent to a host has arrived there, and nothing is left on the way. */
function nothingLeft({ counters }: HostsOutcome): void {
  for (const [host, mine] of counters.entries()) {
    expect(mine.waiting, `host ${host}`).toBe(0);
    for (const [other, theirs] of counters.entries())
      if (other !== host) expect(mine.sent[other] ?? 0).toBe(theirs.received[host] ?? 0);
  }
}

describe.each(named)('hosts with $name', ({ ranks, links }) => {
  let done: string[] = [];
  let failure: unknown = null;

  beforeAll(async () => {
    try {
      const meshes = links === 'zeromq' ? await openMeshes(ranks.length) : undefined;
      const outcome = await onHosts({ module: 'over-hosts.ts', body: 'conformance', ranks, meshes });
      done = outcome.values[0] as string[];
      nothingLeft(outcome);
    } catch (error) {
      failure = error;
    }
  });

  const size = ranks.reduce((a, b) => a + b);
  it.each(conformance.filter((c) => size >= (c.least ?? 1)).map((c) => c.name))('%s', (name) => {
    if (failure !== null) throw failure;
    expect(done).toContain(name);
  });
});

describe('random collectives on random communicators of several hosts', () => {
  it.each([
    { ranks: [1, 1], seed: 1 },
    { ranks: [1, 2], seed: 5 },
    { ranks: [1, 2, 1], seed: 20 },
    { ranks: [2, 3, 2], seed: 7 },
  ])('give what their definitions say, $ranks ranks, seed $seed', async ({ ranks, seed }) => {
    const args = { seed, collectives: 'auto', apart: true };
    const outcome = await onHosts({ module: 'over-hosts.ts', body: 'properties', ranks, args });
    nothingLeft(outcome);
    const played = Object.keys(outcome.values[0] as object);
    expect(played.sort()).toEqual([...CALLS, 'split', 'post', 'collect', 'free'].sort());
  });
});
