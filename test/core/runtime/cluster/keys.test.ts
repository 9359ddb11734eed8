import { afterAll, describe, expect, it } from 'vitest';
import { readKeyFile } from '../../../../core/transport/zeromq/key-file.js';
import { haloweave, lastObject, start } from '../../../support/command-line.js';
import { exampleFile } from '../../../support/kernel-programs.js';
import { ScratchFolder } from '../../../support/paths.js';
import { TestWorker } from '../../../support/workers.js';

const ring = exampleFile('ring');
const heat = exampleFile('heat');
/** Of heat with 200 cycles, on threads. */
const HASH = '930ea44b07753bd8282654bf36fc6d44';

const folder = new ScratchFolder();
afterAll(() => folder[Symbol.dispose]());

/** Makes a key file as a user would; `allow` are other files whose keys may connect. */
async function keygen(name: string, allow: readonly string[] = []): Promise<string> {
  const path = `${folder.path}/${name}.keys`;
  const words = allow.flatMap((other) => ['--allow', other]);
  expect((await haloweave(['keygen', path, '--name', name, ...words])).code).toBe(0);
  return path;
}

/** Workers that are killed when the variable leaves its scope. */
class Workers implements AsyncDisposable {
  readonly all: TestWorker[] = [];

  async start(...words: string[]): Promise<TestWorker> {
    const worker = await TestWorker.listen(words, { TMPDIR: folder.path });
    this.all.push(worker);
    return worker;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const w of this.all) w.process.child.kill('SIGKILL');
    await Promise.all(this.all.map((w) => w.process.ended));
  }
}

const keysOf = (path: string | null): string[] => (path === null ? [] : ['--keys', path]);

describe('runs with keys', () => {
  it('go on two workers with one file for all, again and again', async () => {
    const file = await keygen('shared');
    await using workers = new Workers();
    const [a, b] = [
      await workers.start('-n', '1', '--keys', file),
      await workers.start('-n', '2', '--keys', file),
    ];
    const words = ['run', heat, '--host', `${a.address},${b.address}`, '--keys', file];
    for (let k = 0; k < 2; k++) {
      const ended = await haloweave([...words, '--cycles', '200', '--json']);
      expect(ended.err).toBe('');
      expect(lastObject(ended)).toMatchObject({ ranks: 3, hash: HASH });
    }
    for (const w of workers.all) {
      const ended = await w.end();
      expect(ended.code).toBe(0);
      expect(ended.err).toMatch(
        /info +a coordinator has connected\n.*info +host [12]: joined .*\n.*info +served .*, 1 epoch: the coordinator is done\n/,
      );
      expect(ended.err).not.toContain('warn');
    }
  });

  it('go on three workers with a file each, the keys told by name and in full', async () => {
    // Every worker lets the coordinator in only: workers' data links have keys that the coordinator tells.
    const coordinator = await keygen('coordinator');
    const files: string[] = [];
    for (const k of [1, 2, 3]) files.push(await keygen(`worker-${k}`, [coordinator]));
    const known = await keygen('coordinator-2', files);
    for (const [k, file] of files.entries()) files[k] = await keygen(`mutual-${k + 1}`, [known, file]);
    const listed = await keygen('coordinator-3', files);
    await using workers = new Workers();
    // The file that lists the workers is the one whose key they list.
    expect(readKeyFile(listed).allowed.size).toBe(4);
    for (const file of files) await workers.start('-n', '1', '--keys', file);
    const [a, b, c] = workers.all.map((w) => w.address);
    const hosts = folder.write(
      'hosts',
      `${a} key=worker-1\n${b} key=worker-2 # by name\n${c} key=${readKeyFile(files[2]!).publicKey}\n`,
    );
    expect(hosts).toBeDefined();
  });
});

void ring;
void start;
void keysOf;
