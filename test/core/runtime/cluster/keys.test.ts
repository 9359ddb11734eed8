import { chmodSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { formatKeys, newKeyPair } from '../../../../core/transport/zeromq/keys.js';
import { type Ended, haloweave, lastObject, start } from '../../../support/command-line.js';
import { WorkerProcesses } from '../../../support/faults/worker-processes.js';
import { exampleFile } from '../../../support/kernel-programs.js';
import { ScratchFolder } from '../../../support/paths.js';

const ring = exampleFile('ring');
const heat = exampleFile('heat');
/** Of heat with 200 cycles, on threads. */
const HASH = '930ea44b07753bd8282654bf36fc6d44';

const folder = new ScratchFolder();
afterAll(() => folder[Symbol.dispose]());

/** A machine with a pair of keys. */
class Machine {
  readonly pair = newKeyPair();

  constructor(readonly name: string) {}

  /** The options for a file with this pair that allows `others`. */
  file(...others: Machine[]): string[] {
    const text = formatKeys({
      ...this.pair,
      allowed: new Map(others.map((m) => [m.pair.publicKey, m.name])),
    });
    const path = folder.write(`${this.name}.keys`, text);
    chmodSync(path, 0o600);
    return ['--keys', path];
  }
}

const warnings = (log: string): string[] => log.split('\n').filter((line) => line.includes(' warn '));

describe('runs with keys', () => {
  it('go on workers with one file for all, one after the other', async () => {
    const keys = ((all) => all.file(all))(new Machine('all'));
    await using processes = new WorkerProcesses();
    const workers = [await processes.listen(1, keys), await processes.listen(1, keys)];
    const words = ['run', heat, '--host', processes.hosts, ...keys];
    for (let k = 0; k < 2; k++) {
      const ended = await haloweave([...words, '--cycles', '200', '--json']);
      expect(ended.err).toBe('');
      expect(lastObject(ended)).toMatchObject({ ranks: 2, hash: HASH });
    }
    for (const worker of workers) {
      const { code, err } = await worker.end();
      expect(code).toBe(0);
      const served = String.raw`info +a coordinator has connected\n.*info +host \d: joined .*\n.*info +served .*, 1 epoch: .*\n`;
      expect(err).toMatch(new RegExp(`^.*${served}.*${served}$`));
    }
  });

  it('go on three workers with a file each that allows the others, their keys told by name and in full', async () => {
    const machines = ['c', 'w1', 'w2', 'w3'].map((name) => new Machine(name));
    const [keys, ...files] = machines.map((m) => m.file(...machines.filter((other) => other !== m)));
    await using processes = new WorkerProcesses();
    const workers = await Promise.all(files.map((file) => processes.listen(1, file)));
    const [a, b, c] = workers.map((w) => w.address);
    const hosts = folder.write(
      'hosts',
      `${a} key=w1\n${b} key=${machines[2]!.pair.publicKey}\n${c} key=w3\n`,
    );
    const ended = await haloweave(['run', heat, '--hostfile', hosts, ...keys!, '--cycles', '200', '--json']);
    expect(ended.err).toBe('');
    expect(lastObject(ended)).toMatchObject({ ranks: 3, hash: HASH });
    // Nobody's data links were refused, in whatever order the workers heard of each other.
    for (const worker of workers) expect(warnings((await worker.end()).err)).toEqual([]);
  });

  it('go on workers that join, with files of their own', async () => {
    const [c, w] = [new Machine('c'), new Machine('w')];
    await using processes = new WorkerProcesses();
    const run = start(['run', ring, '--listen', 'tcp://localhost:0', '-n', '2', '--json', ...c.file(w)]);
    await run.seen((text) => text.includes('--connect'));
    const [, endpoint] = /--connect (tcp:\S+)/.exec(run.err) ?? [];
    const words = ['--server-key', 'c', ...w.file(c)];
    const workers = [1, 1].map((ranks) => processes.connect(endpoint!, ranks, words));
    expect(lastObject(await run.ended)).toMatchObject({ ranks: 2, results: { token: 3 } });
    for (const worker of workers) expect((await worker.process.ended).code).toBe(0);
  });
});

/** What is wrong, the keys of both sides, and what the one that connects and the one that listens say. */
const all = new Machine('all');
const other = new Machine('other');
const mismatches: [string, () => string[], () => string[], RegExp, RegExp][] = [
  [
    'no keys, where some are wanted',
    () => all.file(all),
    () => [],
    /: server with keys: .*give --keys here too/,
    // Of two sides that find out at once that they do not fit, one may only see the other go.
    /plaintext client: .*start it with --keys|handshake ended: .*a client that has no keys/,
  ],
  [
    'keys, where none are',
    () => [],
    () => all.file(all),
    /: plaintext server: .*start it with --keys/,
    /client with keys: .*give both sides --keys, or neither|handshake ended: .*a client that wants keys/,
  ],
  [
    'another file',
    () => all.file(all),
    () => other.file(other),
    /: handshake ended: .*most likely it has another key.*; use the same key file on both sides, or say which key it has/,
    /wrong server key: .*compare the key files/,
  ],
];

describe('keys that do not fit end the command that connects with code 2 and advice:', () => {
  const said = (ended: Ended, what: RegExp): void => {
    const lines = ended.err.split('\n').filter((line) => what.test(line));
    expect(lines).toEqual([expect.stringMatching(/^haloweave: the (worker|coordinator) at tcp:/)]);
    expect(ended.code).toBe(2);
  };

  it.each(mismatches)('run, with %s', async (_, listens, connects, there, here) => {
    await using processes = new WorkerProcesses();
    const worker = await processes.listen(1, listens());
    said(await haloweave(['run', ring, '--host', worker.address, ...connects()]), there);
    await worker.process.seen((text) => here.test(text));
    expect(worker.process.err.split('\n').filter((line) => here.test(line))).toHaveLength(1);
    // The worker is none the worse for it.
    const good = await haloweave(['run', ring, '--host', worker.address, '--json', ...listens()]);
    expect(lastObject(good).results).toEqual({ token: 0, rounds: 3 });
    expect((await worker.end()).code).toBe(0);
  });

  it.each(mismatches)('worker, with %s', async (_, listens, connects, there, here) => {
    const run = start(['run', ring, '--listen', 'tcp://127.0.0.1:0', '--json', ...listens()]);
    await run.seen((text) => text.includes('--connect'));
    const [, endpoint] = /--connect (tcp:\S+)/.exec(run.err) ?? [];
    const words = ['worker', '--connect', endpoint!, '-n', '1'];
    said(await haloweave([...words, ...connects()]), there);
    await run.seen((text) => here.test(text));
    expect(run.err.split('\n').filter((line) => here.test(line))).toHaveLength(1);
    expect((await haloweave([...words, ...listens()])).code).toBe(0);
    expect(lastObject(await run.ended).results).toEqual({ token: 0, rounds: 3 });
  });

  it('a key that is not on the list', async () => {
    await using processes = new WorkerProcesses();
    const worker = await processes.listen(1, ['--log-json', ...all.file(all)]);
    const hosts = folder.write('hosts', `${worker.address} key=all\n`);
    const ended = await haloweave(['run', ring, '--hostfile', hosts, ...other.file(all)]);
    const { publicKey } = other.pair;
    expect(ended.code).toBe(2);
    expect(ended.err).toContain(`haloweave: the worker at tcp://${worker.address}: unlisted key: `);
    expect(ended.err).toContain(`add 'allow = ${publicKey} NAME' to the key file there and start it again`);
    const { err } = await worker.end();
    const lines = err
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines).toEqual([
      expect.objectContaining({
        level: 'warn',
        refusal: 'unknown key',
        address: '127.0.0.1',
        key: publicKey,
        msg: expect.stringContaining(`add 'allow = ${publicKey} NAME'`) as string,
      }),
    ]);
  });

  it.each<[string, () => string[], RegExp]>([
    ['a key in the host file, and none of its own', () => [], /key=all is named, but this side has no keys/],
    ['a name that its file does not know', () => other.file(other), /key=all: neither a public key/],
  ])('run, with %s', async (_, keys, message) => {
    const hosts = folder.write('hosts', '127.0.0.1:9 key=all\n');
    const ended = await haloweave(['run', ring, '--hostfile', hosts, ...keys()]);
    expect(ended.err).toMatch(message);
    expect(ended.code).toBe(2);
  });

  it('addresses that others can reach, without keys', async () => {
    for (const words of [
      ['worker', '--listen', 'tcp://0.0.0.0:0'],
      ['worker', '--connect', 'tcp://10.0.0.1:7100'],
      ['run', ring, '--listen', 'tcp://0.0.0.0:0'],
      ['run', ring, '--host', '10.0.0.1'],
    ]) {
      const ended = await haloweave(words);
      expect(ended.err).toMatch(/^haloweave: tcp:.*: this needs keys, .*give --keys FILE/);
      expect(ended.code).toBe(2);
    }
  });
});
