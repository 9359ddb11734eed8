import { describe, expect, it } from 'vitest';
import { exampleHeader, haloweave, jsonSummary } from '../support/kernel-examples.js';

describe('examples/ring.ts', () => {
  const { commands, text } = exampleHeader('ring');

  it('gives the number its header says', () => {
    const promised = Number(text.match(/(\d+) for the line above/)?.[1]);
    expect(jsonSummary(commands[0])).toMatchObject({ ranks: 4, results: { token: promised, rounds: 3 } });
  });

  it.each([
    [1, 4],
    [3, 5],
    [7, 2],
  ])('gives r·n·(n − 1)/2 on %i ranks in %i rounds', (ranks, rounds) => {
    const { args } = split(commands[0]);
    const summary = jsonSummary([...args, '-n', String(ranks), '--', '--rounds', String(rounds)]);
    expect(summary.results).toEqual({ token: (rounds * ranks * (ranks - 1)) / 2, rounds });
  });

  it('prints its result for people', () => {
    const { stdout, status } = haloweave(commands[0]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/token"?: ?18\b/);
  });
});

/** A command's own options, without the program's. */
function split(words: readonly string[]): { args: string[] } {
  const at = words.indexOf('--');
  return { args: at < 0 ? [...words] : words.slice(0, at) };
}
