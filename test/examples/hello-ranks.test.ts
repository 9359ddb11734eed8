import { describe, expect, it } from 'vitest';
import { exampleHeader, haloweave } from '../support/kernel-examples.js';

describe('examples/hello-ranks.ts', () => {
  const { commands, text } = exampleHeader('hello-ranks');

  it('prints what its header says', () => {
    const { stdout, status } = haloweave(commands[0]);
    expect(status).toBe(0);
    const promised = [...text.matchAll(/hello from rank \d of \d/g)].map(([line]) => line);
    expect(promised).toHaveLength(2);
    const greetings = stdout.split('\n').filter((line) => line.startsWith('hello'));
    expect(greetings.sort()).toEqual(promised.sort());
    expect(stdout).toMatch(/sumOfRanks"?: ?1\b/);
  });

  it('with three ranks, as one JSON object on the last line', () => {
    const { stdout, stderr } = haloweave([...commands[0], '-n', '3', '--json']);
    const summary = JSON.parse(stdout.trim().split('\n').at(-1)!) as Record<string, unknown>;
    expect(summary).toMatchObject({ ranks: 3, transport: 'threads', results: { sumOfRanks: 3 } });
    // Everything but the object goes to standard error.
    expect(stdout.trim().split('\n')).toHaveLength(1);
    expect(stderr.match(/hello from rank \d of 3/g)).toHaveLength(3);
  });
});
