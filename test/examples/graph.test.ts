import { ExactSum, RunError, run, StateHash } from 'haloweave';
import { describe, expect, it } from 'vitest';
import { linksOf } from '../../examples/graph.js';
import { exampleHeader, jsonSummary } from '../support/kernel-examples.js';
import { exampleFile } from '../support/kernel-programs.js';

const FILE = exampleFile('graph');

/**
 * PageRank of the whole graph in one loop: the links of a page are added in the order of their pages. Decided on
 * the first state that has changed little enough; with a lag of one cycle the run ends with the state after it.
 */
function stopped(pages: number, tolerance: number): { rank: Float64Array; cycles: number } {
  const links = Array.from({ length: pages }, (_, u) => linksOf(u, pages));
  let rank = new Float64Array(pages).fill(1 / pages);
  let change = Number.POSITIVE_INFINITY;
  for (let cycles = 1; ; cycles++) {
    const last = change < tolerance;
    const given = new Float64Array(pages);
    links.forEach((targets, u) => {
      for (const v of targets) given[v] = given[v]! + rank[u]! / targets.length;
    });
    const next = given.map((s) => (1 - 0.85) / pages + 0.85 * s);
    const s = new ExactSum();
    for (let v = 0; v < pages; v++) s.add(Math.abs(next[v]! - rank[v]!));
    change = s.value();
    rank = next;
    if (last) return { rank, cycles };
  }
}

describe('examples/graph.ts', () => {
  const { commands, text } = exampleHeader('graph');

  it('the first command gives the hash and cycles that its header says', () => {
    const summary = jsonSummary(commands[0]!);
    expect(text).toContain(`${summary.cycles} cycles, hash ${summary.hash}.`);
    expect(summary.measures.total).toBeCloseTo(1, 12);
  });

  it('equals one loop over the whole graph bit for bit, on any ranks and pieces', async () => {
    const { rank, cycles } = stopped(500, 1e-5);
    const h = new StateHash();
    h.addRow(StateHash.fieldKey('rank'), 0, rank, 0, rank.length, 1);
    for (const [ranks, pieces] of [
      [1, 1],
      [1, 11],
      [2, 8],
      [3, 2],
      [5, 16],
    ]) {
      const result = await run(FILE, { ranks, args: { pages: 500, pieces, tolerance: 1e-5 } });
      expect([result.cycles, result.hash], `${ranks} ranks, ${pieces} pieces`).toEqual([cycles, h.hex()]);
      const { highest } = result.results as { highest: { page: number; rank: number }[] };
      expect(highest[0]).toEqual({ page: rank.indexOf(Math.max(...rank)), rank: Math.max(...rank) });
    }
  });

  it.each([[[1, 1]], [[2, 1]], [[1, 2, 1]]])('the same over hosts of %j ranks', async (apart) => {
    const ranks = apart.reduce((a, b) => a + b, 0);
    // Collected values are of 80 and 40 KB: a large message, and one that is copied at once.
    for (const pieces of [2, 4]) {
      const args = { pages: 20_000, pieces, tolerance: 1e-3 };
      const [here, there] = [await run(FILE, { ranks: 1, args }), await run(FILE, { ranks, apart, args })];
      expect([there.cycles, there.hash, there.measures]).toEqual([here.cycles, here.hash, here.measures]);
      expect(there.results).toEqual(here.results);
    }
  });

  it.each([
    [{ pages: 50 }, /--pages 50 --pieces 16: expected at least 101 pages/],
    [{ pieces: 0 }, /--pages 20000 --pieces 0: expected/],
    [{ tolerance: 'low' }, /--tolerance low: expected a number above 0/],
  ])('refuses %j', async (args, message) => {
    const error = await run(FILE, { transport: 'inline', args }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(RunError);
    expect((error as Error).message).toMatch(message);
  });
});
