import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { type Ended, type Started, start } from '../../support/command-line.js';
import { exampleFile } from '../../support/kernel-programs.js';
import { ScratchFolder } from '../../support/paths.js';

const ring = exampleFile('ring');

/** Something that takes connections and says nothing. */
async function silent() {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const connected = once(server, 'connection');
  server.on('connection', (socket) => socket.on('error', () => {}));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    connected,
    [Symbol.dispose]: () => void server.close(),
  };
}

/** Starts it with a temporary folder of its own, interrupts it when it waits, and looks that the folder is empty afterwards. */
async function interrupted(words: string[], waits: (command: Started) => Promise<unknown>): Promise<Ended> {
  using folder = new ScratchFolder();
  const command = start(words, { env: { TMPDIR: folder.path } });
  await waits(command);
  command.interrupt();
  const ended = await command.ended;
  expect(readdirSync(folder.path)).toEqual([]);
  return ended;
}

const says = (what: string) => (command: Started) => command.seen((text) => text.includes(what));

describe('Ctrl-C ends what waits for others', () => {
  it('a run that workers may join', async () => {
    const words = ['run', ring, '--listen', 'tcp://127.0.0.1:0', '-n', '2'];
    const ended = await interrupted(words, says('waiting for workers'));
    expect(ended.err).toMatch(/\nhaloweave: interrupted while waiting for workers\n$/);
    expect(ended.code).toBe(130);
  });

  it('a run that one of two workers has joined, which ends with it', async () => {
    let worker: Promise<Ended> | null = null;
    const words = ['run', ring, '--listen', 'tcp://127.0.0.1:0', '-n', '2'];
    const ended = await interrupted(words, async (command) => {
      await says('--connect tcp')(command);
      const [, endpoint] = /--connect (tcp:\S+)/.exec(command.err) ?? [];
      worker = start(['worker', '--connect', endpoint!, '-n', '1']).ended;
      await says('has joined')(command);
    });
    expect(ended.code).toBe(130);
    const { code, err } = await worker!;
    expect(err).toContain('the coordinator is done');
    expect(code).toBe(0);
  });

  it('a run whose workers do not answer', async () => {
    using nobody = await silent();
    const ended = await interrupted(['run', ring, '--host', nobody.address], () => nobody.connected);
    expect(ended.err).toBe('haloweave: interrupted while waiting for workers\n');
    expect(ended.code).toBe(130);
  });

  it('a worker whose coordinator does not answer: nothing is lost, so it is no failure', async () => {
    using nobody = await silent();
    const words = ['worker', '--connect', `tcp://${nobody.address}`, '-n', '1'];
    const ended = await interrupted(words, () => nobody.connected);
    expect(ended.err).toMatch(/the worker was asked to stop\n$/);
    expect(ended.code).toBe(0);
  });

  it('a worker that nobody has named', async () => {
    const words = ['worker', '--listen', 'tcp://127.0.0.1:0', '-n', '1'];
    const ended = await interrupted(words, says(' at tcp:'));
    expect(ended.err).toBe('');
    expect(ended.code).toBe(0);
  });
});
