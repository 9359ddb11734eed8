import { readFileSync } from 'node:fs';
import { RunError, type RunOptions, run } from 'haloweave';
import { describe, expect, it } from 'vitest';
import { haloweave } from '../support/kernel-examples.js';
import { kernelProgramFile } from '../support/kernel-programs.js';

const FILE = kernelProgramFile('faults');

async function failure(fault: string, options: RunOptions = {}): Promise<RunError> {
  const error = await run(FILE, {
    cycles: 6,
    parts: 4,
    transport: 'inline',
    args: { fault },
    ...options,
  }).then(
    () => null,
    (e: unknown) => e,
  );
  expect(error, `'${fault}' was accepted`).toBeInstanceOf(RunError);
  return error as RunError;
}

/** The line of the program on which a text stands. */
function lineOf(text: string, nth = 0): number {
  const lines = readFileSync(FILE, 'utf8').split('\n');
  const found = lines.flatMap((line, k) => (line.includes(text) ? [k + 1] : []));
  return found[nth];
}

it('the program itself is sound', async () => {
  const result = await run(FILE, { cycles: 6, parts: 4, transport: 'inline', args: { fault: 'none' } });
  expect(result.cycles).toBe(6);
});

describe('a wrong domain or definition is refused by name', () => {
  it.each<[string, string, RegExp[]]>([
    [
      'halo too wide',
      'partition',
      [/partition \d+ is 3 cells wide along axis 0/, /halo of 4/, /at most 3 parts/],
    ],
    ['reserved name', 'argument', [/field.*'shape'/]],
    ['private name', 'argument', [/field.*'_u'/]],
    ['no fields', 'argument', [/0 fields/]],
    ['unknown dtype', 'argument', [/'f16'/, /f64, f32/]],
    ['four axes', 'argument', [/4 axes/, /1 to 3/]],
    ['empty axis', 'argument', [/axis 1 has 0 cells/]],
    ['dims of one axis', 'argument', [/1 axes/, /12x10/]],
    ['dims of three axes', 'argument', [/2x2x2/, /3 axes/]],
    ['parts text', 'usage', [/2y2/, /25, 5x5 or cells=1000/]],
    [
      'boundary name',
      'argument',
      [/"reflecting"/, /'periodic'/, /dirichlet/, /neumann/, /constant/, /function/],
    ],
    ['boundary on one side', 'argument', [/axis 0/, /one side only/]],
    ['boundary per axis', 'argument', [/lists 1 axes/, /has 2/]],
    ['fraction for i64', 'argument', [/0\.5/, /i64 field 'l'/]],
    ['list for a number', 'argument', [/axis 0 has 2 values/, /field 'u' has 1 component/]],
    ['list too short', 'argument', [/axis 0 has 2 values/, /field 'm' has 3 components/]],
    ['derivative without end', 'argument', [/axis 0: neumann is Infinity/]],
    ['field periodic by itself', 'argument', [/field 'u' is periodic along axis 0, but the grid is not/]],
    ['unknown centring', 'argument', [/field 'u'/, /'face'/, /'cell' or 'vertex'/]],
    ['no components', 'argument', [/field 'u' has 0 components/]],
    ['unknown property', 'argument', [/field 'u'/, /'centering'/, /centring/]],
    ['vector of another length', 'program', [/setup of partition 0/, /'u' has 2 numbers; give 3/]],
    [
      'swap of two kinds',
      'program',
      [/'u' is cell-centred, a number and 'v' is cell-centred, a vector of 1/],
    ],
    [
      'dot of two kinds',
      'argument',
      [/measure 'product': 'u' is cell-centred with 1 .*'m' is cell-centred with 2/],
    ],
    ['each of what', 'program', [/no scalar cell-centred field/, /u$/]],
    ['no domain', 'argument', [/return grid/]],
    ['no partition', 'argument', [/partition/]],
    ['share unknown', 'argument', [/share of phase 0/, /'w'/, /u, v, n/]],
    ['share no list', 'argument', [/share of phase 0/, /list/]],
    ['state unknown', 'argument', [/state/, /'w'/, /u, v, n/]],
    ['measure unknown', 'argument', [/measure 'heat'/, /'w'/, /u, v, n/]],
    ['measure none', 'argument', [/measure 'heat'/, /sum\('u'\)/]],
    ['output unknown', 'argument', [/output\.fields/, /'w'/]],
    ['output never', 'argument', [/output\.every is 0/]],
    ['lag negative', 'argument', [/lag is -1/]],
    ['measureEvery zero', 'argument', [/measureEvery is 0/]],
    ['no workunit', 'argument', [/workunit/]],
    ['no share', 'argument', [/share: \(\) => \['u'\]/]],
    ['phases too', 'argument', [/either phases, or a workunit and a share/]],
    ['no phases', 'argument', [/at least one phase/]],
    ['phase without share', 'argument', [/phase 0 needs a workunit and a share/]],
    ['fill unknown', 'program', [/setup of partition 0/, /no field 'w'/, /u, v, n/]],
    ['swap unknown', 'program', [/swap: there is no field 'w'/, /workunit of partition 0, cycle 0, phase 0/]],
    ['swap of two dtypes', 'program', [/'u' is f(loat)?64 and 'n' is i(nt)?32/]],
    ['report gathers unknown', 'argument', [/gather: there is no field 'w'/, /u, v, n/]],
  ])('%s', async (fault, code, patterns) => {
    const error = await failure(fault);
    expect(error.code).toBe(code);
    for (const pattern of patterns) expect(error.message).toMatch(pattern);
  });

  it('the same on ranks, where all refuse at once', async () => {
    const error = await failure('share unknown', { transport: 'threads', ranks: 3 });
    expect(error.code).toBe('argument');
    expect(error.message).toMatch(/share of phase 0 names a field 'w'/);
  });

  it('cycles that are no whole number', async () => {
    const file = FILE;
    const error = await run(file, {
      transport: 'inline',
      parts: 4,
      args: { fault: 'cycles fraction' },
    }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(RunError);
    expect((error as RunError).message).toMatch(/cycles is 2\.5/);
    await expect(run(file, { cycles: 2.5, args: { fault: 'none' } })).rejects.toMatchObject({
      code: 'usage',
    });
  });

  it('neither cycles nor until', async () => {
    const error = await run(FILE, { transport: 'inline', args: { fault: 'none' } }).catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 'usage' });
    expect((error as RunError).message).toMatch(/--cycles.*until/);
  });

  it.each([
    [
      'no-program',
      /no-program\.ts exports a value of type object by default: export default partitionKernel/,
    ],
    ['no-default', /no-default\.ts exports nothing by default: export default partitionKernel/],
  ])('%s: a default export that is no program', async (name, pattern) => {
    for (const options of [{ transport: 'inline' }, { ranks: 2 }] as RunOptions[]) {
      const error = await run(kernelProgramFile(name), { cycles: 1, ...options }).catch((e: unknown) => e);
      expect(error).toMatchObject({ code: 'usage' });
      expect((error as RunError).message).toMatch(pattern);
    }
  });

  it('parts that are no parts, before any rank starts', async () => {
    for (const parts of ['5 by 5', '0', 'cells=', [2.5, 2]])
      await expect(run(FILE, { cycles: 1, parts, args: { fault: 'none' } })).rejects.toMatchObject({
        code: 'usage',
      });
  });
});

describe('an exception in user code ends the run with its place', () => {
  const ways: [string, RunOptions][] = [
    ['inline', { transport: 'inline' }],
    ['on 3 ranks', { transport: 'threads', ranks: 3 }],
  ];

  it.each(ways)('workunit, %s', async (_, options) => {
    const error = await failure('workunit throws', options);
    expect(error.message).toBe('workunit of partition 2, cycle 3, phase 0: the flux is negative');
    expect(error.code).toBe('program');
    expect(error.place).toMatchObject({ partition: 2, cycle: 3, phase: 0, operation: 'workunit' });
    // The user's own file and line, not those of the bundle.
    expect(error.stack).toContain(`faults.ts:${lineOf("RangeError('the flux is negative')")}:`);
    expect(error.stack).toContain('RangeError');
    if (options.ranks) expect(error.rank).toBeGreaterThanOrEqual(0);
  });

  it.each(ways)('the second phase, %s', async (_, options) => {
    const error = await failure('second phase throws', options);
    expect(error.message).toBe('workunit of partition 2, cycle 3, phase 1: the flux is negative');
    expect(error.stack).toContain(`faults.ts:${lineOf("RangeError('the flux is negative')", 1)}:`);
  });

  it('something that is no Error', async () => {
    const error = await failure('workunit throws text');
    expect(error.message).toBe('workunit of partition 2, cycle 3, phase 0: just text');
  });

  it('a workunit that returns a promise', async () => {
    const error = await failure('workunit promises');
    expect(error.message).toMatch(/workunit of partition 2, cycle 3, phase 0 returned a promise/);
    expect(error.message).toMatch(/synchronous/);
  });

  it('setup, which throws or returns a promise', async () => {
    const thrown = await failure('setup throws');
    expect(thrown.message).toMatch(/^setup of partition 2\b.*no such initial state$/);
    expect(thrown.stack).toContain(`faults.ts:${lineOf('no such initial state')}:`);
    const promised = await failure('setup promises');
    expect(promised.message).toMatch(/setup of partition 0 returned a promise.*synchronous/);
  });

  it('a measure', async () => {
    const error = await failure('measure throws');
    expect(error.message).toBe('measure of partition 2, cycle 3, phase 0: no heat');
    expect(error.stack).toContain(`faults.ts:${lineOf("RangeError('no heat')")}:`);
  });

  it.each([
    ['until throws', 'undecided'],
    ['write throws', 'disk full'],
    ['report throws', 'nothing to report'],
  ])('%s: on ranks, none is left waiting', async (fault, text) => {
    const error = await failure(fault, { transport: 'threads', ranks: 2 });
    expect(error.code).toBe('program');
    expect(error.message).toContain(text);
    expect(error.stack).toContain(`faults.ts:${lineOf(text)}:`);
  });
});

describe('the exit code tells a failed program from wrong usage', () => {
  const command = (fault: string, ...options: string[]): ReturnType<typeof haloweave> =>
    haloweave(['run', FILE, '-n', '2', '--parts', '4', ...options, '--', '--fault', fault]);

  it('1, with the place and the stack of the user on standard error', () => {
    const { status, stdout, stderr } = command('workunit throws', '--cycles', '6');
    expect(status).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toContain('RangeError in workunit of partition 2, cycle 3, phase 0: the flux is negative');
    expect(stderr).toContain(`faults.ts:${lineOf("RangeError('the flux is negative')")}:`);
  });

  it('2, without a stack, for a run that would never end and for parts that are none', () => {
    for (const { status, stderr } of [command('none'), command('none', '--cycles', '1', '--parts', '2y2')]) {
      expect(status).toBe(2);
      expect(stderr).toMatch(/^haloweave: /);
      expect(stderr).not.toMatch(/^\s+at /m);
    }
  });
});
