import { chmodSync } from 'node:fs';
import { Cluster, type HaloweaveError } from 'haloweave';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatKeys, type KeyPair, newKeyPair } from '../../../../core/transport/zeromq/keys.js';
import { haloweave, lastObject, start } from '../../../support/command-line.js';
import { exampleFile } from '../../../support/kernel-programs.js';
import { ScratchFolder } from '../../../support/paths.js';
import { TestWorker } from '../../../support/workers.js';

const ring = exampleFile('ring');
const folder = new ScratchFolder();
afterAll(() => folder[Symbol.dispose]());

function keyFile(name: string, own: KeyPair, others: Record<string, KeyPair> = {}): string {
  const allowed = new Map([
    [own.publicKey, name],
    ...Object.entries(others).map(([called, pair]) => [pair.publicKey, called] as const),
  ]);
  const path = folder.write(`${name}.keys`, formatKeys({ ...own, allowed }));
  chmodSync(path, 0o600);
  return path;
}

const [a, b, stranger] = [newKeyPair(), newKeyPair(), newKeyPair()];
/** The worker's file allows b's key; b's file names the worker's; the stranger's knows it, and is not listed. */
const files = {
  a: keyFile('a', a, { b }),
  b: keyFile('b', b, { a }),
  stranger: keyFile('stranger', stranger, { a }),
};

describe('a worker with keys', () => {
  let worker: TestWorker;
  let plain: TestWorker;
  beforeAll(async () => {
    worker = await TestWorker.listen(['-n', '2', '--keys', files.a]);
    plain = await TestWorker.listen(['-n', '2']);
  });
  afterAll(async () => {
    for (const w of [worker, plain]) {
      // Whoever was refused has not reached the part that would have answered it.
      expect(w.process.err).not.toContain('busy');
      expect((await w.end()).code).toBe(0);
    }
  });

  it('serves whoever has its file, and whoever is listed and knows its key by the name in the file', async () => {
    const same = await haloweave(['run', ring, '--host', worker.address, '--keys', files.a, '--json']);
    expect(same.err).toBe('');
    expect(lastObject(same).results).toEqual({ token: 3, rounds: 3 });
    for (const key of ['a', a.publicKey]) {
      const hostfile = folder.write('hosts', `${worker.address} key=${key}\n`);
      await using cluster = await Cluster.start({ hostfile, keys: files.b });
      expect((await cluster.run(ring)).results).toEqual({ token: 3, rounds: 3 });
    }
  });

  /** Starts a cluster that comes to nothing, and gives the error and what both sides said. */
  async function refused(
    w: TestWorker,
    options: { keys?: string; key?: string },
  ): Promise<{ message: string; here: string[]; there: () => string[] }> {
    const before = w.process.err.length;
    const here: string[] = [];
    const key = options.key === undefined ? '' : ` key=${options.key}`;
    const error = await Cluster.start({
      hostfile: folder.write('refused', `${w.address}${key}\n`),
      ...(options.keys === undefined ? {} : { keys: options.keys }),
      // Within a second a refusal has its name.
      patience: 1000,
      onNotice: (text) => here.push(text),
    }).then(
      () => expect.unreachable('it was not refused'),
      (e: HaloweaveError) => e,
    );
    expect(error.code).toBe('usage');
    const start = `no worker answers at tcp://${w.address} (waited 1 s): `;
    expect(error.message.slice(0, start.length)).toBe(start);
    const there = (): string[] =>
      w.process.err.slice(before).replaceAll('haloweave worker: ', '').split('\n').filter(Boolean);
    return { message: error.message.slice(start.length), here, there };
  }

  it.each<[string, { keys: string; key?: string }, RegExp, RegExp]>([
    [
      'expects another key',
      { keys: files.b },
      /^wrong server key: a client expects another server's key than this one's/,
      /^handshake ended: .*most likely it has another key than expected/,
    ],
    [
      'has a key that is not listed',
      { keys: files.stranger, key: 'a' },
      /^unknown key: a client at 127\.0\.0\.1 has a key that nobody listed; .*allow = /,
      /^unlisted key: the server refused this host's key/,
    ],
  ])(
    'refuses by name whoever %s, in one line on each side; the error says it',
    async (_, options, there, here) => {
      const before = worker.process.err.length;
      const got = await refused(worker, options);
      expect(got.message).toMatch(here);
      expect(got.here).toEqual([expect.stringMatching(here)]);
      await worker.process.seen(() => worker.process.err.slice(before).includes('\n'));
      expect(got.there()).toEqual([expect.stringMatching(there)]);
    },
  );

  // Whichever side sees first that only one of them has keys names it and goes; the other may see only that.
  it.each<[string, boolean, RegExp]>([
    [
      'a coordinator without keys and a worker with some',
      true,
      /^(plaintext client: a client without keys came to a link that wants|server with keys: the server wants keys)/,
    ],
    [
      'a coordinator with keys and a worker without any',
      false,
      /^(client with keys: a client with keys came to a link without|plaintext server: the server has no keys)/,
    ],
  ])('%s find out by name, without saying it over and over', async (_, keyed, name) => {
    const w = keyed ? worker : plain;
    const got = await refused(w, keyed ? {} : { keys: files.b });
    await w.process.seen(() => [...got.here, ...got.there()].some((line) => name.test(line)));
    expect([...got.here, ...got.there()].some((line) => name.test(line))).toBe(true);
    for (const lines of [got.here, got.there()]) expect(new Set(lines).size).toBe(lines.length);
  });

  it('connects to a coordinator by its key or its name', async () => {
    for (const key of ['b', b.publicKey]) {
      const command = start([
        'run',
        ring,
        '--listen',
        'tcp://127.0.0.1:0',
        '-n',
        '1',
        '--keys',
        files.b,
        '--json',
      ]);
      await command.seen((text) => text.includes('--connect'));
      const [, endpoint] = /--connect (tcp:\S+)/.exec(command.err) ?? [];
      const words = ['worker', '--connect', endpoint!, '-n', '1', '--keys', files.a, '--server-key', key];
      const joined = await haloweave(words);
      expect(joined.code).toBe(0);
      expect(lastObject(await command.ended).results).toMatchObject({ rounds: 3 });
    }
  });

  it.each<[string[], RegExp]>([
    [
      ['--connect', 'tcp://127.0.0.1:9', '--keys', files.a, '--server-key', 'nobody'],
      /tcp:\/\/127\.0\.0\.1:9: its key nobody is neither a public key .* nor a name that the key file allows/,
    ],
    [
      ['--connect', 'tcp://127.0.0.1:9', '--server-key', 'b'],
      /tcp:\/\/127\.0\.0\.1:9 has a key, but there are none here: give --keys FILE/,
    ],
    [
      ['--listen', 'tcp://127.0.0.1:0', '--server-key', 'b'],
      /worker: --server-key is that of a coordinator to --connect to/,
    ],
  ])('%j is wrong usage', async (words, message) => {
    const ended = await haloweave(['worker', ...words]);
    expect(ended.code).toBe(2);
    expect(ended.err).toMatch(message);
  });
});
