import { describe, expect, it } from 'vitest';
import { haloweave, lastObject, start } from '../../support/command-line.js';
import { inCheckout, programFile } from '../../support/paths.js';

const echo = programFile('echo.ts');
const heat = inCheckout('examples/heat.ts');

/** The keys of the object that --json prints, in their order. */
const KEYS = [
  'program',
  'transport',
  'ranks',
  'parts',
  'cycles',
  'seconds',
  'cellsPerSecond',
  'measures',
  'hash',
  'results',
  'nondeterministic',
  'perRank',
  'hosts',
  'recoveries',
];

describe('the number of ranks', () => {
  it.each<[string, string[], Record<string, string>, number, string]>([
    ['-n before all', ['-n', '3'], { HALOWEAVE_RANKS: '2', OMP_NUM_THREADS: '1' }, 3, '-n'],
    [
      'HALOWEAVE_RANKS next',
      [],
      { HALOWEAVE_RANKS: '3', SLURM_CPUS_PER_TASK: '2', OMP_NUM_THREADS: '1' },
      3,
      'HALOWEAVE_RANKS',
    ],
    [
      'then SLURM_CPUS_PER_TASK',
      [],
      { SLURM_CPUS_PER_TASK: '2', OMP_NUM_THREADS: '1' },
      2,
      'SLURM_CPUS_PER_TASK',
    ],
    [
      'then OMP_NUM_THREADS, empty ones skipped',
      [],
      { HALOWEAVE_RANKS: '', OMP_NUM_THREADS: '1' },
      1,
      'OMP_NUM_THREADS',
    ],
  ])('%s, and the source is printed', async (_, words, env, ranks, source) => {
    const { code, out } = await haloweave(['run', echo, ...words], { env });
    expect(code).toBe(0);
    expect(out).toContain(`threads, ${ranks} rank${ranks === 1 ? '' : 's'} (${source})`);
    expect(out).toContain(`size: ${ranks}\n`);
  });

  it('is one with --transport inline, and -n is said to be ignored', async () => {
    const { code, out, err } = await haloweave(['run', echo, '-n', '4', '--transport', 'inline']);
    expect(code).toBe(0);
    expect(err).toContain('-n 4 is ignored');
    expect(out).toContain('inline, 1 rank (inline)');
  });
});

describe('--json', () => {
  it.each(['threads', 'inline'])(
    'puts one object on the last line of standard output, and what ranks print on standard error: %s',
    async (transport) => {
      const ended = await haloweave([
        'run',
        programFile('prints.ts'),
        ...(transport === 'inline' ? [] : ['-n', '2']),
        '--transport',
        transport,
        '--json',
        '--',
        '--lines',
        '5',
      ]);
      expect(ended.code).toBe(0);
      expect(ended.out.trimEnd().split('\n')).toHaveLength(1);
      const object = lastObject(ended);
      expect(Object.keys(object)).toEqual(KEYS);
      expect(object).toMatchObject({ transport, results: { lines: 5 }, cycles: 0, hash: null });
      expect(ended.err).toContain(`0 4 ${'a'.repeat(9000)}\n`);
    },
  );

  it('gives a kernel run’s cycles, measures, hash and work of each rank', async () => {
    const words = ['run', heat, '--cycles', '10', '--json', '--parts', '4', '--', '--shape', '32x32'];
    const [two, inline] = await Promise.all([
      haloweave([...words.slice(0, 2), '-n', '2', ...words.slice(2)]),
      haloweave([...words.slice(0, 2), '--transport', 'inline', ...words.slice(2)]),
    ]);
    expect([two.code, inline.code]).toEqual([0, 0]);
    const a = lastObject(two);
    const b = lastObject(inline);
    expect(a).toMatchObject({ transport: 'threads', ranks: 2, parts: 4, cycles: 10, nondeterministic: 0 });
    expect(a.hash).toMatch(/^[0-9a-f]{32}$/);
    expect([b.hash, b.measures, b.results]).toEqual([a.hash, a.measures, a.results]);
    const perRank = a.perRank as { partitions: number; workunits: number; seconds: object }[];
    expect(perRank.map((r) => [r.partitions, r.workunits])).toEqual([
      [2, 20],
      [2, 20],
    ]);
    for (const r of perRank) expect(Object.keys(r.seconds)).toEqual(['compute', 'halo', 'wait']);
  });
});

describe('what ranks print', () => {
  it('comes out as whole lines, each rank’s in order, however slowly the pipe is read', async () => {
    const lines = 60;
    const command = start(['run', programFile('prints.ts'), '-n', '4', '--', '--lines', String(lines)]);
    // A reader that stops until the pipe must be full: ranks then write lines in pieces.
    command.child.stdout.pause();
    setTimeout(() => command.child.stdout.resume(), 1500);
    const { code, out, err } = await command.ended;
    expect(code).toBe(0);
    const next = [0, 0, 0, 0];
    for (const line of out.split('\n')) {
      const found = /^([0-3]) (\d+) ([a-d]+)$/.exec(line);
      if (!found) continue;
      const rank = Number(found[1]);
      const k = next[rank]!++;
      expect(line).toBe(`${rank} ${k} ${'abcd'[rank]!.repeat(k % 4 === 0 ? 9000 : 20)}`);
    }
    expect(next).toEqual([lines, lines, lines, lines]);
    for (let r = 0; r < 4; r++) expect(err).toContain(`rank ${r} to standard error\n`);
  });

  it('is all there is on a pipe: no progress is shown', async () => {
    const { code, out, err } = await haloweave([
      'run',
      heat,
      '-n',
      '2',
      '--cycles',
      '300',
      '--',
      '--shape',
      '200x200',
    ]);
    expect(code).toBe(0);
    expect(err).toBe('');
    expect(out.split('\n')[0]).toMatch(/heat\.ts: done, 300 cycles in/);
  });
});

describe('programs', () => {
  it('get what follows --, also by way of demo', async () => {
    const [run, demo] = await Promise.all([
      haloweave(['run', echo, '-n', '1', '--json', '--', '--key', 'value', '--n', '5', 'rest']),
      haloweave(['demo', 'ring', '-n', '3', '--json', '--', '--rounds', '4']),
    ]);
    expect(lastObject(run)).toMatchObject({ results: { args: { key: 'value', n: 5, _: ['rest'] } } });
    expect(lastObject(demo)).toMatchObject({ results: { token: 12, rounds: 4 } });
  });

  it('are named relative to the folder of the user', async () => {
    const ended = await haloweave(['run', 'ring.ts', '-n', '1', '--json'], { cwd: inCheckout('examples') });
    expect(lastObject(ended)).toMatchObject({ program: 'ring.ts' });
  });
});
