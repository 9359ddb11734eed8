import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { openLog, readableLine } from '../../../core/observe/log.js';
import { compiledUrl, ScratchFolder } from '../../support/paths.js';

const folder = new ScratchFolder();
afterAll(() => folder[Symbol.dispose]());

/** What `write` leaves in a file, read before it is closed: nothing may be under way. */
function written(json: boolean | undefined, write: (fd: number) => void): string[] {
  const path = `${folder.path}/log-${String(json)}`;
  const fd = openSync(path, 'w');
  write(fd);
  const text = readFileSync(path, 'utf8');
  closeSync(fd);
  return text.trimEnd().split('\n');
}

describe('the log of a host', () => {
  it.each([true, undefined])('is a JSON object a line in a file (json: %s)', (json) => {
    const lines = written(json, (fd) => {
      const log = openLog({ fd, fields: { host: 2 }, ...(json === undefined ? {} : { json }) });
      log.child({ peer: 3, epoch: 1 }).warn({ address: '10.0.0.7' }, 'a text');
      log.error(new Error('boom'));
      log.debug('not this');
    }).map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatchObject({
      level: 'warn',
      host: 2,
      peer: 3,
      epoch: 1,
      address: '10.0.0.7',
      msg: 'a text',
    });
    expect(lines[0]!.time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(lines[1]).toMatchObject({ level: 'error', msg: 'boom' });
    expect((lines[1]!.err as { stack: string }).stack).toContain('log.test.ts');
  });

  it('is a line for people if wanted', () => {
    const lines = written(false, (fd) => {
      const log = openLog({ fd, json: false, level: 'debug', fields: { host: 2 } });
      log.child({ peer: 3, epoch: 1 }).warn({ address: '10.0.0.7', held: 4 }, 'a text');
      log.error(new Error('boom'));
      log.error({ err: new Error('boom') }, 'it failed');
      log.debug({ name: 'two words' }, 'this too');
    }).map((line) => line.replace(/^\S+Z /, ''));
    expect(lines).toEqual([
      'warn  host 2 peer 3 epoch 1: a text address=10.0.0.7 held=4',
      'error host 2: boom',
      'error host 2: it failed: boom',
      'debug host 2: this too name="two words"',
    ]);
  });

  it('one event is one line, and no text can command a terminal', () => {
    const line = readableLine({
      time: 'T',
      level: 'warn',
      host: '2\n',
      msg: 'a\u001b[31mb\r\nc\u202ed',
      name: 'x"\u0007',
      '\u009b1m': 1,
    });
    expect(line).toBe(
      'T warn  host "2\\n": a\\u001b[31mb\\u000d\\u000ac\\u202ed name="x\\"\\u0007" \\u009b1m=1\n',
    );
  });

  it('has every line when the process is killed right after', () => {
    const program = `
      import { openLog } from ${JSON.stringify(compiledUrl('core/observe/log.ts'))};
      const log = openLog();
      for (let k = 0; k < 500; k++) log.info({ k }, 'x'.repeat(100));
      process.kill(process.pid, 'SIGKILL');`;
    const ended = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
    expect(ended.signal).toBe('SIGKILL');
    const lines = ended.stderr.trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { k: number }).k)).toEqual(
      Array.from({ length: 500 }, (_, k) => k),
    );
  });
});
