import { describe, expect, it } from 'vitest';
import { haloweave, lastObject } from '../../support/command-line.js';
import { inCheckout } from '../../support/paths.js';

const heat = ['run', inCheckout('examples/heat.ts'), '-n', '2', '--cycles', '6'];
const small = ['--', '--shape', '24x20'];
const breakers = ['run', inCheckout('test/programs/kernel/rule-breakers.ts'), '-n', '2', '--cycles', '6'];

describe('--check', () => {
  it('says that nothing was found, on standard error, and gives the hash as ever', async () => {
    const plain = await haloweave([...heat, '--json', ...small]);
    const checked = await haloweave([...heat, '--check', '--json', ...small]);
    expect(checked.code).toBe(0);
    expect(checked.err).toContain(
      'haloweave: checked: workunits gave the same twice, in any order, and wherever their partitions were\n',
    );
    const [a, b] = [lastObject(plain), lastObject(checked)];
    expect(b.hash).toMatch(/^[0-9a-f]{32}$/);
    expect(b.hash).toBe(a.hash);
    expect(Object.keys(b)).toEqual(Object.keys(a));
  });

  it('ends with 1 and the place of what it found', async () => {
    const { code, err } = await haloweave([...breakers, '--check', '--', '--fault', 'random']);
    expect(code).toBe(1);
    expect(err).toMatch(
      /workunit of partition \d+, cycle 2, phase 0 gave different results when it was run again: field 'q' at/,
    );
  });

  it('ends with 1 where only the whole run differs', async () => {
    const { code, err } = await haloweave([...breakers, '--check', '--', '--fault', 'rank']);
    expect(code).toBe(1);
    expect(err).toMatch(/the program gave .* when its partitions moved between ranks: what it remembers/);
  });

  it('has nothing to say of ranks and messages, and runs them once', async () => {
    const { code, out, err } = await haloweave([
      'run',
      inCheckout('examples/hello-ranks.ts'),
      '-n',
      '2',
      '--check',
    ]);
    expect(code).toBe(0);
    expect(err).toContain('--check finds nothing to check: the program is no kernel program');
    const once = await haloweave(['run', inCheckout('examples/hello-ranks.ts'), '-n', '2']);
    const lines = (text: string): number => text.split('\n').length;
    expect(lines(out)).toBe(lines(once.out));
  });

  it('does not go with a trace', async () => {
    const { code, err } = await haloweave([...heat, '--check', '--trace', 'trace.json', ...small]);
    expect(code).toBe(2);
    expect(err).toMatch(/^haloweave: a run is checked or traced, not both/m);
  });
});
