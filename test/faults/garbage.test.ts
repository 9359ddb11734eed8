import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, connect as openConnection } from 'node:net';
import { Cluster, run } from 'haloweave';
import { expect, it } from 'vitest';
import { Dealer } from 'zeromq';
import { FrameKind, writeHeader } from '../../core/runtime/cluster/control-peer.js';
import { WorkerProcesses } from '../support/faults/worker-processes.js';
import { kernelProgramFile } from '../support/kernel-programs.js';
import { goodMessages, mutated } from '../support/network-messages.js';
import { randomFrom } from '../support/simulated-link.js';

const FILE = kernelProgramFile('faulted');
const OPTIONS = { parts: 8, cycles: 60 };
const MESSAGES = 10_000;
/** Growth of a worker's memory that is allowed, in bytes. */
const GROWTH = 64 * 2 ** 20;
const SEED = 11;

/** A port that nobody listens at. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function residentOf(pid: number): number {
  return 1024 * Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]);
}

/** Sends messages to an address, `each` by one stranger, and resolves when the last has been handed over to the other side. */
async function strangers(endpoint: string, messages: Uint8Array[][], each: number): Promise<void> {
  for (let at = 0; at < messages.length; at += each) {
    const socket = new Dealer({ linger: 5000, routingId: randomBytes(8).toString('hex') });
    socket.connect(endpoint);
    for (const frames of messages.slice(at, at + each)) await socket.send(frames);
    socket.close();
  }
}

/** Bytes that are not even ZeroMQ, on a connection of their own; resolves when the other side has ended it or read all of it. */
function noise(port: number, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    const socket = openConnection(port, '127.0.0.1', () => socket.end(bytes));
    socket.on('error', () => {});
    socket.on('close', () => resolve());
    socket.resume();
  });
}

const portOf = (address: string): number => Number(address.slice(address.lastIndexOf(':') + 1));

it(`${MESSAGES} mutated messages to the ports of a worker change nothing`, async () => {
  const { hash } = await run(FILE, { ...OPTIONS, ranks: 1 });
  const data = await freePort();
  await using workers = new WorkerProcesses();
  const target = await workers.listen(1, ['--data-port', String(data)]);
  const other = await workers.listen(1);
  const notices: string[] = [];
  const random = randomFrom(SEED);
  // Good ones of both kinds of link, and what is made of them.
  const good = [...goodMessages(), ...controlMessages()];
  const messages = Array.from({ length: MESSAGES }, () =>
    mutated(good[Math.floor(random() * good.length)]!, random).map((f) => Uint8Array.from(f)),
  ).map((m) => (m.length > 0 ? m : [new Uint8Array(0)]));
  const half = MESSAGES / 2;
  await using cluster = await Cluster.start({
    hosts: [target.address, other.address],
    ranks: 2,
    onNotice: (text) => notices.push(text),
  });
  const why = (): string => `seed ${SEED}\n${notices.join('\n')}\n${workers.log}`;
  expect((await cluster.run(FILE, OPTIONS)).hash, why()).toBe(hash);
  const before = residentOf(target.pid);

  const going = cluster.run(FILE, { ...OPTIONS, args: { ms: 2 } });
  await Promise.all([
    strangers(`tcp://${target.address}`, messages.slice(0, half), 500),
    strangers(`tcp://127.0.0.1:${data}`, messages.slice(half), 500),
    ...messages
      .slice(0, 20)
      .map((frames, k) => noise(k % 2 ? data : portOf(target.address), Buffer.concat(frames))),
  ]);
  const result = await going;
  expect(result.hash, why()).toBe(hash);
  expect(result.recoveries, why()).toBe(0);
  expect((await cluster.run(FILE, OPTIONS)).hash, why()).toBe(hash);
  expect(residentOf(target.pid) - before, why()).toBeLessThan(GROWTH);
  await cluster.close();
  target.process.interrupt('SIGTERM');
  const { code, err } = await target.process.ended;
  expect(code, why()).toBe(0);
  // Of its data port, at the end of its time with the coordinator, and of its control port, at its own.
  expect(err.match(/refused \d+ messages?: /g), why()).toHaveLength(2);
});

/** What a control link carries, with numbers that a new one has. */
function controlMessages(): Uint8Array[][] {
  const head = (kind: FrameKind): Uint8Array => writeHeader({ kind, number: 1, acknowledged: 0, at: 5 });
  const hello = new TextEncoder().encode('\x83\xa4type\xa5hello');
  return [[head(FrameKind.message), hello], [head(FrameKind.ping)], [head(FrameKind.again)]];
}
