import { afterAll, describe, expect, it } from 'vitest';
import { haloweave } from '../../support/command-line.js';
import { inCheckout, programFile, ScratchFolder } from '../../support/paths.js';

const folder = new ScratchFolder();
afterAll(() => folder[Symbol.dispose]());
const heat = inCheckout('examples/heat.ts');
const echo = programFile('echo.ts');

describe('wrong usage ends with code 2, nothing on standard output, and no stack', () => {
  const broken = folder.write('broken.ts', 'const a = 1;\nexport default function main(a b) {}\n');
  const empty = folder.write('empty.ts', 'export const x = 1;\n');
  const number = folder.write('number.ts', 'export default 42;\n');
  const missing = folder.write(
    'missing.ts',
    "import { nothing } from 'haloweave/nothing';\nexport default () => nothing;\n",
  );
  const lost = folder.write('lost.ts', "import './not-there.js';\nexport default () => 1;\n");

  it.each<[string, string[], string[]]>([
    ['an unknown command', ['fly'], ["unknown command 'fly'", '--help']],
    [
      'an unknown option',
      ['run', echo, '--frobnicate'],
      ["unknown option '--frobnicate'", 'Usage: haloweave run'],
    ],
    ['no file', ['run'], ["missing required argument 'file'"]],
    ['a file that is not there', ['run', 'no-such-file.ts'], ['no-such-file.ts']],
    ['a syntax error', ['run', broken], ['broken.ts:2:32: Expected', 'export default function main(a b) {}']],
    [
      'no default export',
      ['run', empty, '-n', '2'],
      ['empty.ts exports nothing by default', 'partitionKernel'],
    ],
    ['a default export of the wrong type', ['run', number, '-n', '1'], ['a value of type number']],
    [
      'an import that haloweave does not have',
      ['run', missing],
      ["'haloweave/nothing' is not exported", 'missing.ts:1:'],
    ],
    ['an import that is not there', ['run', lost], ['lost.ts:1:', './not-there.js']],
    ['no end to the run', ['run', heat, '-n', '2'], ['never end', '--cycles N', 'until']],
    ['no ranks', ['run', echo, '-n', '0'], ['-n 0: use a whole number of 1 or more']],
    ['ranks that are no number', ['run', echo, '-n', 'many'], ['-n many']],
    ['too many ranks', ['run', echo, '-n', '5000'], ['5000 ranks on one host', '1 to 1024']],
    ['cycles that are no number', ['run', heat, '--cycles', '-3'], ['--cycles -3']],
    ['parts that are none', ['run', heat, '--cycles', '1', '--parts', '3xx4'], ['3xx4']],
    ['no parts', ['run', heat, '--cycles', '1', '--parts', '0'], ['0']],
    [
      'a transport that is none',
      ['run', echo, '--transport', 'pigeon'],
      ['--transport pigeon', 'there are threads, inline and zeromq'],
    ],
    ['an example that is none', ['demo', 'nothing'], ["no example 'nothing'", 'heat', 'ring']],
    [
      'an option of the program that is none',
      ['run', echo, '--', '--1x', '2'],
      ["a program's option starts with a letter"],
    ],
  ])('%s', async (_, words, parts) => {
    const ended = await haloweave(words);
    expect(ended.err).not.toMatch(/^ +at /m);
    for (const part of parts) expect(ended.err).toContain(part);
    expect(ended.out).toBe('');
    expect(ended.code).toBe(2);
  });

  it('a variable of the environment that is no number', async () => {
    const ended = await haloweave(['run', echo], { env: { OMP_NUM_THREADS: '2,4' } });
    expect(ended.code).toBe(2);
    expect(ended.err).toContain('OMP_NUM_THREADS=2,4 must be a whole number');
  });
});

describe('help and version', () => {
  it('are printed, and are no failure', async () => {
    const [version, help, run] = await Promise.all([
      haloweave(['--version']),
      haloweave(['--help']),
      haloweave(['run', '--help']),
    ]);
    expect([version.code, help.code, run.code]).toEqual([0, 0, 0]);
    expect(version.out).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(help.out).toContain('run [options] <file>');
    for (const option of ['--ranks', '--parts', '--cycles', '--transport', '--hash', '--json'])
      expect(run.out).toContain(option);
  });
});
