import { describe, expect, it } from 'vitest';
import { type Ended, haloweave, lastObject, start } from '../../support/command-line.js';
import { kernelProgramFile } from '../../support/kernel-programs.js';
import { programFile } from '../../support/paths.js';

const throws = programFile('ends/throws.ts');
const dies = programFile('ends/dies.ts');
const waits = programFile('ends/waits.ts');
const going = kernelProgramFile('going');

function firstLines(ended: Ended, n: number): string {
  return ended.err.split('\n').slice(0, n).join('\n');
}

describe('an error on one rank ends the run on all, with code 1 and the user’s stack first', () => {
  it.each(['recv', 'barrier', 'full', 'large', 'await', 'compute', 'timer'])(
    'while the others are in %s',
    async (state) => {
      const ended = await haloweave(['run', throws, '-n', '4', '--', '--state', state, '--bad', '2']);
      expect(ended.code).toBe(1);
      expect(ended.signal).toBeNull();
      expect(firstLines(ended, 2)).toMatch(
        /^RangeError: rank 2 has had enough\n +at fail \(.*ends\/throws\.ts:\d+:\d+\)$/,
      );
      expect(ended.err).toMatch(/at .*main \(.*ends\/throws\.ts:8:\d+\)/);
      expect(ended.out).toBe('');
    },
  );

  it('inline too', async () => {
    const ended = await haloweave(['run', throws, '--transport', 'inline', '--', '--bad', '0']);
    expect(ended.code).toBe(1);
    expect(firstLines(ended, 2)).toMatch(
      /^RangeError: rank 0 has had enough\n +at fail \(.*ends\/throws\.ts:\d+:\d+\)/,
    );
  });
});

describe('a rank that goes away is named, and the others do not wait for it', () => {
  it.each<[string, RegExp]>([
    ['exit', /^the thread of rank 1 ended before its work was done: .*7\n$/],
    [
      'rejection',
      /^the thread of rank 1 ended .*: nobody caught this\n +at unheeded \(.*ends\/dies\.ts:\d+:\d+\)/,
    ],
    ['promise', /^RangeError: nobody caught this\n +at unheeded \(.*ends\/dies\.ts:\d+:\d+\)/],
    ['string', /^Error: a value that is no Error was thrown: only a text\n/],
  ])('%s', async (how, message) => {
    const ended = await haloweave(['run', dies, '-n', '3', '--', '--how', how]);
    expect(ended.err).toMatch(message);
    // A thread that is gone is no exception of the program's.
    expect(ended.code).toBe(how === 'exit' ? 3 : 1);
  });

  it('out of memory', async () => {
    const ended = await haloweave(['run', dies, '-n', '2', '--', '--how', 'memory'], {
      node: ['--max-old-space-size=64'],
    });
    expect(ended.err).toMatch(/^the thread of rank 1 ended before its work was done: .*memory/);
    expect(ended.code).toBe(3);
  });

  it('a result that cannot leave its thread', async () => {
    const ended = await haloweave(['run', programFile('ends/unclonable.ts'), '-n', '2']);
    expect(ended.err).toMatch(
      /^HaloweaveError: what the program returned cannot leave its thread: .*return plain data/,
    );
    expect(ended.code).toBe(1);
  });
});

describe('an interrupt', () => {
  it.each<[string, string[]]>([
    ['blocked', []],
    ['computing', ['--', '--compute']],
  ])('ends ranks that are %s, with code 130; what they printed before is there', async (_, words) => {
    const command = start(['run', waits, '-n', '3', ...words]);
    await command.seen((text) => [0, 1, 2].every((r) => text.includes(`rank ${r} is about to block\n`)));
    command.interrupt();
    const ended = await command.ended;
    expect(ended.code).toBe(130);
    for (let r = 0; r < 3; r++) expect(ended.out).toContain(`rank ${r} is about to block\n`);
    expect(ended.err).toContain('interrupted');
    expect(ended.err).not.toMatch(/^ +at /m);
  });

  it.each<[string, string[], NodeJS.Signals]>([
    ['threads', ['-n', '2'], 'SIGINT'],
    ['threads', ['-n', '3', '--parts', '7'], 'SIGTERM'],
    ['inline', ['--transport', 'inline'], 'SIGINT'],
  ])(
    'ends a kernel at one cycle for all parts and prints the summary so far: %s %j',
    async (_, words, signal) => {
      const command = start(['run', going, ...words, '--cycles', '100000000', '--json']);
      await command.seen((text) => text.includes('going\n'));
      command.interrupt(signal);
      const ended = await command.ended;
      expect(ended.code).toBe(130);
      const so = lastObject(ended);
      expect(Number.isInteger(so.cycles)).toBe(true);
      expect(so.cycles).toBeGreaterThan(0);
      const perRank = so.perRank as { partitions: number; workunits: number }[];
      for (const r of perRank) expect(r.workunits).toBe(r.partitions * Number(so.cycles));
      expect(so.hash).toMatch(/^[0-9a-f]{32}$/);
      // The state is that after as many cycles, whoever computes it.
      const again = await haloweave(['run', going, '-n', '2', '--cycles', String(so.cycles), '--json']);
      expect(lastObject(again).hash).toBe(so.hash);
    },
  );

  it('twice does not wait', async () => {
    const command = start(['run', waits, '-n', '2', '--', '--compute']);
    await command.seen((text) => [0, 1].every((r) => text.includes(`rank ${r} is about to block\n`)));
    command.interrupt();
    command.interrupt();
    expect((await command.ended).code).toBe(130);
  });
});
